import { afterAll, beforeAll, expect, test } from 'vitest';
import { type MockProvider, startMockProvider } from '../../support/mock-provider/start-mock-provider.ts';
import { chatApp } from '../../support/parley/apps.ts';
import { startParley, type TestParley } from '../../support/parley/start-parley.ts';
import { firstEvent, stop, streamChat } from '../../support/parley/turns.ts';

let provider: MockProvider;
let parley: TestParley;

beforeAll(async () => {
  provider = await startMockProvider({ reply: { gate: true } });
  parley = await startParley({
    apps: { one: chatApp(), two: chatApp(), talker: chatApp() },
    provider: provider.baseUrl,
    config: { limits: { requests_per_minute: 3 } },
  });
});
afterAll(async () => {
  await parley.close();
  await provider.close();
});

test('a key over its limit gets 429 with Retry-After, another key goes on', async () => {
  for (let i = 0; i < 3; i++) expect((await parley.request('one', 'GET', '/info')).status).toBe(200);
  const refused = await parley.request('one', 'GET', '/info');
  expect(refused.status).toBe(429);
  expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
  expect(await refused.json()).toEqual({
    code: 'too_many_requests',
    message: 'Too many requests. Please try again later.',
    status: 429,
  });
  expect((await parley.request('two', 'GET', '/info')).status).toBe(200);
});

test('a wrong key is 401, not counted as anybody', async () => {
  const response = await fetch(`${parley.url}/v1/info`, { headers: { authorization: 'Bearer app-wrong' } });
  expect(response.status).toBe(401);
});

test('a key over its limit can still stop what it began', async () => {
  const reader = await streamChat(parley, {}, 'talker');
  const upstream = await provider.nextRequest();
  upstream.send('x');
  const { task_id } = await firstEvent(reader);
  let status = 200;
  for (let i = 0; i < 3 && status === 200; i++)
    status = (await parley.request('talker', 'GET', '/info')).status;
  expect(status).toBe(429);
  const stopped = await stop(parley, task_id, 'u1', 'talker');
  expect(stopped.status).toBe(200);
  await upstream.aborted();
  expect((await reader.readAll()).at(-1)?.event).toBe('message_end');
  expect((await parley.request('talker', 'GET', '/info')).status).toBe(429);
});
