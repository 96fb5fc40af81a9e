import type { Budget } from './budget.ts';
import type { CallArguments } from './call-arguments.ts';
import type { JinjaValue } from './jinja-value.ts';

/** What filters may ask of whoever runs the template. */
export interface Engine {
  readonly budget: Budget;
  /** Applies another filter by its name, as `map('upper')` does. */
  filter(name: string, value: JinjaValue, args: CallArguments): JinjaValue;
  test(name: string, value: JinjaValue, args: CallArguments): boolean;
}

export type Filter = (value: JinjaValue, args: CallArguments, engine: Engine) => JinjaValue;
export type Test = (value: JinjaValue, args: CallArguments, engine: Engine) => boolean;
