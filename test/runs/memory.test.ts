import { fork } from 'node:child_process';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type MockProvider, startMockProvider } from '../support/mock-provider/start-mock-provider.ts';

const CHILD = new URL('./memory-child.ts', import.meta.url).pathname;
const TURNS = 60;

let provider: MockProvider;

beforeAll(async () => {
  provider = await startMockProvider({ reply: { tokens: ['ok'] } });
});
afterAll(() => provider.close());

/** What a server holds in memory before and after `TURNS` turns with queries of so many characters. */
function heap(characters: number): Promise<{ before: number; after: number }> {
  const child = fork(CHILD, [provider.baseUrl, String(TURNS), String(characters)], {
    execArgv: ['--expose-gc'],
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  return new Promise((resolve, reject) => {
    child.once('message', (message) => resolve(message as { before: number; after: number }));
    child.once('exit', (code) => reject(new Error(`exit code ${code}`)));
  });
}

test('ended runs, which stay readable for a while, do not hold their prompts', async () => {
  const [small, big] = await Promise.all([heap(10), heap(1024 * 1024)]);
  expect(big.before / small.before).toBeLessThan(1.2);
  // Held prompts would be sixty megabytes and more, beside some fifty of the server's own.
  expect(big.after / small.after).toBeLessThan(1.5);
}, 60_000);
