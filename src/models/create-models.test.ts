import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  type MockProvider,
  startMockProvider,
} from '../../test/support/mock-provider/start-mock-provider.ts';
import type { ProviderConfig, ProviderType } from '../config/config.ts';
import { createModels } from './create-models.ts';
import { wellKnownProviders } from './well-known-providers.ts';

const signal = new AbortController().signal;

function provider(name: string, type: ProviderType, more: Partial<ProviderConfig> = {}): ProviderConfig {
  return { name, type, apiKey: 'sk-test-key-1', baseUrl: null, models: [], options: {}, ...more };
}

function create(providers: ProviderConfig[], defaultModel: { provider: string; name: string } | null = null) {
  const warnings: string[] = [];
  const models = createModels({ providers, defaultModel }, { warn: (_, msg) => warnings.push(msg) });
  const name = (p: string, m = 'm1') => {
    const model = models.chat({ provider: p, name: m });
    return `${model.provider}:${model.name}`;
  };
  return { models, warnings, name };
}

const vllm = (name: string, ...models: string[]) =>
  provider(name, 'openai-compatible', {
    baseUrl: 'http://127.0.0.1:9/v1',
    models: models.map((m) => ({ name: m, contextWindow: 4321 })),
  });

describe('chat', () => {
  test('namespaced, short and aliased names find the provider', () => {
    const { name } = create([
      provider('openai', 'openai'),
      provider('qwen', 'openai-compatible'),
      provider('gemini', 'google'),
      provider('claude-prod', 'anthropic'),
      provider('bedrock', 'bedrock', { options: { region: 'us-east-1' } }),
      provider('azure', 'azure', { options: { resource_name: 'r' } }),
    ]);
    expect(name('langgenius/openai/openai')).toBe('openai:m1');
    expect(name('langgenius/tongyi/tongyi')).toBe('qwen:m1');
    expect(name('langgenius/gemini/google')).toBe('gemini:m1');
    expect(name('langgenius/anthropic/anthropic')).toBe('claude-prod:m1');
    expect(name('bedrock')).toBe('bedrock:m1');
    expect(name('langgenius/azure_openai/azure_openai')).toBe('azure:m1');
  });

  test('openai_api_compatible: by name, by model, the only one', () => {
    const dsl = 'langgenius/openai_api_compatible/openai_api_compatible';
    expect(create([vllm('openai_api_compatible'), vllm('b', 'm1')]).name(dsl)).toBe(
      'openai_api_compatible:m1',
    );
    expect(create([vllm('a', 'm0'), vllm('b', 'm1')]).name(dsl)).toBe('b:m1');
    expect(create([vllm('a'), provider('deepseek', 'openai-compatible')]).name(dsl)).toBe('a:m1');
    expect(create([provider('deepseek', 'openai-compatible')]).name(dsl)).toBe('deepseek:m1');
    expect(() => create([vllm('a'), vllm('b')]).name(dsl)).toThrow('No valid model provider credentials');
  });

  test('own provider, then default_model with one warning, then demo, then the error', () => {
    const withDefault = create([provider('openai', 'openai'), vllm('mine', 'only')], {
      provider: 'openai',
      name: 'd',
    });
    expect(withDefault.name('mine', 'only')).toBe('mine:only');
    expect(withDefault.name('mine', 'other')).toBe('mine:other');
    expect(withDefault.name('anthropic')).toBe('openai:d');
    expect(withDefault.name('anthropic')).toBe('openai:d');
    expect(withDefault.warnings).toHaveLength(1);

    const none = create([]);
    expect(none.models.demo).toBe(true);
    expect(none.name('openai')).toBe('demo:demo');

    const other = create([provider('openai', 'openai')]);
    expect(other.models.demo).toBe(false);
    expect(() => other.name('anthropic')).toThrow(
      expect.objectContaining({
        code: 'provider_not_initialize',
        status: 400,
        message:
          'No valid model provider credentials found. Please go to Settings -> Model Provider to complete your provider credentials.',
      }),
    );
  });

  test('a list of models restricts nothing', () => {
    const facts = { models: [{ name: 'gpt-4o', contextWindow: 9999 }] };
    const providers = [provider('openai', 'openai', facts), vllm('mine', 'only')];
    const { name, warnings, models } = create(providers, { provider: 'mine', name: 'only' });
    expect(name('openai', 'gpt-4o-mini')).toBe('openai:gpt-4o-mini');
    expect(name('mine', 'other')).toBe('mine:other');
    expect(models.chat({ provider: 'openai', name: 'gpt-4o' }).contextWindow).toBe(9999);
    expect(warnings).toEqual([]);
  });

  test('a hosted provider without a key is not used', () => {
    const { name, warnings, models } = create([provider('openai', 'openai', { apiKey: null })]);
    expect(warnings).toHaveLength(1);
    expect(models.demo).toBe(false);
    expect(() => name('openai')).toThrow(expect.objectContaining({ code: 'provider_not_initialize' }));
    expect(create([provider('ollama', 'openai-compatible', { apiKey: null })]).name('ollama')).toBe(
      'ollama:m1',
    );
  });

  test('every well-known provider needs only a key, or says that it needs an address', () => {
    for (const [name, { baseUrl }] of Object.entries(wellKnownProviders)) {
      const make = () => create([provider(name, 'openai-compatible')]);
      if (baseUrl) expect(make().name(`langgenius/${name}/${name}`)).toBe(`${name}:m1`);
      else expect(make).toThrow(/needs a base_url/);
    }
  });

  test('mistakes of the owner are told at creation', () => {
    expect(() => create([provider('mine', 'openai-compatible')])).toThrow('Provider "mine"');
    expect(() => create([provider('mine', 'openai', { baseUrl: 'ftp://u:secret@x' })])).toThrow(
      /^(?!.*secret).*base_url/,
    );
    expect(() => create([provider('a', 'azure')])).toThrow('resource_name');
    expect(() => create([], { provider: 'openai', name: 'x' })).toThrow('default_model');
  });

  test('context windows', () => {
    const { models } = create([provider('openai', 'openai'), vllm('mine', 'm1')]);
    const of = (p: string, m: string) => models.chat({ provider: p, name: m }).contextWindow;
    expect(of('mine', 'm1')).toBe(4321);
    expect(of('mine', 'what')).toBe(8192);
    expect(of('openai', 'what')).toBe(128_000);
    expect(of('openai', 'gpt-4')).toBe(8192);
    expect(of('openai', 'gpt-4o-mini')).toBe(128_000);
    expect(of('openai', 'gpt-4.1')).toBe(1_047_576);
  });
});

