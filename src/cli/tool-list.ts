import type { Config } from '../config/config.ts';
import { createOutbound } from '../outbound/create-outbound.ts';
import { dataSecret } from '../tools/openapi/data-secret.ts';
import { type OpenApiTools, openApiTools } from '../tools/openapi/openapi-tools.ts';
import type { ToolProvider } from '../tools/tool-provider.ts';
import { readArguments } from './read-arguments.ts';
import { table } from './table.ts';

const ORIGINS = { 'parley.yml': 'parley.yml', added: 'added', folder: 'tools folder' } as const;

/**
 * `parley tool list`: the tools that a server would have beside those that are built in, in the order in which a name is
 * looked for. What is wrong with one is told on stderr. MCP servers are not asked, which could mean to start them.
 */
export async function toolList(argv: readonly string[]): Promise<void> {
  const { config } = readArguments(argv, {}, { min: 0, max: 0, usage: 'tool list' });
  const outbound = createOutbound();
  const tools = openApiTools(config, {
    outbound,
    secret: () => dataSecret(config.dataDir),
    log: {
      info: () => {},
      warn: (facts, reason) => console.error([...Object.values(facts), reason].filter(Boolean).join(': ')),
      // Its provider says the same when it is asked for its tools.
      error: () => {},
    },
  });
  try {
    await tools.look();
    const rows = [...(await configured(config, tools)), ...(await found(tools))];
    console.log(rows.length === 0 ? 'No tools' : table(['NAME', 'KIND', 'FROM', 'TOOLS'], rows));
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
