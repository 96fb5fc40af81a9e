import type { Budget } from './budget.ts';
import type { CallArguments } from './call-arguments.ts';
import { itemsOf } from './iterate.ts';
import { JinjaError } from './jinja-error.ts';
import { reprOf } from './jinja-text.ts';
import type { JinjaValue } from './jinja-value.ts';
import { equals, order } from './operations.ts';

type List = JinjaValue[];

/** Python's methods of lists. */
export const listMethods: Readonly<
  Record<string, (self: List, args: CallArguments, budget: Budget) => JinjaValue>
> = {
  append(self, args, budget) {
    budget.grow(self.length + 1);
    self.push(args.required(0, 'object'));
    return null;
  },
  extend(self, args, budget) {
    const more = [...itemsOf(args.required(0, 'iterable'), budget)];
    budget.grow(self.length + more.length);
    for (const item of more) self.push(item);
    return null;
  },
  insert(self, args, budget) {
    budget.grow(self.length + 1);
    self.splice(args.integer(0, 'index', 0), 0, args.required(1, 'object'));
    return null;
  },
  pop(self, args, budget) {
    const at = args.integer(0, 'index', -1);
    if (at !== -1) budget.spend(self.length / 64);
    const [value] = self.splice(at < 0 ? self.length + at : at, 1);
    if (value === undefined) throw new JinjaError('IndexError', 'pop from empty list');
    return value;
  },
  remove(self, args, budget) {
    budget.spend(self.length / 64);
    const at = self.findIndex((item) => equals(item, args.required(0, 'value')));
    if (at === -1) throw new JinjaError('ValueError', 'list.remove(x): x not in list');
    self.splice(at, 1);
    return null;
  },
  index(self, args) {
    const value = args.required(0, 'value');
    const at = self.findIndex((item) => equals(item, value));
    if (at === -1) throw new JinjaError('ValueError', `${reprOf(value)} is not in list`);
    return at;
  },
  count: (self, args) => self.filter((item) => equals(item, args.required(0, 'value'))).length,
  copy: (self, _, budget) => [...itemsOf(self, budget)],
  clear(self) {
    self.length = 0;
    return null;
  },
  reverse(self, _, budget) {
    budget.spend(self.length / 64);
    self.reverse();
    return null;
  },
  sort(self, args, budget) {
    budget.spend(self.length);
    const backwards = args.flag(-1, 'reverse', false);
    self.sort((a, b) => (backwards ? order(b, a) : order(a, b)));
    return null;
  },
};
