import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type MockProvider, startMockProvider } from '../../support/mock-provider/start-mock-provider.ts';
import { chatApp, completionApp } from '../../support/parley/apps.ts';
import { startParley, type TestParley } from '../../support/parley/start-parley.ts';
import {
  answered,
  readStream,
  sendChat,
  sendCompletion,
  streamChat,
  textOf,
} from '../../support/parley/turns.ts';

const spoken = { text_to_speech: { enabled: true, voice: 'nova', language: 'en-US', autoPlay: 'enabled' } };

let provider: MockProvider;

beforeAll(async () => {
  provider = await startMockProvider();
});
afterAll(() => provider.close());

const isSpeech = (request: { path: string }) => request.path.includes('speech');

describe('an app that plays its answers where nobody can speak answers in silence', () => {
  const apps = { chat: chatApp(spoken), completion: completionApp(spoken) };
  let parley: TestParley;
  afterEach(() => parley.close());

  async function expectSilence(): Promise<void> {
    const before = provider.requests.length;
    for (const reader of [
      await streamChat(parley),
      await readStream(await sendCompletion(parley, { response_mode: 'streaming' })),
    ]) {
      const events = await reader.readAll();
      expect(textOf(events)).not.toBe('');
      expect(new Set(events.map(({ event }) => event))).toEqual(new Set(['message', 'message_end']));
    }
    expect((await answered(sendChat(parley))).answer).not.toBe('');
    expect(provider.requests.slice(before).some(isSpeech)).toBe(false);
  }

  test('without any provider, where the demo model answers', async () => {
    parley = await startParley({ apps });
    await expectSilence();
  });

  test('with an OpenAI-compatible provider that has no voice', async () => {
    provider.reply();
    const local = { type: 'openai-compatible', api_key: 'sk-local', base_url: provider.baseUrl };
    parley = await startParley({
      apps,
      config: { providers: { local }, default_model: { provider: 'local', name: 'mock-model' } },
    });
    const before = provider.requests.length;
    await expectSilence();
    expect(provider.requests.length).toBe(before + 3);
  });
});

describe('a flagged answer', () => {
  const FIRST = 'This is a long and harmless first sentence. ';
  const SECOND = 'This one is as harmless, and as long as the first. ';
  const PRESET = 'Let us change the subject.';
  let parley: TestParley;

  beforeAll(async () => {
    parley = await startParley({
      apps: {
        chat: chatApp({
          ...spoken,
          sensitive_word_avoidance: {
            enabled: true,
            type: 'keywords',
            config: {
              keywords: 'bomb',
              inputs_config: { enabled: false, preset_response: '' },
              outputs_config: { enabled: true, preset_response: PRESET },
            },
          },
        }),
      },
      provider: provider.baseUrl,
    });
  });
  afterAll(() => parley.close());

  test('nothing of what is withdrawn is spoken after message_replace, only what stands for it', async () => {
    provider.reply((request) => {
      if (!isSpeech(request)) return { gate: true };
      return request.body?.input === PRESET ? {} : { hold: true };
    });
    const before = provider.requests.length;
    const reader = await streamChat(parley);
    const upstream = await provider.nextRequest((request) => !isSpeech(request) && !request.isOver);
    upstream.send(FIRST);
    const voice = await provider.nextRequest((request) => isSpeech(request) && !request.isOver);
    expect(voice.body?.input).toBe(FIRST.trim());
    upstream.send(SECOND);
    upstream.send('And now for the bomb');
    await upstream.aborted();
    // The voice that was speaking goes silent at once: it is not even released.
    await voice.aborted();
    const kinds = (await reader.readAll()).map(({ event }) => event);
    expect(kinds.filter((kind) => kind !== 'message')).toEqual([
      'message_replace',
      'tts_message',
      'message_end',
      'tts_message_end',
    ]);
    const said = provider.requests.slice(before).filter(isSpeech);
    expect(said.map(({ body }) => body?.input)).toEqual([FIRST.trim(), PRESET]);
  });

  test('what was said before stays said', async () => {
    provider.reply((request) => (isSpeech(request) ? {} : { gate: true }));
    const reader = await streamChat(parley);
    const upstream = await provider.nextRequest((request) => !isSpeech(request) && !request.isOver);
    upstream.send(FIRST);
    await reader.readUntil(({ event }) => event === 'tts_message');
    upstream.send('bomb');
    const rest = await reader.readAll();
    expect(rest.map(({ event }) => event).filter((kind) => kind !== 'message')).toEqual([
      'message_replace',
      'tts_message',
      'message_end',
      'tts_message_end',
    ]);
  });
});
