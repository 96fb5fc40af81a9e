import * as z from 'zod';

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** A UUID in a path, of any version; ids are kept in lower case. */
export const uuidParam = z
  .string()
  .regex(UUID)
  .transform((id) => id.toLowerCase())
  .meta({ type: 'string', format: 'uuid' });

/** The usual form of a UUID written in any way that Python's `UUID()` reads; null when it is none. */
export function readUuid(text: string): string | null {
  const hex = text
    .replace(/urn:|uuid:/g, '')
    .replace(/^[{}]+|[{}]+$/g, '')
    .replaceAll('-', '')
    .toLowerCase();
  return /^[0-9a-f]{32}$/.test(hex)
    ? hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
    : null;
}

/** A UUID, or `""` where nothing is meant (`facts/dify-wire.md` §8). `name` begins the error text where it has one. */
export function uuidOrEmpty(name?: string) {
  return z
    .string()
    .transform((value, context) => {
      if (value.trim() === '') return '';
      const id = readUuid(value.trim());
      if (id !== null) return id;
      context.addIssue({ code: 'custom', message: `${name ? `${name} ` : ''}must be a valid UUID` });
      return z.NEVER;
    })
    .meta({ type: 'string' });
}

/** `""`, blanks and null count as absent; else a UUID. */
export function optionalUuid(name?: string) {
  return uuidOrEmpty(name)
    .nullish()
    .transform((value) => value || null);
}

/** A whole number in a query, as pydantic parses and bounds it (`facts/dify-wire.md` §1.6). */
export function queryInt(bounds: { readonly min: number; readonly max: number; readonly default: number }) {
  return z
    .union([z.int(), z.string()])
    .default(bounds.default)
    .transform((value, context) => {
      const parsed =
        typeof value === 'number' ? value : /^\s*[+-]?\d+\s*$/.test(value) ? Number(value) : Number.NaN;
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
export const looseBoolean = z
  .union([z.boolean(), z.number(), z.string()])
  .transform((value, context) => {
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
  })
  .meta({ type: 'boolean' });

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

/** Files of a run (`facts/dify-wire.md` §6.1). */
export const fileMappings = z.array(z.record(z.string(), z.unknown()));

/** How a run of a workflow stands: its status, and what came of it (`facts/dify-wire.md` §7.3, §12.1). */
export const workflowStatus = z.enum([
  'running',
  'succeeded',
  'failed',
  'stopped',
  'partial-succeeded',
  'paused',
]);
export const workflowData = z.object({
  id: z.uuid(),
  workflow_id: z.uuid(),
  status: workflowStatus,
  outputs: z.record(z.string(), z.unknown()).nullable(),
  error: z.string().nullable(),
  elapsed_time: z.number(),
  total_tokens: z.int(),
  total_steps: z.int(),
  created_at: z.int(),
  finished_at: z.int().nullable(),
});

/** Blocking answer of a workflow, however it ended (`facts/dify-wire.md` §7.3). */
export const workflowAnswer = z.object({
  task_id: z.uuid(),
  workflow_run_id: z.uuid(),
  data: workflowData,
});
