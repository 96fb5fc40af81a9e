import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import type { McpServerConfig } from '../../config/config.ts';
import { http, stdio } from './mcp-provider.fixture.ts';
import { echoTool, startMcpServer } from './mcp-server.fixture.ts';

/** What a process prints that ends by itself; one that does not is killed, and fails the test. */
async function run(server: McpServerConfig, ...args: string[]): Promise<string> {
  const script = join(import.meta.dirname, 'leaves-nothing-open.fixture.ts');
  const given = [script, JSON.stringify(server), ...args];
  const { stdout } = await promisify(execFile)(process.execPath, given, {
    timeout: 10_000,
    killSignal: 'SIGKILL',
  });
  return stdout;
}

test.each(['streamable', 'sse'] as const)(
  'after close, nothing keeps the process alive (%s)',
  async (protocol) => {
    const server = await startMcpServer({ list: () => ({ tools: [echoTool()] }) }, { protocol });
    expect(await run(http(server.url), 'close')).toBe('1\n');
  },
);

test('after close, no command keeps the process alive', async () => {
  expect(await run(stdio('well'), 'close')).toBe('6\n');
});

test('an idle command keeps no process alive', async () => {
  expect(await run(stdio('well'))).toBe('6\n');
});
