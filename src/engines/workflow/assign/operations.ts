import type { SegmentType } from '../values/segment-type.ts';
import { inferType } from '../values/type-of.ts';
import type { Value } from '../values/value.ts';

/** The table of `facts/dify-dsl-engine.md` §4.11. */
const OF_LISTS = ['append', 'extend', 'remove-first', 'remove-last'];
const ARITHMETIC = ['+=', '-=', '*=', '/='];
const SCALARS: readonly SegmentType[] = ['string', 'integer', 'float', 'boolean', 'object'];

export function takesOperation(type: SegmentType, operation: string): boolean {
  if (operation === 'over-write' || operation === 'clear') return true;
  if (operation === 'set') return SCALARS.includes(type);
  if (ARITHMETIC.includes(operation)) return isNumber(type);
  return OF_LISTS.includes(operation) && type.startsWith('array[');
}

export function takesVariable(operation: string): boolean {
  return operation !== 'set' && !ARITHMETIC.includes(operation);
}

export function takesConstant(type: SegmentType, operation: string): boolean {
  if (!SCALARS.includes(type)) return false;
  return (
    operation === 'over-write' || operation === 'set' || (isNumber(type) && ARITHMETIC.includes(operation))
  );
}

export function isValidInput(type: SegmentType, operation: string, value: Value): boolean {
  if (type.startsWith('array[')) {
    if (operation === 'append') return isElement(type, value);
    return Array.isArray(value) && value.every((item) => isElement(type, item));
  }
  const given = inferType(value);
  if (isNumber(type)) return isNumber(given) && !(operation === '/=' && value === 0);
  return given === type;
}

/** Lists of files take no element at all, as in Dify. */
function isElement(list: SegmentType, value: Value): boolean {
  const type = inferType(value);
  switch (list) {
    case 'array[any]':
      return SCALARS.includes(type);
    case 'array[number]':
      return isNumber(type);
    case 'array[string]':
      return type === 'string';
    case 'array[object]':
      return type === 'object';
    case 'array[boolean]':
      return type === 'boolean';
    default:
      return false;
  }
}

function isNumber(type: SegmentType): boolean {
  return type === 'integer' || type === 'float';
}
