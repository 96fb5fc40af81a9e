import { documentOf, entryOf, getOf } from './documents.fixture.ts';
import type { OpenApiEntry } from './openapi-entry.ts';
import type { Operation } from './operation.ts';
import { readDocument } from './read-document.ts';
import { readOperations } from './read-operations.ts';

type Json = Readonly<Record<string, unknown>>;

export const SERVER = 'http://a.example';

/** What a document in `doc.yml` has. */
export async function operationsOf(
  document: string | Json,
  entry: Partial<OpenApiEntry> = {},
): Promise<readonly Operation[]> {
  const text = typeof document === 'string' ? document : JSON.stringify(document);
  return readOperations(
    await readDocument(text, { name: 'doc.yml', address: null }),
    entryOf(document, entry),
  );
}

/** The parameters of its first operation. */
export async function schemaOf(document: Json): Promise<Json> {
  return (await operationsOf(document))[0]?.schema ?? {};
}

/** The schema that a parameter with this schema gets. */
export async function parameterOf(schema: Json, more: Json = {}): Promise<unknown> {
  const { properties } = await schemaOf(
    documentOf(SERVER, { '/': getOf([{ name: 'p', in: 'query', schema }]) }, more),
  );
  return (properties as Json).p;
}

/** Why there are none. */
export const reasonOf = (document: string | Json, entry: Partial<OpenApiEntry> = {}) =>
  operationsOf(document, entry).then(
    () => 'no error',
    (error) => error.message,
  );
