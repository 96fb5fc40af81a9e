import * as z from 'zod';
import type { ConversationVariableRow } from '../../store/schema.ts';
import { unixSeconds } from '../unix-seconds.ts';

/** `facts/dify-wire.md` §8.5. */
export const variableItem = z.object({
  id: z.uuid(),
  name: z.string(),
  value_type: z.string(),
  value: z.string().nullable().meta({ description: 'The text itself, or any other value as JSON.' }),
  description: z.string(),
  created_at: z.int(),
  updated_at: z.int(),
});

export function wireVariable(row: ConversationVariableRow): z.infer<typeof variableItem> {
  return {
    id: row.id,
    name: row.name,
    value_type: wireType(row.value_type),
    value: wireValue(row.value),
    description: row.description,
    created_at: unixSeconds(row.created_at),
    updated_at: unixSeconds(row.updated_at),
  };
}

/** Numbers have one name on this wire. */
export function wireType(valueType: string): string {
  return valueType === 'integer' || valueType === 'float' ? 'number' : valueType;
}

/** The name of the type that a value of JSON has, as this wire calls types of variables. */
export function typeNameOf(value: unknown): string {
  if (value === null) return 'none';
  if (!Array.isArray(value)) return typeof value;
  const [first] = value;
  const type = typeNameOf(first ?? null);
  const named = ['string', 'number', 'boolean', 'object'].includes(type);
  return named && value.every((item) => typeNameOf(item) === type) ? `array[${type}]` : 'array[any]';
}

/** Dify prints what is no text as Python does; clients want JSON (`facts/dify-wire.md` §15 row 17). */
function wireValue(json: string): string | null {
  const value: unknown = JSON.parse(json);
  return value === null || typeof value === 'string' ? value : json;
}
