import type { SegmentType } from './segment-type.ts';
import type { Value } from './value.ts';

/** A value with its type, where the value alone does not tell it: an empty list, a float without a fraction, a secret. */
export interface Variable {
  readonly value: Value;
  readonly type?: SegmentType;
}
