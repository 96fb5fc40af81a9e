import { z } from 'zod';
import type { ClientFunction, McpServerConfig, ToolConfig } from './config.ts';
import { baseUrl, httpUrl, listOf, mapOf, mapping, parsed, pathOrAddress, text } from './config-values.ts';
import { isRecord } from './is-record.ts';
import { parseDuration } from './parse-duration.ts';
import { TOOL_NAME } from './tool-name.ts';

/** What every model provider takes as the name of a function. */
const FUNCTION_NAME = /^[A-Za-z0-9_-]{1,64}$/;
const common = {
  name: parsed("a tool's name: letters, digits, _, - and ., at most 64", (value) =>
    typeof value === 'string' && TOOL_NAME.test(value) ? value : undefined,
  ),
  timeout: parsed(
    'a duration such as 500ms, 30s, 20m or 1h',
    (value) => parseDuration(value) || undefined,
  ).optional(),
};

const headers = mapOf(
  /^[\w!#$%&'*+.^`|~-]+$/,
  'an HTTP header name',
  parsed('the value of a header: Latin-1 text of one line, not empty', (value) =>
    typeof value === 'string' && /^[\t\x20-\x7e\x80-\xff]+$/.test(value.trim()) ? value.trim() : undefined,
  ),
  'a mapping of HTTP headers',
).superRefine((given, context) => {
  const names = Object.keys(given).map((name) => name.toLowerCase());
  for (const [index, name] of Object.keys(given).entries()) {
    if (names.indexOf(name.toLowerCase()) === index) continue;
    context.addIssue({
      code: 'custom',
      path: [name],
      message: 'expected a header that is not in the mapping yet',
    });
  }
});

const openapi = mapping(
  {
    ...common,
    openapi: pathOrAddress('the path or the http(s) address of an OpenAPI document'),
    headers: headers.optional(),
    query: mapOf(/\S/, 'the name of a query parameter', text(), 'a mapping of query parameters').optional(),
    base_url: baseUrl().optional(),
  },
  'with openapi',
).transform(
  ({ name, timeout, openapi, headers, query, base_url }): ToolConfig => ({
    name,
    timeoutMs: timeout ?? null,
    kind: 'openapi',
    document: openapi,
    headers: headers ?? {},
    query: query ?? {},
    baseUrl: base_url ?? null,
  }),
);

const command = mapping({
  command: text('a command'),
  args: listOf(
    parsed('a string', (value) => (typeof value === 'string' ? value : undefined)),
    'a list of arguments',
  ).optional(),
  env: mapOf(
    /^[^\s=\0]+$/,
    'the name of an environment variable',
    text(),
    'a mapping of environment variables',
  ).optional(),
}).transform(
  ({ command, args, env }): McpServerConfig => ({
    kind: 'stdio',
    command,
    args: args ?? [],
    env: env ?? {},
  }),
);

const mcpAddress = parsed('the http(s) address of an MCP server, or a mapping with its command', (value) => {
  const result = httpUrl().safeParse(value);
  return result.success ? result.data : undefined;
});

const mcpOverHttp = mapping(
  { ...common, mcp: mcpAddress, headers: headers.optional() },
  'with the address of an mcp',
).transform(
  ({ name, timeout, mcp, headers }): ToolConfig => ({
    name,
    timeoutMs: timeout ?? null,
    kind: 'mcp',
    server: { kind: 'http', url: mcp, headers: headers ?? {} },
  }),
);

const mcpByCommand = mapping({ ...common, mcp: command }, 'with the command of an mcp').transform(
  ({ name, timeout, mcp }): ToolConfig => ({ name, timeoutMs: timeout ?? null, kind: 'mcp', server: mcp }),
);

const clientFunction = mapping({
  name: parsed("a function's name: letters, digits, _ and -, at most 64", (value) =>
    typeof value === 'string' && FUNCTION_NAME.test(value) ? value : undefined,
  ),
  description: text().optional(),
  parameters: parsed('a JSON Schema of type object', (value) =>
    isRecord(value) && isObjectSchema(value) ? value : undefined,
  ).optional(),
}).transform(
  ({ name, description, parameters }): ClientFunction => ({
    name,
    description: description ?? '',
    parameters: { properties: {}, ...parameters, type: 'object' },
  }),
);

function isObjectSchema({
  type = 'object',
  properties = {},
  required = [],
}: Record<string, unknown>): boolean {
  const isSchema = (value: unknown) => isRecord(value) || typeof value === 'boolean';
  const isMapping = isRecord(properties) && Object.values(properties).every(isSchema);
  const isList = Array.isArray(required) && required.every((name) => typeof name === 'string');
  return type === 'object' && isMapping && isList;
}

const clientFunctions = listOf(clientFunction, 'a list of functions')
  .min(1, 'expected a list of functions')
  .superRefine(refuseTwins);

/** Without `timeout`: how long a caller takes is his own affair. */
const client = mapping({ name: common.name, client: clientFunctions }, 'with client').transform(
  ({ name, client }): ToolConfig => ({ name, timeoutMs: null, kind: 'client', functions: client }),
);

const builtin = mapping(
  { ...common, api_key: text().optional(), base_url: baseUrl().optional() },
  'for a built-in tool (others have openapi, mcp or client)',
).transform(
  ({ name, timeout, api_key, base_url }): ToolConfig => ({
    name,
    timeoutMs: timeout ?? null,
    kind: 'builtin',
    apiKey: api_key ?? null,
    baseUrl: base_url ?? null,
  }),
);

const entry = z.unknown().transform((value, context) => {
  const result = formOf(value).safeParse(value);
  if (result.success) return result.data;
  for (const issue of result.error.issues) context.addIssue({ ...issue });
  return z.NEVER;
});

function formOf(value: unknown): z.ZodType<ToolConfig> {
  if (!isRecord(value)) return builtin;
  if ('openapi' in value) return openapi;
  if ('client' in value) return client;
  if ('mcp' in value) return isRecord(value.mcp) ? mcpByCommand : mcpOverHttp;
  return builtin;
}

/** `tools:` of `parley.yml`; no name stands there twice. */
export const toolsSchema = listOf(entry, 'a list of tools').superRefine(refuseTwins);

function refuseTwins(list: readonly { readonly name: string }[], context: z.RefinementCtx): void {
  for (const [index, { name }] of list.entries()) {
    if (list.findIndex((other) => other.name === name) === index) continue;
    context.addIssue({
      code: 'custom',
      path: [index, 'name'],
      message: 'expected a name that is not in the list yet',
    });
  }
}
