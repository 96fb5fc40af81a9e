import { afterEach, beforeEach, expect, test } from 'vitest';
import {
  type MockProvider,
  startMockProvider,
} from '../../test/support/mock-provider/start-mock-provider.ts';
import type { ProviderConfig } from '../config/config.ts';
import { createModels } from './create-models.ts';
import type { Models } from './models.ts';

const signal = new AbortController().signal;
const audio = { data: new Uint8Array([1, 2, 3]), mimeType: 'audio/mp3', filename: 'a.mp3' };
const chatModel = (provider: string) => ({ provider, name: 'gpt-4o-mini' });
const audioModels = { speech_model: 'mouth', transcription_model: 'ears' };

let mock: MockProvider;
let models: Models;
beforeEach(async () => {
  mock = await startMockProvider();
});
afterEach(async () => {
  await models.close();
  await mock.close();
});

/** Each provider's key is `key-<name>`, by which the mock tells them apart. */
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
}

/** Who was asked to speak and to listen for an app, and for which model. */
async function asked(app: { provider: string; name: string }): Promise<string[]> {
  await models.speech(app).speak('x', { voice: 'nova', signal });
  const speech = await mock.nextRequest();
  await models.transcription(app).transcribe(audio, { signal });
  const transcription = await mock.nextRequest();
  const model = /name="model"\r\n\r\n(.*)\r\n/.exec(transcription.rawBody.toString('latin1'))?.[1];
  return [
    `${speech.headers.authorization} ${speech.path} ${speech.body?.model}`,
    `${transcription.headers.authorization} ${transcription.path} ${model}`,
  ];
}

function answers(name: string, speech: string, transcription: string): string[] {
  return [
    `Bearer key-${name} /v1/audio/speech ${speech}`,
    `Bearer key-${name} /v1/audio/transcriptions ${transcription}`,
  ];
}

test('OpenAI has its own audio models; the chat model’s name is never used', async () => {
  configure(['openai', 'openai']);
  expect(await asked(chatModel('openai'))).toEqual(answers('openai', 'tts-1', 'whisper-1'));
});

test('the owner names other models', async () => {
  configure(['openai', 'openai', audioModels]);
  expect(await asked(chatModel('openai'))).toEqual(answers('openai', 'mouth', 'ears'));
});

test('an app’s own compatible provider counts when its options name a model', async () => {
  configure(['openai', 'openai'], ['mine', 'openai-compatible', audioModels]);
  expect(await asked(chatModel('mine'))).toEqual(answers('mine', 'mouth', 'ears'));
  expect(await asked(chatModel('openai'))).toEqual(answers('openai', 'tts-1', 'whisper-1'));
});

test('else a provider whose options name one, else OpenAI', async () => {
  configure(
    ['deepseek', 'openai-compatible'],
    ['openai', 'openai'],
    ['mine', 'openai-compatible', audioModels],
  );
  expect(await asked(chatModel('deepseek'))).toEqual(answers('mine', 'mouth', 'ears'));
  await models.close();
  configure(['deepseek', 'openai-compatible'], ['openai', 'openai']);
  expect(await asked(chatModel('deepseek'))).toEqual(answers('openai', 'tts-1', 'whisper-1'));
});

test('speaking and listening are chosen apart', async () => {
  configure(['mine', 'openai-compatible', { speech_model: 'mouth' }], ['openai', 'openai']);
  expect(await asked(chatModel('mine'))).toEqual([
    'Bearer key-mine /v1/audio/speech mouth',
    'Bearer key-openai /v1/audio/transcriptions whisper-1',
  ]);
});

test('nobody has audio', () => {
  configure(['deepseek', 'openai-compatible'], ['claude', 'anthropic', audioModels]);
  expect(() => models.transcription(chatModel('deepseek'))).toThrow(
    expect.objectContaining({ code: 'provider_not_support_speech_to_text' }),
  );
  expect(() => models.speech(chatModel('deepseek'))).toThrow(
    expect.objectContaining({ code: 'provider_not_initialize' }),
  );
});
