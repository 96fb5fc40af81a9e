import { request as httpRequest } from 'node:http';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type MockProvider, startMockProvider } from '../support/mock-provider/start-mock-provider.ts';
import { chatApp } from '../support/parley/apps.ts';
import { openTestStore } from '../support/parley/open-test-store.ts';
import { startParley, type TestParley } from '../support/parley/start-parley.ts';
import { endedTurn, runningTurn } from '../support/parley/stored-runs.ts';

const PIECE = 'x'.repeat(20_000);
const PIECES = 1000;

let provider: MockProvider;
let parley: TestParley;

beforeAll(async () => {
  provider = await startMockProvider({ reply: { gate: true } });
  parley = await startParley({ apps: { chat: chatApp() }, provider: provider.baseUrl });
});
afterAll(async () => {
  await parley.close();
  await provider.close();
});

test('a client that does not read holds nothing up, and gets all of 20 MB when it does', async () => {
  const store = await openTestStore(parley);
  const body = JSON.stringify({
    inputs: {},
    query: 'q',
    user: 'slow',
    response_mode: 'streaming',
    auto_generate_name: false,
  });
  const headers = { authorization: `Bearer ${parley.key('chat')}`, 'content-type': 'application/json' };
  const client = httpRequest(`${parley.url}/v1/chat-messages`, { method: 'POST', headers });
  client.end(body);
  const response = await new Promise<import('node:http').IncomingMessage>((resolve) =>
    client.once('response', resolve),
  );
  response.pause();
  const upstream = await provider.nextRequest();
  const { messageId } = await runningTurn(store, 'slow');
  for (let n = 0; n < PIECES; n++) upstream.send(PIECE);
  upstream.finish();
  // The run ends and is stored although nobody has read.
  const turn = await endedTurn(store, messageId);
  expect(turn).toMatchObject({ run: 'succeeded' });
  expect(turn.answer.length).toBe(PIECE.length * PIECES);
  let length = 0;
  let tail = '';
  response.setEncoding('utf8');
  for await (const chunk of response as AsyncIterable<string>) {
    length += chunk.length;
    tail = (tail + chunk).slice(-2000);
  }
  expect(length).toBeGreaterThan(PIECE.length * PIECES);
  expect(tail).toMatch(/\n\ndata: \{"event":"message_end".*\}\n\n$/);
  await store.destroy();
});
