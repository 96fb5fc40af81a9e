import { typeError } from './jinja-error.ts';
import { strOf, truthOf } from './jinja-text.ts';
import { type JinjaValue, numberOf } from './jinja-value.ts';

/** Arguments of a filter, test or method: by place, or by name. */
export class CallArguments {
  readonly positional: readonly JinjaValue[];
  readonly named: ReadonlyMap<string, JinjaValue>;

  constructor(positional: readonly JinjaValue[], named: ReadonlyMap<string, JinjaValue> = new Map()) {
    this.positional = positional;
    this.named = named;
  }

  get(at: number, name: string): JinjaValue | undefined {
    return this.positional.length > at && at >= 0 ? this.positional[at] : this.named.get(name);
  }

  required(at: number, name: string): JinjaValue {
    const value = this.positional.length > at ? this.positional[at] : this.named.get(name);
    if (value === undefined) throw typeError(`missing 1 required positional argument: '${name}'`);
    return value;
  }

  text(at: number, name: string, otherwise: string): string {
    const value = this.get(at, name);
    return value === undefined ? otherwise : strOf(value);
  }

  integer(at: number, name: string, otherwise: number): number {
    const value = this.get(at, name);
    if (value === undefined || value === null) return otherwise;
    const number = numberOf(value);
    if (number === null) throw typeError(`'${name}' must be an integer`);
    return Math.trunc(number);
  }

  flag(at: number, name: string, otherwise: boolean): boolean {
    const value = this.get(at, name);
    return value === undefined ? otherwise : truthOf(value);
  }
}
