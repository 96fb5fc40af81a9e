import { expandTemplate } from '../pool/references.ts';
import type { ReadPool } from '../pool/variable-pool.ts';
import { type FileValue, fileAttribute } from '../values/file-value.ts';
import { pythonFloatOf } from '../values/python-parse.ts';
import { pythonStr } from '../values/python-text.ts';
import type { SegmentType } from '../values/segment-type.ts';
import type { Value } from '../values/value.ts';

export interface ListFilter {
  readonly key?: string | null | undefined;
  readonly comparison_operator: string;
  readonly value?: Scalar | readonly Scalar[] | null | undefined;
}

type Scalar = string | boolean | number;
type Test = (item: Value) => boolean;

/** The items of a list that a condition holds for (`facts/dify-dsl-engine.md` §4.19). @throws Error */
export function filterList(
  list: readonly Value[],
  type: SegmentType,
  filter: ListFilter,
  pool: ReadPool,
): readonly Value[] {
  return list.filter(testOf(type, filter, pool));
}

function testOf(type: SegmentType, filter: ListFilter, pool: ReadPool): Test {
  const { comparison_operator: operator, value = null } = filter;
  const text = () => expandTemplate(pythonStr(value), pool);
  switch (type) {
    case 'array[string]':
      return testOfTexts(operator, text());
    case 'array[number]':
      return testOfNumbers(operator, pythonFloatOf(text()));
    case 'array[boolean]':
      return testOfBooleans(operator, value === true || text().toLowerCase() === 'true');
    default:
      return testOfFiles(filter.key ?? '', operator, Array.isArray(value) ? value.map(String) : text());
  }
}

function testOfTexts(operator: string, expected: string): Test {
  const positive =
    (test: (text: string) => boolean): Test =>
    (item) =>
      test(String(item ?? ''));
  switch (operator) {
    case 'contains':
      return positive((text) => text.includes(expected));
    case 'start with':
      return positive((text) => text.startsWith(expected));
    case 'end with':
      return positive((text) => text.endsWith(expected));
    case 'is':
    case '=':
      return positive((text) => text === expected);
    case 'in':
      return positive((text) => expected.includes(text));
    case 'empty':
      return positive((text) => text === '');
    case 'not contains':
      return positive((text) => !text.includes(expected));
    case 'is not':
    case '≠':
      return positive((text) => text !== expected);
    case 'not in':
      return positive((text) => !expected.includes(text));
    case 'not empty':
      return positive((text) => text !== '');
    default:
      throw new TypeError(`Invalid condition: ${operator}`);
  }
}

function testOfNumbers(operator: string, expected: number): Test {
  switch (operator) {
    case '=':
      return (item) => item === expected;
    case '≠':
      return (item) => item !== expected;
    case '<':
      return (item) => Number(item) < expected;
    case '>':
      return (item) => Number(item) > expected;
    case '≤':
      return (item) => Number(item) <= expected;
    case '≥':
      return (item) => Number(item) >= expected;
    default:
      throw new TypeError(`Invalid condition: ${operator}`);
  }
}

function testOfBooleans(operator: string, expected: boolean): Test {
  if (operator === 'is' || operator === '=') return (item) => item === expected;
  if (operator === 'is not' || operator === '≠') return (item) => item !== expected;
  throw new TypeError(`Invalid condition: ${operator}`);
}

const TEXT_KEYS = ['name', 'extension', 'mime_type', 'url', 'related_id'];
const CHOICE_KEYS = ['type', 'transfer_method'];

function testOfFiles(key: string, operator: string, expected: string | readonly string[]): Test {
  const attribute = (item: Value): Value => fileAttribute(item as FileValue, key) ?? null;
  if (CHOICE_KEYS.includes(key)) {
    if (operator !== 'in' && operator !== 'not in') throw new TypeError(`Invalid condition: ${operator}`);
    const choices = typeof expected === 'string' ? [expected] : expected;
    return (item) => choices.includes(String(attribute(item))) === (operator === 'in');
  }
  if (typeof expected !== 'string') throw new TypeError(`Invalid filter value: ${pythonStr(expected)}`);
  if (TEXT_KEYS.includes(key)) {
    const test = testOfTexts(operator, expected);
    return (item) => test(attribute(item));
  }
  if (key === 'size') {
    const test = testOfNumbers(operator, pythonFloatOf(expected));
    return (item) => test(attribute(item));
  }
  throw new TypeError(`Invalid key: ${key}`);
}
