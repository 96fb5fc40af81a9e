import type { JsonSchema } from '../openapi-document.ts';

/** One field of a JSON object, however deep, as a table shows it. */
export interface SchemaRow {
  /** Its own name; the row that it belongs to stands above. */
  readonly name: string;
  readonly depth: number;
  readonly type: string;
  readonly required: boolean;
  readonly description: string;
}

const MAX_DEPTH = 5;

/** Fields of an object, or of the items of a list, each followed by the fields inside it. */
export function schemaRows(schema: JsonSchema, depth = 0): readonly SchemaRow[] {
  const { properties, items } = withoutNull(schema);
  if (depth > MAX_DEPTH) return [];
  if (!properties) return items ? schemaRows(items, depth) : [];
  return Object.entries(properties).flatMap(([name, field]) => {
    const row = {
      name,
      depth,
      type: typeName(field),
      required: schema.required?.includes(name) ?? false,
      description: describe(field),
    };
    return [row, ...schemaRows(field, depth + 1)];
  });
}

/** `string (uuid) or null`, `'like' or 'dislike'`, `list of objects`. */
export function typeName(schema: JsonSchema): string {
  const { anyOf = schema.oneOf, const: only, enum: values, type, format, items } = schema;
  if (anyOf) return anyOf.map(typeName).join(' or ');
  if (only !== undefined) return JSON.stringify(only);
  if (values) return values.map((value) => JSON.stringify(value)).join(' or ');
  if (Array.isArray(type)) return type.join(' or ');
  if (type === 'array') {
    const inner = items ? typeName(items) : 'anything';
    return inner === 'anything' ? 'list' : `list of ${inner.includes(' or ') ? `(${inner})` : `${inner}s`}`;
  }
  if (type === undefined) return 'anything';
  return `${String(type)}${format ? ` (${format})` : ''}`;
}

/** A field's description, and its bounds and default in words. */
export function describe({
  description,
  default: preset,
  minimum,
  maximum,
  minLength,
  maxLength,
}: JsonSchema): string {
  const range = (low: number | undefined, high: number | undefined, unit: string) =>
    low !== undefined && high !== undefined
      ? [`${low} to ${high}${unit}`]
      : high !== undefined
        ? [`At most ${high}${unit}`]
        : low !== undefined && low > 0
          ? [`At least ${low}${unit}`]
          : [];
  const parts = [
    ...(description ? [description] : []),
    ...range(minimum, maximum, ''),
    ...range(minLength, maxLength, ' characters'),
    ...(preset !== undefined && preset !== '' ? [`Default: ${JSON.stringify(preset)}`] : []),
  ];
  return parts.map((part) => (/[.!?]$/.test(part) ? part : `${part}.`)).join(' ');
}

function withoutNull(schema: JsonSchema): JsonSchema {
  const others = schema.anyOf?.filter(({ type }) => type !== 'null');
  return others?.length === 1 && others[0] ? others[0] : schema;
}
