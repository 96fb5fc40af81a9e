import { afterEach, beforeEach, expect, test } from 'vitest';
import { askChatModel } from '../../../test/support/models/ask-chat-model.ts';
import {
  failure,
  hello,
  type OpenaiChat,
  startOpenaiChat,
} from '../../../test/support/models/create-openai-chat-model.fixture.ts';
import type { ChatRequest } from '../chat-model.ts';
import { createModels } from '../create-models.ts';

let openai: OpenaiChat;
beforeEach(async () => {
  openai = await startOpenaiChat();
});
afterEach(() => openai.close());

const ask = (request: ChatRequest = hello, signal?: AbortSignal) =>
  askChatModel(openai.model('completion'), request, signal);

test('the prompt goes to /completions, the text comes back piece by piece', async () => {
  openai.provider.reply({ tokens: ['once', ' upon'], usage: { prompt_tokens: 4, completion_tokens: 2 } });
  const outcome = await ask({
    messages: [
      {
        role: 'user',
        content: [
          { kind: 'text', text: 'Tell' },
          { kind: 'text', text: ' me' },
        ],
      },
    ],
    params: { temperature: 0.5, max_tokens: 40, n: 2, best_of: 3, response_format: 'text', seed: null },
    stop: ['\nHuman:'],
  });
  expect(outcome).toMatchObject({
    error: null,
    deltas: [
      { kind: 'text', text: 'once' },
      { kind: 'text', text: ' upon' },
    ],
    result: { finishReason: 'stop', usage: { promptTokens: 4, completionTokens: 2 } },
  });
  const request = await openai.provider.nextRequest();
  expect(request.path).toBe('/v1/completions');
  expect(request.headers.authorization).toBe('Bearer sk-secret-key-123');
  expect(request.body).toEqual({
    model: 'm1',
    prompt: 'Tell me',
    temperature: 0.5,
    max_tokens: 40,
    stop: ['\nHuman:'],
    stream: true,
    stream_options: { include_usage: true },
  });
});

test('providers of type openai too; chat stays chat', async () => {
  const provider = { name: 'openai', apiKey: 'k', baseUrl: openai.provider.baseUrl, models: [], options: {} };
  const models = createModels(
    { providers: [{ ...provider, type: 'openai' }], defaultModel: null },
    { warn() {} },
  );
  const ref = { provider: 'openai', name: 'gpt-3.5-turbo-instruct' };
  for (const mode of ['completion', 'chat', 'completion'] as const) {
    await askChatModel(models.chat({ ...ref, mode }), hello);
  }
  await models.close();
  expect(openai.provider.requests.map(({ path }) => path)).toEqual([
    '/v1/completions',
    '/v1/chat/completions',
    '/v1/completions',
  ]);
});

test('a whole JSON answer', async () => {
  openai.provider.reply({ whole: true, tokens: ['all', ' at once'] });
  expect(await ask()).toMatchObject({
    text: 'all at once',
    result: { finishReason: 'stop', usage: { promptTokens: 10, completionTokens: 2 } },
  });
});

test('files cannot be sent', async () => {
  const read = async () => new Uint8Array([1]);
  const file = { kind: 'image', mimeType: 'image/png', filename: 'cat.png', source: { read } } as const;
  const { error } = await ask({ ...hello, messages: [{ role: 'user', content: [file] }] });
  expect(failure(error)).toEqual({
    code: 'invalid_param',
    status: 400,
    message: 'cat.png: a text completion model cannot read files',
  });
  expect(openai.provider.requests).toHaveLength(0);
});

test('abort closes the connection', async () => {
  openai.provider.reply({ tokens: ['a', 'b'], hold: 1 });
  const controller = new AbortController();
  const first = Promise.withResolvers<void>();
  const done = openai.model('completion').chat(hello, () => first.resolve(), { signal: controller.signal });
  await first.promise;
  controller.abort('stop');
  await expect(done).rejects.toBe('stop');
  await (await openai.provider.nextRequest()).aborted();
});

test('retries and errors are those of chat', async () => {
  openai.provider.reply(() => (openai.provider.requests.length === 1 ? { status: 503 } : { tokens: ['ok'] }));
  expect((await ask()).text).toBe('ok');
  openai.provider.reply({ tokens: ['a', 'b'], cutAfter: 1 });
  const { error, text } = await ask();
  expect(text).toBe('a');
  expect(failure(error)).toMatchObject({
    code: 'completion_request_error',
    message: 'The model provider closed the connection before the answer was complete.',
  });
  expect(openai.provider.requests).toHaveLength(3);
});

test('a chat piece that is told twice, as delta and as text, is passed on once', async () => {
  const event = JSON.stringify({ choices: [{ text: 'x', delta: { content: 'x' }, finish_reason: 'stop' }] });
  openai.provider.reply({ raw: [`data: ${event}\n\n`] });
  expect((await openai.ask()).text).toBe('x');
});
