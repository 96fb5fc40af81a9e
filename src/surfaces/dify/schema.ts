import { validate as isUuid } from 'uuid';
import * as z from 'zod';

/** A UUID in a path. */
export const uuidParam = z.string().refine(isUuid).meta({ format: 'uuid' });

/** `""`, blanks and null count as absent; else a UUID. */
export function optionalUuid(name: string) {
  return z
    .string()
    .nullish()
    .transform((value) => (value?.trim() ? value.trim() : null))
    .refine((value) => value === null || isUuid(value), `${name} must be a valid UUID`);
}

/** A whole number in a query, as pydantic parses and bounds it (`facts/dify-wire.md` §1.6). */
export function queryInt(bounds: { readonly min: number; readonly max: number; readonly default: number }) {
  return z
    .union([z.string(), z.number()])
    .default(bounds.default)
    .transform((value, context) => {
      const parsed = typeof value === 'number' ? value : /^\s*[+-]?\d+\s*$/.test(value) ? Number(value) : Number.NaN;
      const problem = Number.isNaN(parsed)
        ? ['int_parsing', 'Input should be a valid integer, unable to parse string as an integer']
        : parsed < bounds.min
          ? ['greater_than_equal', `Input should be greater than or equal to ${bounds.min}`]
          : parsed > bounds.max
            ? ['less_than_equal', `Input should be less than or equal to ${bounds.max}`]
            : null;
      if (problem) {
        context.addIssue({ code: 'custom', message: problem[1] as string, params: { pydantic: problem[0] } });
        return z.NEVER;
      }
      return parsed;
    })
    .meta({ type: 'integer', minimum: bounds.min, maximum: bounds.max, default: bounds.default });
}

/** A flag in a query or body, as pydantic reads it. */
export const looseBoolean = z.union([z.boolean(), z.number(), z.string()]).transform((value, context) => {
  if (typeof value === 'boolean') return value;
  const text = String(value).toLowerCase();
  if (['true', '1', 'yes', 'on', 't', 'y'].includes(text)) return true;
  if (['false', '0', 'no', 'off', 'f', 'n'].includes(text)) return false;
  context.addIssue({
    code: 'custom',
    message: 'Input should be a valid boolean, unable to interpret input',
    params: { pydantic: 'bool_parsing' },
  });
  return z.NEVER;
}).meta({ type: 'boolean' });

/** `inputs` of a run: an object of anything (`facts/dify-wire.md` §6). */
export const inputsObject = z.record(z.string(), z.unknown());

export const success = z.object({ result: z.literal('success') });

export const usageObject = z.object({
  prompt_tokens: z.int(),
  prompt_unit_price: z.string(),
  prompt_price_unit: z.string(),
  prompt_price: z.string(),
  completion_tokens: z.int(),
  completion_unit_price: z.string(),
  completion_price_unit: z.string(),
  completion_price: z.string(),
  total_tokens: z.int(),
  total_price: z.string(),
  currency: z.string(),
  latency: z.number(),
  time_to_first_token: z.number().nullable(),
  time_to_generate: z.number().nullable(),
});

const answerFields = {
  event: z.literal('message'),
  task_id: z.uuid(),
  id: z.uuid(),
  message_id: z.uuid(),
  mode: z.string(),
  answer: z.string(),
  metadata: z.object({
    annotation_reply: z.null(),
    retriever_resources: z.array(z.unknown()),
    usage: usageObject,
  }),
  created_at: z.int(),
};

/** Blocking answers (`facts/dify-wire.md` §7.1, §7.2). */
export const chatAnswer = z.object({ ...answerFields, conversation_id: z.uuid() });
export const completionAnswer = z.object(answerFields);
