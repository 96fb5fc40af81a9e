/**
 * Types of variables as Dify's engine tells them apart (`facts/dify-dsl-engine.md` §3.4). Declarations say `number` for
 * both `integer` and `float`.
 */
export type SegmentType =
  | 'none'
  | 'string'
  | 'secret'
  | 'integer'
  | 'float'
  | 'boolean'
  | 'object'
  | 'file'
  | 'array[any]'
  | 'array[string]'
  | 'array[number]'
  | 'array[object]'
  | 'array[boolean]'
  | 'array[file]';

/** The name that apps and clients see. */
export function exposedType(type: SegmentType): string {
  return type === 'integer' || type === 'float' ? 'number' : type;
}
