import { pythonRepr as reprOfStrings } from '../../../apps/python-repr.ts';
import { pythonFloat, pythonInteger } from './python-float.ts';
import { inferType } from './type-of.ts';
import type { Value } from './value.ts';

/** Python's `str()` of a JSON value. */
export function pythonStr(value: Value): string {
  return typeof value === 'string' ? value : pythonRepr(value);
}

/** Python's `repr()` of a JSON value: `{'a': [1, True, None]}`. */
export function pythonRepr(value: Value): string {
  switch (typeof value) {
    case 'string':
      return stringRepr(value);
    case 'boolean':
      return value ? 'True' : 'False';
    case 'number':
      return inferType(value) === 'integer' ? pythonInteger(value) : pythonFloat(value);
    default:
      if (value === null) return 'None';
      if (Array.isArray(value)) return `[${value.map(pythonRepr).join(', ')}]`;
      return `{${Object.entries(value)
        .map(([key, item]) => `${stringRepr(key)}: ${pythonRepr(item)}`)
        .join(', ')}}`;
  }
}

function stringRepr(text: string): string {
  return /^[ !#-&(-[\]-~]*$/.test(text) ? `'${text}'` : reprOfStrings([text]).slice(1, -1);
}

/** Python's name for the type of a value, as its error messages have it. */
export function pythonType(value: Value): string {
  switch (typeof value) {
    case 'string':
      return 'str';
    case 'boolean':
      return 'bool';
    case 'number':
      return inferType(value) === 'integer' ? 'int' : 'float';
    default:
      if (value === null) return 'NoneType';
      return Array.isArray(value) ? 'list' : 'dict';
  }
}

/** Whether Python takes the value for true: not `0`, `''`, `[]`, `{}`, `None`. */
export function pythonTruth(value: Value): boolean {
  if (typeof value !== 'object' || value === null) return Boolean(value);
  return Array.isArray(value) ? value.length > 0 : Object.keys(value).length > 0;
}
