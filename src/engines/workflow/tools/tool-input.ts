import { z } from 'zod';
import { isRecord } from '../../../config/is-record.ts';
import { expandTemplate, referencesIn } from '../pool/references.ts';
import { type Selector, selectorText } from '../pool/selector.ts';
import type { ReadPool } from '../pool/variable-pool.ts';
import { pythonStr } from '../values/python-text.ts';
import type { Value } from '../values/value.ts';
import { textsIn } from './expand-value.ts';

/** What an author has written for one parameter: `{ type, value }` (`facts/dify-dsl-engine.md` §4.16). */
export type ToolInput =
  | { readonly type: 'mixed'; readonly value: Value }
  | { readonly type: 'constant'; readonly value: Value }
  | { readonly type: 'variable'; readonly value: Selector };

/** Null: nothing was written. */
export const toolInputSchema = z
  .discriminatedUnion('type', [
    z.looseObject({ type: z.literal('mixed'), value: z.unknown() }),
    z.looseObject({ type: z.literal('constant'), value: z.unknown() }),
    z.looseObject({ type: z.literal('variable'), value: z.array(z.string()).nullish() }),
  ])
  .nullish()
  .transform((input): ToolInput | null => {
    if (input?.value === undefined || input.value === null) return null;
    return { type: input.type, value: input.value } as ToolInput;
  });

/** The same, where a plain value stands for a constant. */
export const looseInputSchema = z
  .unknown()
  .transform((given) => (isInput(given) ? given : { type: 'constant', value: given }))
  .pipe(toolInputSchema);

function isInput(value: unknown): boolean {
  return isRecord(value) && typeof value.type === 'string' && 'value' in value;
}

/** Undefined: it is a variable, and there is none. */
export function inputValue(input: ToolInput, pool: ReadPool): Value | undefined {
  switch (input.type) {
    case 'variable':
      return pool.get(input.value)?.value;
    case 'mixed':
      return expandTemplate(pythonStr(input.value), pool);
    case 'constant':
      return input.value;
  }
}

export function referencesOf(input: ToolInput): Selector[] {
  return input.type === 'variable' ? [input.value] : textsIn(input.value).flatMap(referencesIn);
}

/** Of a variable that is not there, in an error. */
export function nameOf(input: ToolInput): string {
  return input.type === 'variable' ? selectorText(input.value) : '';
}