describe('other models', () => {
  let mock: MockProvider;
  beforeEach(async () => {
    mock = await startMockProvider();
  });
  afterEach(() => mock.close());

  const openai = () => provider('openai', 'openai', { baseUrl: mock.baseUrl });
  const audio = { data: new Uint8Array([1, 2, 3]), mimeType: 'audio/mp3', filename: 'a.mp3' };

  test('transcription', async () => {
    mock.reply({ text: 'spoken words' });
    const { models } = create([openai()]);
    expect(await models.transcription().transcribe(audio, { signal })).toEqual({ text: 'spoken words' });
    const request = await mock.nextRequest();
    expect(request.path).toBe('/v1/audio/transcriptions');
    expect(request.headers.authorization).toBe('Bearer sk-test-key-1');
    expect(request.rawBody.toString('latin1')).toContain('whisper-1');
    expect(request.rawBody.toString('latin1')).toMatch(/filename="[^"]+\.mp3"/);
  });

  test('speech', async () => {
    const { models } = create([openai()]);
    const model = models.speech();
    expect(model.defaultVoice).toBe('alloy');
    const { data, mimeType } = await model.speak('Say it', { voice: 'nova', signal });
    expect(mimeType).toBe('audio/mpeg');
    expect(Buffer.from(data).subarray(0, 3).toString()).toBe('ID3');
    expect((await mock.nextRequest()).body).toMatchObject({
      model: 'tts-1',
      input: 'Say it',
      voice: 'nova',
      response_format: 'mp3',
    });
  });

  test('moderation', async () => {
    const { models } = create([openai()]);
    expect(await models.moderation().flagged('some violence here', { signal })).toBe(true);
    expect(await models.moderation().flagged('flowers', { signal })).toBe(false);
    expect((await mock.nextRequest()).body).toEqual({
      model: 'omni-moderation-latest',
      input: 'some violence here',
    });
  });

  test('their errors are mapped', async () => {
    mock.reply({ status: 401 });
    const { models } = create([openai()]);
    const wrongKey = { code: 'completion_request_error', message: 'Incorrect API key provided' };
    await expect(models.moderation().flagged('x', { signal })).rejects.toMatchObject(wrongKey);
    await expect(models.transcription().transcribe(audio, { signal })).rejects.toMatchObject(wrongKey);
    await expect(models.speech().speak('x', { voice: 'alloy', signal })).rejects.toMatchObject(wrongKey);
  });

  test('abort closes their connections', async () => {
    mock.reply({ hold: true });
    const { models } = create([openai()]);
    const calls = [
      (s: AbortSignal) => models.moderation().flagged('x', { signal: s }),
      (s: AbortSignal) => models.transcription().transcribe(audio, { signal: s }),
      (s: AbortSignal) => models.speech().speak('x', { voice: 'alloy', signal: s }),
    ];
    for (const call of calls) {
      const controller = new AbortController();
      const done = call(controller.signal);
      const request = await mock.nextRequest();
      controller.abort('stop');
      await expect(done).rejects.toBe('stop');
      await request.aborted();
    }
  });

  test('a provider that hangs ends with an error', async () => {
    mock.reply({ hold: true });
    const { models } = create([
      provider('openai', 'openai', { baseUrl: mock.baseUrl, options: { body_timeout_ms: 150 } }),
    ]);
    const calls = [
      () => models.transcription().transcribe(audio, { signal }),
      () => models.speech().speak('x', { voice: 'alloy', signal }),
    ];
    for (const call of calls) {
      const done = call();
      const request = await mock.nextRequest();
      await expect(done).rejects.toMatchObject({
        code: 'completion_request_error',
        status: 400,
        message: 'The model provider did not answer within 0.2 s.',
      });
      await request.aborted();
    }
    expect(mock.requests).toHaveLength(2);
  });

  test('nothing configured, nothing suitable', () => {
    const { models } = create([]);
    for (const get of [() => models.transcription(), () => models.speech(), () => models.moderation()]) {
      expect(get).toThrow(expect.objectContaining({ code: 'provider_not_initialize' }));
    }
    expect(() => create([provider('claude', 'anthropic')]).models.transcription()).toThrow(
      expect.objectContaining({ code: 'provider_not_support_speech_to_text' }),
    );
  });
});
