import { afterAll, beforeAll, expect, test } from 'vitest';
import { type MockProvider, startMockProvider } from '../support/mock-provider/start-mock-provider.ts';
import { chatApp } from '../support/parley/apps.ts';
import { EventReader } from '../support/parley/read-events.ts';
import { startParley, type TestParley } from '../support/parley/start-parley.ts';

let provider: MockProvider;
let parley: TestParley;

beforeAll(async () => {
  provider = await startMockProvider();
  parley = await startParley({ apps: { chat: chatApp() }, provider: provider.baseUrl });
});
afterAll(async () => {
  await parley.close();
  await provider.close();
});

test('a streamed chat is message events with the same ids, then message_end, then the end of the body', async () => {
  const response = await parley.request('chat', 'POST', '/chat-messages', {
    inputs: {},
    query: 'Hi',
    user: 'u1',
    response_mode: 'streaming',
    auto_generate_name: false,
  });
  expect(response.status).toBe(200);
  expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
  const events = await new EventReader(response).readAll();
  expect(events.at(-1)?.event).toBe('message_end');
  expect(events.slice(0, -1).every((event) => event.event === 'message')).toBe(true);
  for (const field of ['task_id', 'message_id', 'conversation_id', 'created_at']) {
    expect(new Set(events.map((event) => event[field])).size, field).toBe(1);
  }
});
