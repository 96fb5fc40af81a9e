import { expandTemplate } from '../pool/references.ts';
import { selectorText } from '../pool/selector.ts';
import type { ReadPool } from '../pool/variable-pool.ts';
import { type FileValue, fileAttribute } from '../values/file-value.ts';
import { pythonStr, pythonType } from '../values/python-text.ts';
import { typeOf } from '../values/type-of.ts';
import type { Value, ValueRecord } from '../values/value.ts';
import type { Variable } from '../values/variable.ts';
import { compare } from './compare.ts';
import type { Condition, LogicalOperator, SubCondition } from './condition.ts';

export interface Evaluation {
  readonly holds: boolean;
  readonly results: readonly boolean[];
  /** What was compared, for the log. */
  readonly compared: readonly ValueRecord[];
}

/** Looks at no more conditions than it needs to, so that a later one may name a variable that is not there. @throws Error */
export function evaluateConditions(
  conditions: readonly Condition[],
  operator: LogicalOperator,
  pool: ReadPool,
): Evaluation {
  const results: boolean[] = [];
  const compared: ValueRecord[] = [];
  for (const condition of conditions) {
    const result = evaluate(condition, pool, compared);
    results.push(result);
    if (result === (operator === 'or')) break;
  }
  return { holds: joined(results, operator), results, compared };
}

function evaluate(condition: Condition, pool: ReadPool, compared: ValueRecord[]): boolean {
  const {
    variable_selector: selector,
    comparison_operator: operator,
    sub_variable_condition: sub,
  } = condition;
  const variable = pool.get(selector);
  if (variable === undefined) throw new Error(`Variable ${selectorText(selector)} not found`);
  if (typeOf(variable) === 'array[file]' && ['contains', 'not contains', 'all of'].includes(operator)) {
    if (!sub) throw new Error('Sub variable is required');
    const files = variable.value as readonly FileValue[];
    const results = (sub.conditions ?? []).map((one) => ofFiles(one, files));
    return joined(results, sub.logical_operator ?? 'and');
  }
  const given = (condition.value ?? null) as Value;
  const expanded = typeof given === 'string' ? expandTemplate(given, pool) : given;
  const expected = expectedOf(variable, operator, expanded);
  compared.push({ actual_value: variable.value, expected_value: expected, comparison_operator: operator });
  return compare(operator, variable, expected);
}

const WITHOUT_EXPECTATION = ['empty', 'not empty', 'null', 'not null', 'exists', 'not exists'];

/** Booleans are written as text in files. */
function expectedOf(variable: Variable, operator: string, expected: Value): Value {
  const type = typeOf(variable);
  if ((type !== 'boolean' && type !== 'array[boolean]') || WITHOUT_EXPECTATION.includes(operator))
    return expected;
  return Array.isArray(expected) ? expected.map(booleanOf) : booleanOf(expected);
}

function booleanOf(value: Value): boolean {
  if (typeof value === 'boolean') return value;
  if (typeof value === 'number') return value !== 0;
  let read: unknown;
  try {
    read = typeof value === 'string' ? JSON.parse(value.toLowerCase()) : undefined;
  } catch {
    read = undefined;
  }
  if (typeof read === 'boolean' || typeof read === 'number') return Boolean(read);
  throw new Error(`unexpected value: type=${pythonType(value)}, value=${pythonStr(value)}`);
}

/** Whether it holds for any of the files; for all of them when the operator denies something. */
function ofFiles(
  { key, comparison_operator: operator, value }: SubCondition,
  files: readonly FileValue[],
): boolean {
  const dotted = key === 'extension';
  const given = (value ?? null) as Value;
  const expected = dotted ? withDot(given) : given;
  const holds = (file: FileValue): boolean => {
    const actual = fileAttribute(file, key);
    if (actual === undefined) throw new Error(`'${key}' is not a valid FileAttribute`);
    return compare(operator, { value: dotted ? withDot(actual) : actual }, expected);
  };
  return operator.includes('not') ? files.every(holds) : files.some(holds);
}

function withDot(value: Value): Value {
  return typeof value === 'string' && value !== '' && !value.startsWith('.') ? `.${value}` : value;
}

function joined(results: readonly boolean[], operator: LogicalOperator): boolean {
  return operator === 'and' ? results.every(Boolean) : results.some(Boolean);
}
