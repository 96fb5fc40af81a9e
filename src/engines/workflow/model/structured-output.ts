import { isRecord } from '../../../config/is-record.ts';
import type { ChatMessage } from '../../../models/chat-model.ts';
import { NodeError } from '../node-error.ts';
import { objectProblem } from '../values/object-problem.ts';
import type { ValueRecord } from '../values/value.ts';
import { objectInAnswer } from './object-in-answer.ts';

/** JSON Schema of an object that a node's model is to answer with. */
export type OutputSchema = Readonly<Record<string, unknown>>;

/** Params that make providers which know schemas hold their model to one. Whatever format the app's own name is gone. */
export function schemaParams(
  params: Readonly<Record<string, unknown>>,
  schema: OutputSchema,
): Readonly<Record<string, unknown>> {
  const json_schema = { name: 'structured_output', schema, ...(isStrict(schema) && { strict: true }) };
  return { ...withoutFormat(params), response_format: { type: 'json_schema', json_schema } };
}

/** Params without the format that they ask for, if any. */
export function withoutFormat(params: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const { json_schema: _, response_format: __, ...rest } = params;
  return rest;
}

/** A prompt that says the same in words, for providers that do not know schemas. */
export function withSchema(messages: readonly ChatMessage[], schema: OutputSchema): ChatMessage[] {
  const words = `Answer with one JSON object and nothing else: no explanation, no code fence. It must be valid by this JSON Schema:\n${JSON.stringify(schema)}`;
  const [first, ...others] = messages;
  // One system message: there are models that take no second one.
  return first?.role === 'system'
    ? [{ role: 'system', content: `${first.content}\n\n${words}` }, ...others]
    : [{ role: 'system', content: words }, ...messages];
}

/** The object that an answer holds, checked. @throws NodeError when there is none, or the schema forbids it */
export function structuredOutput(answer: string, schema: OutputSchema): ValueRecord {
  const object = objectInAnswer(answer);
  if (object === undefined) {
    throw failed('Failed to parse structured output (stage=result, path=$): the answer holds no JSON object');
  }
  const problem = objectProblem(object, schema);
  if (problem !== null) {
    throw failed(`Structured output validation failed (stage=result, path=$): ${problem}`);
  }
  return object;
}

function failed(message: string): NodeError {
  return new NodeError('LLMNodeError', message);
}

/** Providers with a strict mode want of every object that it names all of its properties, and allows no others. */
function isStrict(schema: unknown): boolean {
  if (Array.isArray(schema)) return schema.every(isStrict);
  if (!isRecord(schema)) return true;
  const { properties } = schema;
  if (schema.type === 'object' || properties !== undefined) {
    if (schema.additionalProperties !== false || !isRecord(properties)) return false;
    const required: readonly unknown[] = Array.isArray(schema.required) ? schema.required : [];
    if (!Object.keys(properties).every((name) => required.includes(name))) return false;
  }
  return Object.values(schema).every(isStrict);
}
