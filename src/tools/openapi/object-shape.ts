import { isRecord } from '../../config/is-record.ts';
import { followReference } from './follow-reference.ts';
import { isReadOnly } from './model-schema.ts';
import type { Located, OpenApiDocument } from './openapi-document.ts';

/** The properties of an object that a request may have, by name. */
export interface ObjectShape {
  readonly properties: ReadonlyMap<string, Located>;
  /** Of these properties. */
  readonly required: ReadonlySet<string>;
}

const MAX_DEPTH = 12;
/** More are left in one object. */
const MAX_PROPERTIES = 200;

/**
 * A schema as a plain list of properties, gathered from its `allOf` as well; null when it is none: another type, a
 * choice between several objects, an object with free names only, or one with itself in it.
 */
export function objectShape(document: OpenApiDocument, schema: Located): ObjectShape | null {
  const properties = new Map<string, Located>();
  const required = new Set<string>();
  if (!gather(document, schema, 0, properties, required)) return null;
  if (properties.size === 0 || properties.size > MAX_PROPERTIES) return null;
  for (const name of required) if (!properties.has(name)) required.delete(name);
  return { properties, required };
}

function gather(
  document: OpenApiDocument,
  schema: Located,
  depth: number,
  properties: Map<string, Located>,
  required: Set<string>,
): boolean {
  const { node, path } = followReference(document, schema);
  if (!isRecord(node) || depth > MAX_DEPTH || !isObject(node)) return false;
  if (['anyOf', 'oneOf', 'not', 'if'].some((keyword) => node[keyword] !== undefined)) return false;
  const parts = Array.isArray(node.allOf) ? node.allOf : [];
  for (const [index, part] of parts.entries()) {
    const inner = { node: part, path: [...path, 'allOf', index] };
    if (!gather(document, inner, depth + 1, properties, required)) return false;
  }
  for (const [name, property] of Object.entries(isRecord(node.properties) ? node.properties : {})) {
    const located = { node: property, path: [...path, 'properties', name] };
    if (!isReadOnly(document, located)) properties.set(name, located);
  }
  const names: readonly unknown[] = Array.isArray(node.required) ? node.required : [];
  for (const name of names) if (typeof name === 'string') required.add(name);
  return true;
}

function isObject({ type }: Readonly<Record<string, unknown>>): boolean {
  return type === undefined || [type].flat().includes('object');
}
