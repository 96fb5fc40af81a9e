import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';

/** Operations by their ids, as a document has them, with the `path` and `method` (default: get) that they stand under. */
export type TestOperations = Readonly<
  Record<string, { readonly path: string; readonly method?: string } & Readonly<Record<string, unknown>>>
>;

/** An OpenAPI document of one server in a file. */
export async function writeOpenApi(server: string, operations: TestOperations) {
  const folder = await mkdtemp(join(tmpdir(), 'parley-openapi-'));
  const paths: Record<string, Record<string, unknown>> = {};
  for (const [operationId, { path, method = 'get', ...operation }] of Object.entries(operations))
    paths[path] = {
      ...paths[path],
      [method]: { operationId, responses: { default: { description: 'What it answers' } }, ...operation },
    };
  const file = join(folder, 'service.yml');
  const info = { title: 'Test service', version: '1' };
  await writeFile(file, stringify({ openapi: '3.1.0', info, servers: [{ url: server }], paths }));
  return { file, remove: () => rm(folder, { recursive: true, force: true }) };
}

/** A parameter of an operation that takes a text. */
export function textParameter(name: string, place: 'path' | 'query' | 'header' = 'query') {
  return { name, in: place, required: place === 'path', schema: { type: 'string' } };
}
