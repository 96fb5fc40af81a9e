import { z } from 'zod';
import type { ValueRecord } from '../values/value.ts';

const TYPES = [
  ...(['string', 'number', 'boolean'] as const),
  ...(['array[string]', 'array[number]', 'array[object]', 'array[boolean]'] as const),
];

/** Of older files. A `select` is a text out of its `options`. */
const OLD_TYPES = { bool: 'boolean', select: 'string' } as const;

/** Names of the node's own outputs. */
const RESERVED = ['__reason', '__is_success'];

/** One of `parameters` of a parameter extractor (`facts/dify-dsl-engine.md` §4.14). */
export const extractionParameterSchema = z.looseObject({
  name: z
    .string()
    .min(1, 'Parameter name is required')
    .refine(
      (name) => !RESERVED.includes(name),
      'Invalid parameter name, __reason and __is_success are reserved',
    ),
  type: z.enum([...TYPES, 'bool', 'select']).transform((type) => {
    return type === 'bool' || type === 'select' ? OLD_TYPES[type] : type;
  }),
  options: z
    .array(z.string())
    .nullish()
    .transform((options) => options ?? []),
  description: z
    .string()
    .nullish()
    .transform((description) => description ?? ''),
  required: z
    .boolean()
    .nullish()
    .transform((required) => required === true),
});

export type ExtractionParameter = z.infer<typeof extractionParameterSchema>;

/** The type of a list's items; null: it is no list. */
export function itemTypeOf(
  type: ExtractionParameter['type'],
): 'string' | 'number' | 'object' | 'boolean' | null {
  switch (type) {
    case 'array[string]':
      return 'string';
    case 'array[number]':
      return 'number';
    case 'array[object]':
      return 'object';
    case 'array[boolean]':
      return 'boolean';
    default:
      return null;
  }
}

/** JSON Schema of an object that holds the parameters. */
export function schemaOfParameters(parameters: readonly ExtractionParameter[]): ValueRecord {
  return {
    type: 'object',
    properties: Object.fromEntries(
      parameters.map(({ name, type, description, options }) => {
        const items = itemTypeOf(type);
        return [
          name,
          {
            description,
            ...(items === null ? { type } : { type: 'array', items: { type: items } }),
            ...(options.length > 0 && { enum: options }),
          },
        ];
      }),
    ),
    required: parameters.filter(({ required }) => required).map(({ name }) => name),
  };
}
