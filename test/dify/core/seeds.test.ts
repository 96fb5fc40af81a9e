import { afterAll, beforeAll, expect, test } from 'vitest';
import { type MockProvider, startMockProvider } from '../../support/mock-provider/start-mock-provider.ts';
import { chatApp, completionApp } from '../../support/parley/apps.ts';
import { startParley, type TestParley } from '../../support/parley/start-parley.ts';
import { answered, firstEvent, readStream, stop, textOf } from '../../support/parley/turns.ts';
import { responseProblems, schemaProblems, streamProblems } from '../../support/spec/dify-spec.ts';

/** The request examples of the seeds, as they stand there. */
const logo = [
  { type: 'image', transfer_method: 'remote_url', url: 'https://cloud.dify.ai/logo/logo-site.png' },
];
const chatExample = {
  inputs: { city: 'San Francisco' },
  query: 'What are the specs of the iPhone 13 Pro Max?',
  response_mode: 'streaming',
  conversation_id: '',
  user: 'abc-123',
  files: logo,
};
const chatWithConversation = {
  inputs: {},
  query: 'eh',
  response_mode: 'streaming',
  conversation_id: '1c7e55fb-1ba2-4e10-81b5-30addcea2276',
  user: 'abc-123',
};
const completionStreaming = {
  inputs: { city: 'San Francisco' },
  query: "Translate 'hello' to Spanish.",
  response_mode: 'streaming',
  user: 'abc-123',
  files: logo,
};
const completionBlocking = {
  inputs: { city: 'New York' },
  query: 'Summarize the following text: ...',
  response_mode: 'blocking',
  user: 'def-456',
};

let provider: MockProvider;
let parley: TestParley;

beforeAll(async () => {
  provider = await startMockProvider();
  const config = {
    pre_prompt: 'You know {{city}}.',
    user_input_form: [{ 'text-input': { label: 'City', variable: 'city', required: false, default: '' } }],
    file_upload: {
      image: { enabled: true, number_limits: 3, transfer_methods: ['remote_url', 'local_file'] },
    },
  };
  parley = await startParley({
    apps: { chat: chatApp(config), completion: completionApp(config) },
    provider: provider.baseUrl,
  });
});
afterAll(async () => {
  await parley.close();
  await provider.close();
});

test('seed 003, chat with an image', async () => {
  provider.reply((request) => ({
    tokens: JSON.stringify(request.body).includes('short title') ? ['T'] : [' I', "'m", ' glad'],
  }));
  const response = await parley.request('chat', 'POST', '/chat-messages', chatExample);
  const events = await (await readStream(response)).readAll();
  expect(events.map(({ event }) => event)).toEqual(['message', 'message', 'message', 'message_end']);
  expect(textOf(events)).toBe(" I'm glad");
  expect(streamProblems('ChunkChatEvent', events)).toEqual([]);
});

test('seed 003, blocking', async () => {
  provider.reply();
  const body = await answered(
    parley.request('chat', 'POST', '/chat-messages', { ...chatExample, response_mode: 'blocking' }),
  );
  expect(schemaProblems('ChatCompletionResponse', body)).toEqual([]);
});

test('seed 003, a conversation that is not there', async () => {
  const response = await parley.request('chat', 'POST', '/chat-messages', chatWithConversation);
  expect(response.status).toBe(404);
});

test('seed 003, stop', async () => {
  provider.reply({ gate: true });
  const reader = await readStream(
    await parley.request('chat', 'POST', '/chat-messages', { ...chatExample, auto_generate_name: false }),
  );
  (await provider.nextRequest((request) => !request.isOver)).send('x');
  const { task_id } = await firstEvent(reader);
  const response = await stop(parley, task_id, 'abc-123');
  const body = await response.json();
  expect(body).toEqual({ result: 'success' });
  expect(responseProblems('post', '/chat-messages/{task_id}/stop', response.status, body)).toEqual([]);
  await reader.readAll();
});

test('seed 004, streaming', async () => {
  provider.reply({ tokens: [' I', "'m"] });
  const response = await parley.request('completion', 'POST', '/completion-messages', completionStreaming);
  const events = await (await readStream(response)).readAll();
  expect(events.map(({ event }) => event)).toEqual(['message', 'message', 'message_end']);
  expect(streamProblems('ChunkCompletionEvent', events)).toEqual([]);
  expect(JSON.stringify(provider.requests.at(-1)?.body)).toContain('You know San Francisco.');
});

test('seed 004, blocking', async () => {
  provider.reply({ tokens: ['Hello World!...'] });
  const body = await answered(
    parley.request('completion', 'POST', '/completion-messages', completionBlocking),
  );
  expect(body).toMatchObject({ event: 'message', mode: 'completion', answer: 'Hello World!...' });
  expect(schemaProblems('CompletionResponse', body)).toEqual([]);
});

test('seed 000, stop', async () => {
  provider.reply({ gate: true });
  const reader = await readStream(
    await parley.request('completion', 'POST', '/completion-messages', completionStreaming),
  );
  const upstream = await provider.nextRequest((request) => !request.isOver);
  upstream.send('x');
  const { task_id } = await firstEvent(reader);
  const response = await stop(parley, task_id, 'abc-123', 'completion');
  const body = await response.json();
  expect(body).toEqual({ result: 'success' });
  expect(responseProblems('post', '/completion-messages/{task_id}/stop', response.status, body)).toEqual([]);
  await upstream.aborted();
  expect((await reader.readAll()).at(-1)?.event).toBe('message_end');
});
