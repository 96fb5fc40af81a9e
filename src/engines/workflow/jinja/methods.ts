import type { Budget } from './budget.ts';
import { CallArguments } from './call-arguments.ts';
import { dictMethods } from './dict-methods.ts';
import { Callable, type JinjaValue } from './jinja-value.ts';
import { listMethods } from './list-methods.ts';
import { textMethods } from './text-methods.ts';

/** A method of a value's Python type; null: it has none of that name. */
export function methodOf(object: JinjaValue, name: string, budget: Budget): Callable | null {
  if (typeof object === 'string') return bound(textMethods, object, name, budget);
  if (Array.isArray(object)) return bound(listMethods, object, name, budget);
  return object instanceof Map ? bound(dictMethods, object, name, budget) : null;
}

type Methods<T> = Readonly<Record<string, (self: T, args: CallArguments, budget: Budget) => JinjaValue>>;

function bound<T>(methods: Methods<T>, self: T, name: string, budget: Budget): Callable | null {
  const method = Object.hasOwn(methods, name) ? methods[name] : undefined;
  if (method === undefined) return null;
  return new Callable(name, (args, named) => {
    budget.spend(1 + (typeof self === 'string' ? self.length / 64 : 0));
    return method(self, new CallArguments(args, named), budget);
  });
}
