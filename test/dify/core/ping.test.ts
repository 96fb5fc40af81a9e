import { afterAll, beforeAll, expect, test } from 'vitest';
import { type MockProvider, startMockProvider } from '../../support/mock-provider/start-mock-provider.ts';
import { chatApp, completionApp } from '../../support/parley/apps.ts';
import { EventReader } from '../../support/parley/read-events.ts';
import { startParley, type TestParley } from '../../support/parley/start-parley.ts';
import { sendChat, sendCompletion } from '../../support/parley/turns.ts';

let provider: MockProvider;
let parley: TestParley;

beforeAll(async () => {
  provider = await startMockProvider({ reply: { gate: true } });
  parley = await startParley({
    apps: { chat: chatApp(), completion: completionApp() },
    provider: provider.baseUrl,
  });
});
afterAll(async () => {
  await parley.close();
  await provider.close();
});

/** The one test that waits; the rhythm itself is tested with a clock of its own in `test/runs/stream-run.test.ts`. */
test('a silent model: an empty first piece with the task id after a second, a ping after ten, to the byte', async () => {
  const began = performance.now();
  const readers = await Promise.all(
    [
      sendChat(parley, { response_mode: 'streaming' }),
      sendCompletion(parley, { response_mode: 'streaming' }),
    ].map(async (response) => new EventReader(await response)),
  );
  const first = await Promise.all(readers.map((reader) => reader.next()));
  expect(first.map((frame) => frame?.data)).toMatchObject([
    { event: 'message', answer: '', task_id: expect.any(String) },
    { event: 'message', answer: '', task_id: expect.any(String) },
  ]);
  const frames = await Promise.all(readers.map((reader) => reader.next()));
  expect(frames.map((frame) => frame?.raw)).toEqual(['event: ping\n\n', 'event: ping\n\n']);
  expect(performance.now() - began).toBeGreaterThan(9_500);
  for (const request of provider.requests) request.finish();
  for (const reader of readers)
    expect((await reader.readAll()).map(({ event }) => event)).toEqual(['message_end']);
});
