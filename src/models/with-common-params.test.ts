import { afterEach, beforeEach, expect, test } from 'vitest';
import {
  type MockProvider,
  startMockProvider,
} from '../../test/support/mock-provider/start-mock-provider.ts';
import { askChatModel } from '../../test/support/models/ask-chat-model.ts';
import { createModels } from './create-models.ts';
import type { Models } from './models.ts';

let mock: MockProvider;
let models: Models;
beforeEach(async () => {
  mock = await startMockProvider();
  const provider = { type: 'openai-compatible', apiKey: 'k', baseUrl: mock.baseUrl, models: [], options: {} };
  models = createModels(
    {
      providers: [{ ...provider, name: 'mine', type: 'openai-compatible' }],
      defaultModel: { provider: 'mine', name: 'd' },
    },
    { warn() {} },
  );
});
afterEach(async () => {
  await models.close();
  await mock.close();
});

const common = {
  temperature: 0.2,
  top_p: 0.9,
  max_tokens: 5,
  presence_penalty: 0.1,
  frequency_penalty: 0.2,
  seed: 7,
  response_format: 'json_schema',
  json_schema: '{"type":"object"}',
};
const foreign = {
  enable_search: true,
  repetition_penalty: 1.1,
  top_k: 3,
  max_output_tokens: 9,
  thinking: true,
};
const request = {
  messages: [{ role: 'user', content: 'Hi' }],
  params: { ...common, ...foreign, stop: ['A'] },
  stop: ['B'],
} as const;

async function sent(provider: string): Promise<Record<string, unknown>> {
  const { error } = await askChatModel(models.chat({ provider, name: 'qwen-max' }), request);
  expect(error).toBeNull();
  return (await mock.nextRequest()).body as Record<string, unknown>;
}

test('default_model gets only the parameters that every provider knows', async () => {
  const { json_schema: _, ...named } = common;
  expect(await sent('langgenius/tongyi/tongyi')).toEqual({
    ...named,
    model: 'd',
    messages: [{ role: 'user', content: 'Hi' }],
    response_format: { type: 'json_schema', json_schema: { name: 'response', schema: { type: 'object' } } },
    stop: ['B', 'A'],
    stream: true,
    stream_options: { include_usage: true },
  });
});

test('the app’s own provider gets them all', async () => {
  expect(await sent('mine')).toMatchObject({ model: 'qwen-max', ...foreign });
});

test('the stand-in is named as what it is, and a completion app is asked as chat', async () => {
  const model = models.chat({ provider: 'anthropic', name: 'claude-x', mode: 'completion' });
  expect(model).toMatchObject({ provider: 'mine', name: 'd', contextWindow: 8192 });
  await askChatModel(model, request);
  expect((await mock.nextRequest()).path).toBe('/v1/chat/completions');
});
