import type { Budget } from './budget.ts';
import { itemsOf } from './iterate.ts';
import { JinjaError, typeError } from './jinja-error.ts';
import { strOf } from './jinja-text.ts';
import { Callable, type JinjaValue, Namespace, numberOf } from './jinja-value.ts';

/** Functions that every template has. */
export function globalsOf(budget: Budget): ReadonlyMap<string, JinjaValue> {
  const paid = <T extends { readonly size: number }>(entries: T): T => {
    budget.spend(entries.size);
    return entries;
  };
  const functions: Record<string, Callable['call']> = {
    range(args) {
      const numbers = args.map((arg) => numberOf(arg));
      if (numbers.length === 0 || numbers.some((number) => number === null || !Number.isInteger(number))) {
        throw typeError('range expected at least 1 argument, all of them integers');
      }
      const [a = 0, b, step = 1] = numbers as number[];
      const [start, stop] = b === undefined ? [0, a] : [a, b];
      if (step === 0) throw new JinjaError('ValueError', 'range() arg 3 must not be zero');
      const length = Math.max(0, Math.ceil((stop - start) / step));
      budget.grow(length);
      budget.spend(length / 8);
      return Array.from({ length }, (_, at) => start + at * step);
    },
    dict(args, named) {
      const made = new Map<JinjaValue, JinjaValue>();
      const [first] = args;
      if (first instanceof Map) for (const [key, value] of paid(first)) made.set(key, value);
      else if (first !== undefined) {
        for (const pair of itemsOf(first, budget)) {
          const [key = null, value = null] = itemsOf(pair, budget);
          made.set(key, value);
        }
      }
      for (const [key, value] of named) made.set(key, value);
      return made;
    },
    namespace(args, named) {
      const values = new Map<string, JinjaValue>();
      const [first] = args;
      if (first instanceof Map) for (const [key, value] of paid(first)) values.set(strOf(key), value);
      for (const [key, value] of named) values.set(key, value);
      return new Namespace(values);
    },
    cycler(items) {
      if (items.length === 0) throw typeError('at least one item has to be provided');
      let at = 0;
      const current = () => items[at % items.length] as JinjaValue;
      const next = new Callable('next', () => {
        const value = current();
        at += 1;
        return value;
      });
      const reset = new Callable('reset', () => {
        at = 0;
        return null;
      });
      return new Callable(
        'cycler',
        () => null,
        new Map([
          ['current', current],
          ['next', () => next],
          ['reset', () => reset],
        ]),
      );
    },
    joiner(args, named) {
      const mark = args[0] ?? named.get('sep') ?? ', ';
      let used = false;
      return new Callable('joiner', () => {
        const value = used ? mark : '';
        used = true;
        return value;
      });
    },
  };
  return new Map(Object.entries(functions).map(([name, call]) => [name, new Callable(name, call)]));
}
