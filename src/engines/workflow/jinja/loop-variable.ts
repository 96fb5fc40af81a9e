import type { Budget } from './budget.ts';
import { typeError } from './jinja-error.ts';
import { Callable, type JinjaValue, orElse, Undefined } from './jinja-value.ts';
import { equals } from './operations.ts';

export interface LoopState {
  readonly items: readonly JinjaValue[];
  /** Changed by whoever runs the loop. */
  at: number;
  readonly depth: number;
  /** Runs the loop again over other items; null: it is not recursive. */
  readonly recurse: ((items: JinjaValue) => JinjaValue) | null;
}

/** The variable `loop` inside a loop. */
export function loopVariable(state: LoopState, budget: Budget): Callable {
  const { items } = state;
  let last: readonly JinjaValue[] | null = null;
  const cycle = new Callable('cycle', (values) => values[state.at % values.length] ?? null);
  const changed = new Callable('changed', (values) => {
    const same = last !== null && values.every((value, at) => equals(value, last?.[at] ?? null));
    last = values;
    return !same;
  });
  const neighbour = (by: number, name: string) => (): JinjaValue =>
    orElse(items[state.at + by], () => new Undefined(`there is no ${name} item`));
  const attributes = new Map<string, () => JinjaValue>([
    ['index', () => state.at + 1],
    ['index0', () => state.at],
    ['revindex', () => items.length - state.at],
    ['revindex0', () => items.length - state.at - 1],
    ['first', () => state.at === 0],
    ['last', () => state.at === items.length - 1],
    ['length', () => items.length],
    ['depth', () => state.depth],
    ['depth0', () => state.depth - 1],
    ['previtem', neighbour(-1, 'previous')],
    ['nextitem', neighbour(1, 'next')],
    ['cycle', () => cycle],
    ['changed', () => changed],
  ]);
  const call: Callable['call'] = ([again]) => {
    if (state.recurse === null || again === undefined) {
      throw typeError("The loop must have the 'recursive' marker to be called recursively.");
    }
    budget.spend(1);
    return state.recurse(again);
  };
  return new Callable('loop', call, attributes);
}
