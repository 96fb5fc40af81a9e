import type { Budget } from './budget.ts';
import type { CallArguments } from './call-arguments.ts';
import { JinjaError } from './jinja-error.ts';
import { reprOf } from './jinja-text.ts';
import { type JinjaValue, orElse, Tuple } from './jinja-value.ts';
import { keyOf } from './operations.ts';

type Dict = Map<JinjaValue, JinjaValue>;
type Method = (self: Dict, args: CallArguments, budget: Budget) => JinjaValue;

function entriesOf(dict: Dict, budget: Budget): Dict {
  budget.spend(dict.size);
  return dict;
}

/** Python's methods of dicts. */
export const dictMethods: Readonly<Record<string, Method>> = {
  items: (self, _, budget) => [...entriesOf(self, budget)].map((entry) => new Tuple(entry)),
  keys: (self, _, budget) => [...entriesOf(self, budget).keys()],
  values: (self, _, budget) => [...entriesOf(self, budget).values()],
  copy: (self, _, budget) => new Map(entriesOf(self, budget)),
  get: (self, args) => orElse(self.get(keyOf(args.required(0, 'key'))), () => args.get(1, 'default') ?? null),
  update(self, args, budget) {
    const [other] = args.positional;
    if (other instanceof Map) for (const [key, value] of entriesOf(other, budget)) self.set(key, value);
    for (const [key, value] of args.named) self.set(key, value);
    return null;
  },
  setdefault(self, args) {
    const key = keyOf(args.required(0, 'key'));
    const value = orElse(self.get(key), () => args.get(1, 'default') ?? null);
    self.set(key, value);
    return value;
  },
  pop(self, args) {
    const key = keyOf(args.required(0, 'key'));
    const value = orElse(self.get(key), () => args.get(1, 'default'));
    if (value === undefined) throw new JinjaError('KeyError', reprOf(key));
    self.delete(key);
    return value;
  },
  clear(self) {
    self.clear();
    return null;
  },
};
