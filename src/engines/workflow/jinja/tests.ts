import type { Comparison } from './ast.ts';
import type { Test } from './engine.ts';
import { isIterable } from './iterate.ts';
import { defined } from './jinja-text.ts';
import { Callable, isFloat, isNumber, type JinjaValue, numberOf, Tuple, Undefined } from './jinja-value.ts';
import { comparesAs, equals } from './operations.ts';

const compared =
  (operator: Comparison): Test =>
  (value, args, { budget }) =>
    comparesAs(operator, value, args.required(0, 'other'), budget);

const remainder = (value: JinjaValue, by: number): number => (numberOf(defined(value)) ?? Number.NaN) % by;

/** Jinja2's tests. */
export const tests: Readonly<Record<string, Test>> = {
  boolean: (value) => typeof value === 'boolean',
  callable: (value) => value instanceof Callable,
  defined: (value) => !(value instanceof Undefined),
  undefined: (value) => value instanceof Undefined,
  none: (value) => value === null,
  true: (value) => value === true,
  false: (value) => value === false,
  string: (value) => typeof value === 'string',
  number: (value) => isNumber(value) || typeof value === 'boolean',
  integer: (value) => typeof value === 'number' && Number.isInteger(value),
  float: (value) => isFloat(value),
  mapping: (value) => value instanceof Map,
  sequence: (value) =>
    typeof value === 'string' || Array.isArray(value) || value instanceof Map || value instanceof Tuple,
  iterable: (value) => isIterable(value),
  odd: (value) => Math.abs(remainder(value, 2)) === 1,
  even: (value) => remainder(value, 2) === 0,
  divisibleby: (value, args) => remainder(value, numberOf(args.required(0, 'num')) ?? 0) === 0,
  lower: (value) => typeof value === 'string' && /\p{Ll}/u.test(value) && !/\p{Lu}/u.test(value),
  upper: (value) => typeof value === 'string' && /\p{Lu}/u.test(value) && !/\p{Ll}/u.test(value),
  escaped: () => false,
  sameas: (value, args) => {
    const other = args.required(0, 'other');
    return (
      value === other || (typeof value !== 'object' && equals(value, other) && typeof value === typeof other)
    );
  },
  in: compared('in'),
  eq: compared('=='),
  equalto: compared('=='),
  '==': compared('=='),
  ne: compared('!='),
  '!=': compared('!='),
  lt: compared('<'),
  lessthan: compared('<'),
  le: compared('<='),
  gt: compared('>'),
  greaterthan: compared('>'),
  ge: compared('>='),
};
