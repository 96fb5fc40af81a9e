import { monitorEventLoopDelay } from 'node:perf_hooks';
import { expect, test } from 'vitest';
import { testProvider } from './mcp-provider.fixture.ts';
import { echoTool, startMcpServer } from './mcp-server.fixture.ts';

/** Nobody's request may wait longer than this for another one's answer. Generous: the machine has other work as well. */
const LONGEST_MS = 1_000;

/** How long nothing else could go on, at most, while `work` did. */
async function standstill(work: () => Promise<unknown>): Promise<number> {
  const delay = monitorEventLoopDelay({ resolution: 10 });
  delay.enable();
  try {
    await work();
    // The one that is under way is recorded when it is over.
    await new Promise((resolve) => setTimeout(resolve, 20));
    return delay.max / 1_000_000;
  } finally {
    delay.disable();
  }
}

/** A server whose tool answers with this JSON. */
async function providerOf(result: string, type: 'json' | 'event-stream') {
  const bytes = Buffer.from(result);
  const server = await startMcpServer({
    list: () => ({ tools: [echoTool()] }),
    http: ({ messages }, response) => {
      const call = messages.find(({ method }) => method === 'tools/call') as { id?: unknown } | undefined;
      if (call === undefined) return false;
      response.setHeader('content-type', type === 'json' ? 'application/json' : 'text/event-stream');
      response.write(`${type === 'json' ? '' : 'data: '}{"jsonrpc":"2.0","id":${call.id},"result":`);
      response.write(bytes);
      response.end(type === 'json' ? '}' : '}\n\n');
      return true;
    },
  });
  const provider = testProvider(server.url);
  await provider.names();
  return provider;
}

const lists = `[${'[],'.repeat(6_000_000)}[]]`;
const keys = () => `{${Array.from({ length: 1_500_000 }, (_, i) => `"${i.toString(36)}":1`).join()}}`;

test.each([
  ['a text of JSON, with structured content', () => text(lists, '{"a":1}'), 'characters'],
  ['structured content', () => `{"content":[],"structuredContent":{"a":${lists}}}`, 'bytes of JSON'],
  [
    'structured content with many keys',
    () => `{"content":[],"structuredContent":${keys()}}`,
    'bytes of JSON',
  ],
  ['content', () => `{"content":${lists}}`, 'bytes of JSON'],
] as const)('an answer of megabytes holds nobody up: %s', { timeout: 60_000 }, async (_, result, refusal) => {
  for (const type of ['json', 'event-stream'] as const) {
    const provider = await providerOf(result(), type);
    const longest = await standstill(async () => {
      await expect(provider.call('echo', { text: '' })).rejects.toThrow(refusal);
    });
    expect(longest).toBeLessThan(LONGEST_MS);
  }
});

test('a text that says at length what the structured content says', { timeout: 60_000 }, async () => {
  const list = `[${'[],'.repeat(150_000)}[]]`;
  const provider = await providerOf(text(list, list), 'json');
  const longest = await standstill(() => provider.call('echo', { text: '' }));
  expect(longest).toBeLessThan(LONGEST_MS);
});

test('files of 15 MB arrive', { timeout: 60_000 }, async () => {
  const data = Buffer.alloc(15 * 1024 * 1024, 'parley').toString('base64');
  const image = `{"type":"image","mimeType":"image/png","data":"${data}"}`;
  const provider = await providerOf(`{"content":[${image}]}`, 'event-stream');
  expect(await provider.call('echo', { text: '' })).toMatchObject([{ kind: 'file', mimeType: 'image/png' }]);
});

function text(said: string, structured: string): string {
  return `{"content":[{"type":"text","text":"${said}"}],"structuredContent":${structured}}`;
}
