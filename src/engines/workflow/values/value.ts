/**
 * What a variable can hold: JSON. A value is never changed in place, so that pools may share it. A file is a record with
 * an identity of its own (`file-value.ts`).
 */
export type Value = null | boolean | number | string | readonly Value[] | ValueRecord;

export interface ValueRecord {
  readonly [key: string]: Value;
}
