import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { z } from 'zod';
import { TOOL_NAME } from '../../config/tool-name.ts';
import { publishFile } from '../../store/publish-file.ts';
import { ToolError } from '../tool-error.ts';
import type { FoundTool, FoundTools, RefusedFile } from './found-tool.ts';
import { lookAtFolder } from './look-at-folder.ts';
import { MAX_DOCUMENT_BYTES } from './max-document-bytes.ts';
import type { OpenApiEntry } from './openapi-entry.ts';
import { resolveReferences } from './resolve-references.ts';
import { credentialKey, seal, unseal } from './seal.ts';

/** What `parley tool add` is told. Values of headers and query may refer to the environment as `${NAME}`. */
export interface AddedTool {
  readonly name: string;
  /** Where the document was read: an address or an absolute path. */
  readonly source: string;
  /** Where its relative servers start from; null: it was a file. */
  readonly address: string | null;
  /** Its text; it is not read again. */
  readonly document: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, string>>;
  readonly baseUrl: string | null;
}

/** What the tools that were added need of the server, or of the command. */
export interface AddedToolsOptions {
  readonly dataDir: string;
  /** The data folder's; asked for only where there are credentials. */
  readonly secret: () => Uint8Array;
  readonly variable: (name: string) => string | undefined;
  /** For security schemes. */
  readonly secrets: Readonly<Record<string, string>>;
}

const recordSchema = z.strictObject({
  version: z.literal(1),
  name: z.string().regex(TOOL_NAME),
  source: z.string(),
  address: z.string().nullable(),
  baseUrl: z.string().nullable(),
  /** Sealed JSON of headers and query, bound to the name. */
  credentials: z.string().nullable(),
  document: z.string(),
});

const credentialsSchema = z.strictObject({
  headers: z.record(z.string(), z.string()),
  query: z.record(z.string(), z.string()),
});

const RECORD = /^(?!\.)(.+)\.json$/;
/** JSON may write a character of the document as six. */
const MAX_RECORD_BYTES = 6 * MAX_DOCUMENT_BYTES + 1024 ** 2;

/** Stores a tool, readable for the owner only. False: there is one of that name, which stays as it is. */
export function addTool(
  tool: AddedTool,
  { dataDir, secret }: Pick<AddedToolsOptions, 'dataDir' | 'secret'>,
): boolean {
  const path = pathOf(dataDir, tool.name);
  if (existsSync(path)) return false;
  const { headers, query, ...plain } = tool;
  const any = Object.keys(headers).length + Object.keys(query).length > 0;
  const credentials = any
    ? seal(credentialKey(secret()), JSON.stringify({ headers, query }), tool.name)
    : null;
  mkdirSync(folderOf(dataDir), { recursive: true, mode: 0o700 });
  const partial = `${path}.partial`;
  writeFileSync(partial, `${JSON.stringify({ version: 1, ...plain, credentials }, null, 2)}\n`, {
    mode: 0o600,
  });
  publishFile(partial, path);
  return true;
}

/** False: there is none of that name. */
export function removeTool(dataDir: string, name: string): boolean {
  const path = pathOf(dataDir, name);
  if (!TOOL_NAME.test(name) || !existsSync(path)) return false;
  rmSync(path);
  return true;
}

/**
 * The tools that were added to a data folder.
 *
 * @throws Error in words when their folder cannot be read
 */
export async function addedTools(options: AddedToolsOptions): Promise<FoundTools> {
  const { files, refused: unreadable } = await lookAtFolder(folderOf(options.dataDir), RECORD);
  const tools: FoundTool[] = [];
  const refused: RefusedFile[] = [...unreadable];
  for (const { name: file, path, state } of files) {
    const name = RECORD.exec(file)?.[1] ?? file;
    if (TOOL_NAME.test(name)) {
      const read = () => readTool(name, path, options);
      tools.push({ name, origin: 'added', file: `tools/${file}`, state: `added ${state}`, read });
    } else refused.push({ file: `tools/${file}`, reason: 'this is no name of a tool' });
  }
  return { tools, refused };
}

async function readTool(name: string, path: string, options: AddedToolsOptions): Promise<OpenApiEntry> {
  const record = recordSchema.safeParse(await readJson(path, name));
  if (!record.success || record.data.name !== name) throw damaged(name);
  const { source, address, baseUrl, credentials, document } = record.data;
  const { headers, query } = credentials === null ? NONE : openCredentials(name, credentials, options.secret);
  const unset = new Set<string>();
  const resolve = (given: Readonly<Record<string, string>>) =>
    Object.fromEntries(
      Object.entries(given).map(([key, text]) => [key, resolveReferences(text, options.variable, unset)]),
    );
  const resolved = { headers: resolve(headers), query: resolve(query) };
  return {
    name,
    timeoutMs: null,
    document: { kind: 'text', text: document, name: nameOf(source, address), address },
    ...resolved,
    baseUrl,
    secrets: options.secrets,
    unset: [...unset],
  };
}

const NONE: z.infer<typeof credentialsSchema> = { headers: {}, query: {} };

function openCredentials(name: string, sealed: string, secret: () => Uint8Array): typeof NONE {
  try {
    return credentialsSchema.parse(JSON.parse(unseal(credentialKey(secret()), sealed, name)));
  } catch (cause) {
    const reason = `the credentials of ${name} cannot be decrypted with the secret of this data folder; remove it and add it again`;
    throw new ToolError('credentials', reason, { cause });
  }
}

async function readJson(path: string, name: string): Promise<unknown> {
  const file = await open(path).catch(() => {
    throw damaged(name);
  });
  try {
    if ((await file.stat()).size > MAX_RECORD_BYTES) throw damaged(name);
    return JSON.parse(await file.readFile('utf8'));
  } catch {
    throw damaged(name);
  } finally {
    await file.close();
  }
}

function damaged(name: string): ToolError {
  return new ToolError(
    'failed',
    `what was stored of the added tool ${name} is damaged; remove it and add it again`,
  );
}

/** Without the query of an address, which may hold a key, and without folders. */
function nameOf(source: string, address: string | null): string {
  const url = address === null ? null : URL.parse(source);
  return url === null ? basename(source) : `${url.origin}${url.pathname}`;
}

function folderOf(dataDir: string): string {
  return join(dataDir, 'tools');
}

function pathOf(dataDir: string, name: string): string {
  return join(folderOf(dataDir), `${name}.json`);
}
