import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  type MockProvider,
  startMockProvider,
} from '../../../test/support/mock-provider/start-mock-provider.ts';
import { askChatModel } from '../../../test/support/models/ask-chat-model.ts';
import type { ProviderConfig } from '../../config/config.ts';
import { createModels } from '../create-models.ts';

/** What real apps set for gpt-4o. */
const params = {
  temperature: 0.7,
  top_p: 1,
  max_tokens: 9,
  presence_penalty: 0,
  frequency_penalty: 0,
  logprobs: true,
  top_logprobs: 2,
  seed: 3,
};

describe('reasoning models of a provider of type openai behind a gateway', () => {
  let mock: MockProvider;
  beforeEach(async () => {
    mock = await startMockProvider();
  });
  afterEach(() => mock.close());

  async function sent(
    type: ProviderConfig['type'],
    name: string,
    more: Record<string, unknown> = {},
  ): Promise<Record<string, unknown>> {
    const provider = { name: 'p', type, apiKey: 'k', baseUrl: mock.baseUrl, models: [], options: {} };
    const models = createModels({ providers: [provider], defaultModel: null }, { warn() {} });
    const request = { messages: [], params: { ...params, ...more }, stop: ['END'] };
    await askChatModel(models.chat({ provider: 'p', name }), request);
    await models.close();
    const { model, messages, stream, stream_options, ...rest } = (await mock.nextRequest()).body ?? {};
    return rest;
  }

  test.each([
    'o3',
    'o4-mini',
    'gpt-5',
    'gpt-5-mini',
    'gpt-5.1',
    'openai/gpt-5-nano',
    'ft:o4-mini-2025-04-16:org',
  ])('%s gets what it accepts', async (model) => {
    expect(await sent('openai', model)).toEqual({ max_completion_tokens: 9, seed: 3 });
  });

  test.each(['o1', 'o3-mini'])('%s knows stop sequences', async (model) => {
    expect(await sent('openai', model)).toEqual({ max_completion_tokens: 9, seed: 3, stop: ['END'] });
  });

  test('a given max_completion_tokens wins', async () => {
    const body = await sent('openai', 'o3', { max_completion_tokens: 20 });
    expect(body).toEqual({ max_completion_tokens: 20, seed: 3 });
  });

  test('without reasoning gpt-5.1 samples', async () => {
    const { presence_penalty: _, frequency_penalty: __, max_tokens: ___, ...sampled } = params;
    expect(await sent('openai', 'gpt-5.1', { reasoning_effort: 'none' })).toEqual({
      ...sampled,
      reasoning_effort: 'none',
      max_completion_tokens: 9,
    });
  });

  test('gpt-5-chat does not reason', async () => {
    const { max_tokens: _, ...rest } = params;
    expect(await sent('openai', 'gpt-5-chat-latest')).toEqual({
      ...rest,
      max_completion_tokens: 9,
      stop: ['END'],
    });
  });

  test.each([
    ['openai', 'gpt-4o'],
    ['openai', 'gpt-35-turbo'],
    ['openai', 'omni-x'],
    ['openai-compatible', 'o3'],
  ] as const)('%s %s gets everything as it is', async (type, model) => {
    expect(await sent(type, model)).toEqual({ ...params, stop: ['END'] });
  });
});
