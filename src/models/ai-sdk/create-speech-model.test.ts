import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  type MockProvider,
  startMockProvider,
} from '../../../test/support/mock-provider/start-mock-provider.ts';
import type { SpeechModel } from '../speech-model.ts';
import { createSpeechModel } from './create-speech-model.ts';

const signal = new AbortController().signal;
let mock: MockProvider;
let model: SpeechModel;
beforeAll(async () => {
  mock = await startMockProvider();
  const endpoint = { apiKey: 'k', baseUrl: mock.baseUrl, headers: {}, secrets: [], limitMs: 5000 };
  model = createSpeechModel(endpoint, 'tts-1', { defaultVoice: 'nova', voices: ['nova', 'sage'] });
});
afterAll(() => mock.close());

test('shows its voices, and speaks with the default one', async () => {
  expect([model.defaultVoice, model.voices]).toEqual(['nova', ['nova', 'sage']]);
  const { data, mimeType } = await model.speak('Hi', { voice: '', signal });
  expect(mimeType).toBe('audio/mpeg');
  expect(Buffer.from(data).subarray(0, 3).toString()).toBe('ID3');
  expect(mock.requests.at(-1)?.body).toEqual({
    model: 'tts-1',
    input: 'Hi',
    voice: 'nova',
    response_format: 'mp3',
  });
});

test.each([
  ['mp3', 'audio/mpeg', 'ID3'],
  ['wav', 'audio/wav', 'RIFF'],
  ['pcm', 'audio/pcm', '\0\0'],
  ['opus', 'audio/ogg', 'OggS'],
] as const)('%s is asked for, and called %s', async (format, type, beginning) => {
  const { data, mimeType } = await model.speak('Hi', { voice: 'sage', format, signal });
  expect(mimeType).toBe(type);
  expect(Buffer.from(data).subarray(0, beginning.length).toString()).toBe(beginning);
  expect(mock.requests.at(-1)?.body).toMatchObject({ voice: 'sage', response_format: format });
});

test.each([
  [0.2, 0.25],
  [0.25, 0.25],
  [1, 1],
  [1.5, 1.5],
  [3, 3],
  [5, 4],
])('speed %d is sent as %d', async (speed, sent) => {
  await model.speak('Hi', { voice: 'sage', speed, signal });
  expect(mock.requests.at(-1)?.body).toMatchObject({ speed: sent });
});
