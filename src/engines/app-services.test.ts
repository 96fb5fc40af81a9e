import { afterEach, beforeEach, expect, test } from 'vitest';
import {
  type MockProvider,
  startMockProvider,
} from '../../test/support/mock-provider/start-mock-provider.ts';
import type { App } from '../apps/app.ts';
import type { ProviderConfig } from '../config/config.ts';
import { createModels } from '../models/create-models.ts';
import type { Models } from '../models/models.ts';
import type { AppServices } from '../runs/app-services.ts';
import { appServices } from './app-services.ts';
import type { EngineParts } from './engine-parts.ts';

const signal = new AbortController().signal;
const audio = { data: new Uint8Array([1, 2, 3]), mimeType: 'audio/mp3', filename: 'a.mp3' };
const LONG = 'Here is one more sentence. '.repeat(200);

let mock: MockProvider;
let models: Models;
let services: AppServices;
beforeEach(async () => {
  mock = await startMockProvider();
  configure(['openai', 'openai'], ['mine', 'openai-compatible']);
});
afterEach(async () => {
  await models.close();
  await mock.close();
});

function configure(...providers: [name: string, type: ProviderConfig['type'], options?: object][]): void {
  models = createModels(
    {
      providers: providers.map(([name, type, options]) => ({
        ...{ name, type, apiKey: `key-${name}`, baseUrl: mock.baseUrl, models: [] },
        options: { ...options },
      })),
      defaultModel: null,
    },
    { warn() {} },
  );
  // Speech and transcription touch neither the store nor files.
  services = appServices({ models } as EngineParts);
}

const bodies = () => mock.requests.map(({ body }) => body);
const app = {
  config: {
    model: { provider: 'openai', name: 'gpt-4o' },
    textToSpeech: { enabled: true, voice: 'nova', language: 'en-US', autoPlay: false },
  },
} as App;

test('without an app the default voice speaks, or the one that is asked for', async () => {
  const spoken = await services.speak(null, 'Hi', { voice: null, signal });
  expect(spoken.mimeType).toBe('audio/mpeg');
  await services.speak(null, 'Hi', { voice: 'sage', format: 'wav', speed: 0.2, signal });
  expect(bodies()).toEqual([
    { model: 'tts-1', input: 'Hi', voice: 'alloy', response_format: 'mp3' },
    { model: 'tts-1', input: 'Hi', voice: 'sage', response_format: 'wav', speed: 0.25 },
  ]);
});

test('an app’s voice comes before the default one', async () => {
  await services.speak(app, 'Hi', { voice: null, format: 'opus', signal });
  expect(bodies()).toMatchObject([{ voice: 'nova', response_format: 'opus' }]);
});

test.each([
  ['mp3', 'audio/mpeg', 2],
  ['pcm', 'audio/pcm', 2],
  ['wav', 'audio/wav', 1],
  ['opus', 'audio/ogg', 1],
] as const)('a long text as %s (%s) takes %d requests', async (format, mimeType, requests) => {
  const { data } = await services.speak(null, 'Hi', { voice: null, format, signal });
  const spoken = await services.speak(null, LONG, { voice: null, format, signal });
  expect(spoken).toMatchObject({ mimeType, data: { length: data.length * requests } });
  const asked = bodies().slice(1);
  expect(asked).toHaveLength(requests);
  expect(asked.map((body) => body?.input).join('')).toBe(LONG);
});

test.each(['mp3', 'opus'] as const)(
  'thoughts are not spoken, and nothing is silence (%s)',
  async (format) => {
    await services.speak(null, '<think>hm</think>Hi', { voice: null, format, signal });
    const silence = await services.speak(null, '<think>hm</think> ', { voice: null, format, signal });
    expect(silence.data).toHaveLength(0);
    expect(bodies().map((body) => String(body?.input).trim())).toEqual(['Hi']);
  },
);

test('listening needs no app', async () => {
  mock.reply({ text: 'spoken words' });
  expect(await services.transcribe(null, audio, { signal })).toBe('spoken words');
  expect(mock.requests.at(-1)?.headers.authorization).toBe('Bearer key-openai');
});

test('voices are those of the provider that speaks without an app', async () => {
  expect(services.voices().slice(0, 2)).toEqual([{ name: 'alloy' }, { name: 'ash' }]);
  await models.close();
  configure(
    ['openai', 'openai'],
    ['mine', 'openai-compatible', { speech_model: 'mouth', voice: 'anna', voices: ['ben'] }],
  );
  expect(services.voices()).toEqual([{ name: 'anna' }, { name: 'ben' }]);
  await services.speak(null, 'Hi', { voice: null, signal });
  expect(bodies()).toMatchObject([{ model: 'mouth', voice: 'anna' }]);
});

test('nobody speaks', async () => {
  await models.close();
  configure();
  expect(services.voices()).toEqual([]);
  const refused = { code: 'provider_not_initialize' };
  await expect(services.speak(null, 'Hi', { voice: null, signal })).rejects.toMatchObject(refused);
  await expect(services.transcribe(null, audio, { signal })).rejects.toMatchObject(refused);
});
