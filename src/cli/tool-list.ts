import type { Config } from '../config/config.ts';
import { createOutbound } from '../outbound/create-outbound.ts';
import { dataSecret } from '../tools/openapi/data-secret.ts';
import { type OpenApiTools, openApiTools } from '../tools/openapi/openapi-tools.ts';
import type { ToolProvider } from '../tools/tool-provider.ts';
import { unknownSettings } from '../tools/unknown-settings.ts';
import { readArguments } from './read-arguments.ts';
import { table } from './table.ts';
import { toolsOf } from './tools-of.ts';

const ORIGINS = { 'parley.yml': 'parley.yml', added: 'added', folder: 'tools folder' } as const;

const MAX_DESCRIPTION = 100;

/** What is wrong is told on stderr. */
const log = {
  info: () => {},
  warn: (facts: object, reason: string) =>
    console.error([...Object.values(facts), reason].filter(Boolean).join(': ')),
  // Its provider says the same when it is asked for its tools.
  error: () => {},
};

/**
 * `parley tool list`: the tools that a server would have beside those that are built in, in the order in which a name is
 * looked for. MCP servers are not asked, which could mean to start them.
 *
 * `parley tool list NAME`: the tools of one, whatever it is; an MCP server is asked for them.
 */
export async function toolList(argv: readonly string[]): Promise<void> {
  const { config, positionals } = readArguments(argv, {}, { min: 0, max: 1, usage: 'tool list [NAME]' });
  const [name] = positionals;
  console.log(name === undefined ? await listAll(config) : await listOne(name, config));
}

async function listOne(name: string, config: Config): Promise<string> {
  const tools = await toolsOf(name, config, log);
  const rows = tools.map(({ name, description }) => [name, firstLine(description)]);
  return rows.length === 0 ? 'No tools' : table(['TOOL', 'DESCRIPTION'], rows);
}

function firstLine(text: string): string {
  const [line = ''] = text.trim().split(/\r?\n/);
  return line.length > MAX_DESCRIPTION ? `${line.slice(0, MAX_DESCRIPTION - 1)}…` : line;
}

async function listAll(config: Config): Promise<string> {
  const outbound = createOutbound();
  const tools = openApiTools(config, { outbound, secret: () => dataSecret(config.dataDir), log });
  try {
    await tools.look();
    for (const { tool, reason } of unknownSettings(config.tools, tools.found)) log.warn({ tool }, reason);
    const rows = [...(await configured(config, tools)), ...(await found(tools))];
    return rows.length === 0 ? 'No tools' : table(['NAME', 'KIND', 'FROM', 'TOOLS'], rows);
  } finally {
    await tools.close();
    await outbound.close();
  }
}

type Row = readonly [name: string, kind: string, from: string, count: string];

function configured(config: Config, tools: OpenApiTools): Promise<Row[]> {
  return Promise.all(
    config.tools.map(async (tool): Promise<Row> => {
      const provider = tools.found.get(tool.name)?.provider;
      const count =
        tool.kind === 'openapi' && provider !== undefined
          ? await countOf(provider)
          : tool.kind === 'client'
            ? String(tool.functions.length)
            : '-';
      return [tool.name, tool.kind, ORIGINS['parley.yml'], count];
    }),
  );
}

function found(tools: OpenApiTools): Promise<Row[]> {
  const others = [...tools.found].filter(([, { origin }]) => origin !== 'parley.yml');
  const sorted = others.toSorted(([a, { origin: from }], [b, { origin: other }]) =>
    from === other ? (a < b ? -1 : 1) : from === 'added' ? -1 : 1,
  );
  return Promise.all(
    sorted.map(
      async ([name, { origin, provider }]): Promise<Row> => [
        name,
        'openapi',
        ORIGINS[origin],
        await countOf(provider),
      ],
    ),
  );
}

async function countOf(provider: ToolProvider): Promise<string> {
  try {
    return String((await provider.list(new AbortController())).length);
  } catch (error) {
    console.error(`${provider.name}: ${(error as Error).message}`);
    return '-';
  }
}
