import { NodeError } from '../node-error.ts';
import type { ReadPool } from '../pool/variable-pool.ts';
import { type FileValue, isFileValue } from '../values/file-value.ts';
import { pythonType } from '../values/python-text.ts';
import type { Value } from '../values/value.ts';
import type { VisionConfig } from './vision-config.ts';

/** The files that a node shows to its model. @throws NodeError when its variable holds something else */
export function readFiles({ enabled, selector }: VisionConfig, pool: ReadPool): readonly FileValue[] {
  const value = enabled ? pool.get(selector)?.value : null;
  if (value === undefined || value === null) return [];
  if (isFileValue(value)) return [value];
  if (Array.isArray(value) && value.every(isFileValue)) return value;
  throw new NodeError('InvalidVariableTypeError', `Invalid variable type: ${pythonType(value)}`);
}

/** Files among values, those in lists included. */
export function filesAmong(values: readonly Value[]): FileValue[] {
  return values.flatMap((value) => (Array.isArray(value) ? value : [value])).filter(isFileValue);
}
