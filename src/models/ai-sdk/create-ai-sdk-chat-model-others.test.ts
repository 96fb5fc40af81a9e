import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  events,
  hello,
  type ScriptedProvider,
  startScriptedProvider,
} from '../../../test/support/models/create-ai-sdk-chat-model.fixture.ts';

let provider: ScriptedProvider;

beforeEach(async () => {
  provider = await startScriptedProvider();
});
afterEach(() => provider.close());

describe('google', () => {
  const chunk = (text: string, more: object = {}) => ({
    candidates: [{ content: { role: 'model', parts: [{ text }] }, ...more }],
    usageMetadata: { promptTokenCount: 5, candidatesTokenCount: 2, totalTokenCount: 7 },
  });

  test('streams, reports usage, passes parameters on', async () => {
    provider.answer = (response) => {
      events(response, chunk('Guten'), chunk(' Tag', { finishReason: 'STOP' }));
      response.end();
    };
    const { deltas, result, error } = await provider.ask('google', {
      ...hello,
      params: { temperature: 0.3, max_tokens: 50, response_format: 'json_object', thinking_budget: 10 },
    });
    expect(error).toBeNull();
    expect(deltas.map((d) => d.text)).toEqual(['Guten', ' Tag']);
    expect(result).toEqual({
      finishReason: 'stop',
      usage: { promptTokens: 5, completionTokens: 2 },
      toolCalls: [],
    });
    expect(provider.calls[0]?.message.url).toContain('/v1beta/models/m1:streamGenerateContent');
    expect(provider.calls[0]?.body).toMatchObject({
      generationConfig: {
        temperature: 0.3,
        maxOutputTokens: 50,
        stopSequences: ['END'],
        responseMimeType: 'application/json',
        thinkingConfig: { thinkingBudget: 10 },
      },
    });
  });

  test('usage is made whole', async () => {
    const usageMetadata = { promptTokenCount: 5.4, candidatesTokenCount: 2 ** 40 };
    provider.answer = (response) => {
      events(response, { ...chunk('Guten', { finishReason: 'STOP' }), usageMetadata });
      response.end();
    };
    expect((await provider.ask('google')).result?.usage).toEqual({
      promptTokens: 5,
      completionTokens: 2 ** 31 - 1,
    });
  });

  test('abort and errors', async () => {
    provider.answer = (response) => events(response, chunk('one'));
    const controller = new AbortController();
    const first = Promise.withResolvers<void>();
    const done = provider.model('google').chat(hello, () => first.resolve(), { signal: controller.signal });
    await first.promise;
    controller.abort('stop');
    await expect(done).rejects.toBe('stop');
    await provider.calls[0]?.closed;

    provider.answer = (response) => {
      response.writeHead(429, { 'content-type': 'application/json', 'retry-after': '60' });
      response.end(
        JSON.stringify({ error: { code: 429, message: 'Resource exhausted', status: 'RESOURCE_EXHAUSTED' } }),
      );
    };
    expect((await provider.ask('google')).error).toMatchObject({
      code: 'provider_rate_limited',
      message: 'Resource exhausted',
    });
  });
});

describe('azure', () => {
  test('deployment URLs for dated API versions', async () => {
    provider.answer = (response) => {
      events(response, { choices: [{ index: 0, delta: { content: 'hi' }, finish_reason: 'stop' }] });
      response.end('data: [DONE]\n\n');
    };
    const deltas: string[] = [];
    await provider.model('azure', { api_version: '2024-10-21' }).chat(hello, (d) => deltas.push(d.text), {
      signal: new AbortController().signal,
    });
    expect(deltas).toEqual(['hi']);
    expect(provider.calls[0]?.message.url).toBe('/deployments/m1/chat/completions?api-version=2024-10-21');
    expect(provider.calls[0]?.message.headers['api-key']).toBe('secret-key-1');
  });
});

describe('bedrock', () => {
  test('errors, with a key of its own', async () => {
    provider.answer = (response) => {
      response.writeHead(404, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ message: 'no such model' }));
    };
    expect((await provider.ask('bedrock', hello, undefined, { region: 'eu-west-1' })).error).toMatchObject({
      code: 'completion_request_error',
      message: 'no such model',
    });
    expect(provider.calls[0]?.message.url).toBe('/model/m1/converse-stream');
    expect(provider.calls[0]?.message.headers.authorization).toBe('Bearer secret-key-1');
    expect(provider.calls[0]?.body).toMatchObject({ inferenceConfig: { temperature: 0.3, maxTokens: 50 } });
  });
});
