import { join } from 'node:path';
import type { TestTool } from '../parley/apps.ts';
import type { WantedCall } from './agent-turn.ts';
import { writeOpenApi } from './openapi-document.ts';
import { type Callee, startCallee } from './start-callee.ts';
import { type McpServer, SLOW_TOOL, startMcpServer } from './start-mcp-server.ts';

/** Tools of every kind, all of which wait for ever for somebody else. */
export interface SlowTools {
  /** Whom the tool `wait` of OpenAPI, `webscraper` and `jina_reader` call; it hears from the MCP command, too. */
  readonly callee: Callee;
  /** An MCP server over streamable HTTP, with the tool `slow`. */
  readonly remote: McpServer;
  /** The same over SSE, with `events_slow`. A command speaks MCP, too: `local_slow`. */
  readonly events: McpServer;
  /** For `agentApp`; `simple_code` is among them. */
  readonly refs: readonly TestTool[];
  /** For `parley.yml`. */
  readonly config: Readonly<Record<string, unknown>>;
  /** A call of each, for `queryFor`; a busy loop among them. */
  readonly calls: readonly WantedCall[];
  /**
   * Waits until `calls` have come to all callees that they have. `ended` resolves when each of them knows that nobody
   * waits any more, with the times (`performance.now()`).
   */
  begun(): Promise<{ ended(): Promise<readonly number[]> }>;
  close(): Promise<void>;
}

export async function startSlowTools(): Promise<SlowTools> {
  const callee = await startCallee(({ path, method }) => {
    if (path.startsWith('/half')) return method === 'HEAD' ? {} : { hold: 'body', body: 'The beginning' };
    return path.includes('/wait') || path.startsWith('/jina') ? { hold: 'headers' } : {};
  });
  const remote = await startMcpServer();
  const events = await startMcpServer({ protocol: 'sse', tools: [{ ...SLOW_TOOL, name: 'events_slow' }] });
  const document = await writeOpenApi(callee.url, { wait: { path: '/wait' }, half: { path: '/half' } });
  const command = {
    command: process.execPath,
    args: [join(import.meta.dirname, 'stdio-mcp-server.ts')],
    env: { REPORT_URL: callee.url },
  };
  return {
    callee,
    remote,
    events,
    refs: [
      { type: 'api', provider: 'service', tool: 'wait' },
      { type: 'api', provider: 'service', tool: 'half' },
      { provider: 'webscraper', tool: 'webscraper' },
      { provider: 'jina', tool: 'jina_reader' },
      { type: 'mcp', provider: 'remote', tool: 'slow' },
      { type: 'mcp', provider: 'events', tool: 'events_slow' },
      { type: 'mcp', provider: 'local', tool: 'local_slow' },
      { provider: 'code', tool: 'simple_code' },
    ],
    config: {
      tools: [
        { name: 'service', openapi: document.file },
        { name: 'jina', base_url: `${callee.url}/jina` },
        { name: 'remote', mcp: remote.url },
        { name: 'events', mcp: events.url },
        { name: 'local', mcp: command },
      ],
      outbound: { allow: [`127.0.0.1:${callee.port}`] },
    },
    calls: [
      ['wait'],
      ['half'],
      ['webscraper', { url: `${callee.url}/wait/page` }],
      ['jina_reader', { url: `${callee.url}/x` }],
      ['slow'],
      ['events_slow'],
      ['local_slow'],
      ['simple_code', { language: 'javascript', code: 'for (;;);' }],
    ],
    async begun() {
      const requestTo = (path: string, method = 'GET') =>
        callee.nextRequest((request) => request.path === path && request.method === method);
      const requests = await Promise.all([
        requestTo('/wait'),
        requestTo('/half'),
        requestTo('/wait/page', 'HEAD'),
        requestTo(`/jina/${callee.url}/x`),
      ]);
      const calls = await Promise.all([remote.nextCall(), events.nextCall()]);
      await requestTo('/call');
      return {
        ended: () =>
          Promise.all([
            ...requests.map((request) => request.left()),
            ...calls.map((call) => call.cancelled()),
            requestTo('/cancelled').then(() => performance.now()),
          ]),
      };
    },
    async close() {
      await document.remove();
      await remote.close();
      await events.close();
      await callee.close();
    },
  };
}
