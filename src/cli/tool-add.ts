import { resolve } from 'node:path';
import type { Config } from '../config/config.ts';
import { baseUrl } from '../config/config-values.ts';
import { TOOL_NAME } from '../config/tool-name.ts';
import { createOutbound } from '../outbound/create-outbound.ts';
import { addedTools, addTool } from '../tools/openapi/added-tools.ts';
import { dataSecret } from '../tools/openapi/data-secret.ts';
import { documentReader } from '../tools/openapi/document-reader.ts';
import { type DocumentText, loadText } from '../tools/openapi/load-text.ts';
import { namedFiles } from '../tools/openapi/named-files.ts';
import type { OpenApiEntry } from '../tools/openapi/openapi-entry.ts';
import type { Operation } from '../tools/openapi/operation.ts';
import { ownerCredentials } from '../tools/openapi/owner-credentials.ts';
import { toolsFolder } from '../tools/openapi/tools-folder.ts';
import { CliError } from './cli-error.ts';
import { describeServers } from './describe-servers.ts';
import { readArguments } from './read-arguments.ts';
import { toolCredentials } from './tool-credentials.ts';

const USAGE =
  "tool add NAME DOCUMENT [--bearer TOKEN] [--header 'NAME: VALUE']… [--query NAME=VALUE]… [--base-url URL]";

/**
 * `parley tool add NAME DOCUMENT`: keeps a copy of an OpenAPI document, from a file or an address, whose operations are
 * tools from then on, also of a server that runs. Credentials are kept encrypted; `${NAME}` in them is looked up in the
 * environment of the server.
 */
export async function toolAdd(argv: readonly string[]): Promise<void> {
  const { values, positionals, config } = readArguments(
    argv,
    {
      bearer: { type: 'string' },
      header: { type: 'string', multiple: true },
      query: { type: 'string', multiple: true },
      'base-url': { type: 'string' },
    },
    { min: 2, max: 2, usage: USAGE },
  );
  const [name = '', source = ''] = positionals;
  await checkName(name, config);
  const credentials = toolCredentials(values, USAGE);
  const base = readBaseUrl(values['base-url']);
  const isAddress = /^https?:\/\//i.test(source);
  const path = resolve(source);
  const { text, ...about } = await readSource(isAddress, isAddress ? source : path);

  const entry: OpenApiEntry = {
    ...{ name, timeoutMs: null, ...credentials, baseUrl: base, secrets: config.toolSecrets, unset: [] },
    document: { kind: 'text', text, ...about },
  };
  const operations = await documentReader.read({ text, ...about }, entry, new AbortController().signal);
  if (operations.length === 0) throw new CliError(`${about.name}: there are no operations in the document`);
  const tool = { name, source: isAddress ? source : path, address: about.address, document: text };
  const { dataDir } = config;
  if (!addTool({ ...tool, ...credentials, baseUrl: base }, { dataDir, secret: () => dataSecret(dataDir) })) {
    throw new CliError(taken(name));
  }
  await warn(entry, operations, config);
  const count = operations.length === 1 ? '1 tool' : `${operations.length} tools`;
  console.log(`added ${name}: ${count}: ${operations.map((operation) => operation.name).join(', ')}`);
  const servers = operations.map(({ server }) => server);
  console.log(`requests go to ${describeServers(servers, { chosen: base !== null })}`);
}

async function checkName(name: string, config: Config): Promise<void> {
  if (!TOOL_NAME.test(name)) {
    throw new CliError(
      `expected a name of letters, digits, _, - and ., at most 64\nusage: parley ${USAGE}`,
      2,
    );
  }
  if (config.tools.some((tool) => tool.kind !== 'builtin' && tool.name === name)) {
    throw new CliError(`parley.yml has a tool ${name} already; choose another name`);
  }
  // Before the document is fetched; `addTool` looks again.
  const { dataDir, variable, toolSecrets: secrets } = config;
  const { tools } = await addedTools({ dataDir, secret: () => dataSecret(dataDir), variable, secrets });
  if (tools.some((tool) => tool.name === name)) throw new CliError(taken(name));
}

function taken(name: string): string {
  return `there is a tool ${name} already; to replace it, parley tool remove ${name} first`;
}

function readBaseUrl(text: string | undefined): string | null {
  if (text === undefined) return null;
  const { success, data } = baseUrl().safeParse(text);
  if (success && new URL(data).username === '' && new URL(data).password === '') return data;
  const reason = '--base-url takes an http:// or https:// address, without a password';
  throw new CliError(`${reason}\nusage: parley ${USAGE}`, 2);
}

async function readSource(isAddress: boolean, source: string): Promise<DocumentText> {
  const outbound = createOutbound();
  const { signal } = new AbortController();
  try {
    const from = isAddress
      ? ({ kind: 'address', url: source } as const)
      : ({ kind: 'file', path: source } as const);
    return await loadText(from, outbound, signal);
  } finally {
    await outbound.close();
  }
}

/** What does not stop the tool from being added, but from being found or answered. */
async function warn(entry: OpenApiEntry, operations: readonly Operation[], config: Config): Promise<void> {
  const { tools } = await toolsFolder(config.toolsDir, {
    secrets: config.toolSecrets,
    named: namedFiles(config),
  });
  const hidden = tools.find((tool) => tool.name === entry.name);
  if (hidden !== undefined) console.error(`it goes before ${hidden.file} of the tools folder`);
  const missing = operations.map((operation) => ownerCredentials(entry, operation.security).missing);
  for (const reason of new Set(missing)) if (reason !== null) console.error(reason);
}
