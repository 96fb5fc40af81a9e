import { NodeError } from '../node-error.ts';
import { inferType } from '../values/type-of.ts';
import type { Value, ValueRecord } from '../values/value.ts';
import { DEEPEST, LIMITS } from './code-limits.ts';

/**
 * An object that was declared without what is in it: texts, numbers, booleans, objects, and lists of one of these.
 *
 * @throws NodeError
 */
export function checkUndeclared(object: ValueRecord, path: string, depth: number): void {
  if (depth > DEEPEST) {
    throw new NodeError('DepthLimitError', `Depth limit ${DEEPEST} reached, object too deep.`);
  }
  for (const [name, value] of Object.entries(object)) {
    const own = path === '' ? name : `${path}.${name}`;
    switch (inferType(value)) {
      case 'string':
        checkLength(value as string, own);
        break;
      case 'object':
        checkUndeclared(value as ValueRecord, own, depth + 1);
        break;
      default:
        if (Array.isArray(value)) checkUndeclaredList(value, own, depth);
    }
  }
}

function checkUndeclaredList(list: readonly Value[], path: string, depth: number): void {
  const present = list.filter((item) => item !== null);
  const kinds = new Set(present.map((item) => kindOf(item)));
  if (kinds.size > 1) {
    const text = `Output ${path} is not a valid array. make sure all elements are of the same type.`;
    throw new NodeError('OutputValidationError', text);
  }
  const [kind] = kinds;
  if (kind === 'list') {
    const text = `Output ${path} is not a valid array. make sure all elements are of the same type.`;
    throw new NodeError('OutputValidationError', text);
  }
  const most =
    kind === 'number' ? LIMITS['array[number]'] : kind === 'boolean' ? LIMITS['array[boolean]'] : 30;
  if (list.length > most) {
    throw new NodeError(
      'OutputValidationError',
      `The length of output variable \`${path}\` must be less than ${most} elements.`,
    );
  }
  present.forEach((item, at) => {
    if (kind === 'string') checkLength(item as string, `${path}[${at}]`);
    else if (kind === 'object') checkUndeclared(item as ValueRecord, `${path}[${at}]`, depth + 1);
  });
}

function kindOf(value: Value): string {
  return Array.isArray(value) ? 'list' : typeof value;
}

function checkLength(text: string, path: string): void {
  if (text.length <= LIMITS.string) return;
  throw new NodeError(
    'OutputValidationError',
    `The length of output variable \`${path}\` must be less than ${LIMITS.string} characters`,
  );
}
