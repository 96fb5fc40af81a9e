import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type MockProvider, startMockProvider } from '../../support/mock-provider/start-mock-provider.ts';
import { chatApp, completionApp } from '../../support/parley/apps.ts';
import { startParley, type TestParley } from '../../support/parley/start-parley.ts';
import { answered, sendChat, sendCompletion } from '../../support/parley/turns.ts';
import { failure, readAnswer } from './read-answer.ts';

const MB = 1024 ** 2;
const UNKNOWN = '11111111-1111-4111-8111-111111111111';
const audio = {
  speech_to_text: { enabled: true },
  text_to_speech: { enabled: true, voice: 'nova', language: 'en-US', autoPlay: 'disabled' },
};

let provider: MockProvider;
let parley: TestParley;
let demo: TestParley;

beforeAll(async () => {
  provider = await startMockProvider();
  const apps = {
    chat: chatApp(audio),
    other: chatApp(audio),
    mute: chatApp(),
    completion: completionApp(audio),
  };
  parley = await startParley({ apps, provider: provider.baseUrl });
  demo = await startParley({ apps });
});
afterAll(async () => {
  await parley.close();
  await demo.close();
  await provider.close();
});
beforeEach(() => provider.reply());

const form = (server: TestParley, path: string, parts: FormData, app = 'chat') =>
  fetch(`${server.url}/v1${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${server.key(app)}` },
    body: parts,
  });
const recording = (type: string, size = 4, field = 'file') => {
  const parts = new FormData();
  parts.append(field, new Blob([Buffer.alloc(size, 1)], { type }), 'speech.bin');
  parts.append('user', 'u1');
  return parts;
};
const transcribe = (parts: FormData, app = 'chat', server = parley) =>
  readAnswer(form(server, '/audio-to-text', parts, app));

describe('POST /audio-to-text', () => {
  test.each(['chat', 'completion'])('a recording becomes text in a %s app', async (app) => {
    provider.reply({ text: 'what I said' });
    expect(await transcribe(recording('audio/mp3'), app)).toEqual({
      status: 200,
      body: { text: 'what I said' },
    });
    const request = provider.requests.at(-1);
    expect(request?.path).toBe('/v1/audio/transcriptions');
    expect(request?.rawBody.includes(Buffer.alloc(4, 1))).toBe(true);
  });

  test.each(['mp3', 'm4a', 'wav', 'amr', 'mpga', 'mp4', 'mpeg', 'webm', 'x-m4a', 'x-wav'])(
    'takes audio/%s',
    async (type) => {
      expect((await transcribe(recording(`audio/${type}`))).status).toBe(200);
    },
  );

  test('takes what browsers record', async () => {
    expect((await transcribe(recording('audio/webm;codecs=opus'))).status).toBe(200);
    expect((await transcribe(recording('video/mp4'))).status).toBe(200);
  });

  const noType = failure(415, 'unsupported_audio_type', 'Audio type not allowed.');
  test.each(['audio/ogg', 'text/plain', 'application/octet-stream', 'image/png'])(
    'refuses %s',
    async (type) => {
      expect(await transcribe(recording(type))).toEqual(noType);
    },
  );

  test('30 MB are taken, one byte more is not', async () => {
    expect((await transcribe(recording('audio/mp3', 30 * MB))).status).toBe(200);
    expect(await transcribe(recording('audio/mp3', 30 * MB + 1))).toEqual(
      failure(413, 'audio_too_large', 'Audio size larger than 30 mb'),
    );
    expect(await transcribe(recording('audio/ogg', 31 * MB))).toEqual(noType);
  });

  test('refuses in order: no file, not enabled, type', async () => {
    const noFile = failure(
      400,
      'bad_request_key_error',
      expect.stringMatching(/^The browser \(or proxy\) sent/),
    );
    expect(await transcribe(recording('audio/mp3', 4, 'audio'))).toEqual(noFile);
    expect(await transcribe(recording('audio/mp3', 4, 'audio'), 'mute')).toEqual(noFile);
    expect(await readAnswer(parley.request('chat', 'POST', '/audio-to-text'))).toEqual(noFile);
    const disabled = failure(400, 'invalid_param', 'Speech to text is not enabled');
    expect(await transcribe(recording('audio/mp3'), 'mute')).toEqual(disabled);
    expect(await transcribe(recording('text/plain'), 'mute')).toEqual(disabled);
  });

  test('what the provider refuses is told; without a provider there is none', async () => {
    provider.reply({ status: 400, error: { message: 'bad audio' } });
    expect(await transcribe(recording('audio/mp3'))).toEqual(
      failure(400, 'completion_request_error', 'bad audio'),
    );
    expect(await transcribe(recording('audio/mp3'), 'chat', demo)).toEqual(
      failure(
        400,
        'provider_not_initialize',
        expect.stringMatching(/^No valid model provider credentials found/),
      ),
    );
  });
});

describe('POST /text-to-audio', () => {
  const say = (body: object, app = 'chat', server = parley) =>
    server.request(app, 'POST', '/text-to-audio', body);
  const spoken = () => provider.requests.at(-1)?.body;

  test.each(['chat', 'completion'])('text becomes MP3 in a %s app', async (app) => {
    const response = await say({ text: 'Hello', user: 'u1', streaming: true }, app);
    expect([response.status, response.headers.get('content-type')]).toEqual([200, 'audio/mpeg']);
    expect(
      Buffer.from(await response.arrayBuffer())
        .subarray(0, 3)
        .toString(),
    ).toBe('ID3');
    expect(spoken()).toMatchObject({ input: 'Hello', voice: 'nova' });
  });

  test('a form is as good as JSON', async () => {
    const parts = new FormData();
    parts.append('text', 'From a form');
    parts.append('voice', 'alloy');
    parts.append('user', 'u1');
    const response = await form(parley, '/text-to-audio', parts);
    expect([response.status, response.headers.get('content-type')]).toEqual([200, 'audio/mpeg']);
    expect(spoken()).toMatchObject({ input: 'From a form', voice: 'alloy' });
  });

  test.each([
    ['chat', () => sendChat(parley)],
    ['completion', () => sendCompletion(parley)],
  ] as const)('the answer of a %s message wins over text', async (app, send) => {
    provider.reply({ tokens: ['The ', 'answer'] });
    const { message_id } = await answered(send());
    expect((await say({ message_id, text: 'not this', user: 'u1' }, app)).status).toBe(200);
    expect(spoken()).toMatchObject({ input: 'The answer' });
  });

  test('a message that is unknown, somebody else’s or empty is null', async () => {
    const { message_id } = await answered(sendChat(parley));
    provider.reply({ tokens: [] });
    const empty = await answered(sendChat(parley));
    const before = provider.requests.length;
    for (const [body, app] of [
      [{ message_id: UNKNOWN, user: 'u1' }, 'chat'],
      [{ message_id: 'x', text: 'Hello', user: 'u1' }, 'chat'],
      [{ message_id, user: 'u2' }, 'chat'],
      [{ message_id }, 'chat'],
      [{ message_id, user: 'u1' }, 'other'],
      [{ message_id: empty.message_id, user: 'u1' }, 'chat'],
      [{ message_id: UNKNOWN, user: 'u1' }, 'mute'],
    ] as const) {
      const response = await say(body, app);
      expect(response.headers.get('content-type')).toMatch(/^application\/json/);
      expect([response.status, await response.text()], JSON.stringify([body, app])).toEqual([200, 'null']);
    }
    expect(provider.requests).toHaveLength(before);
  });

  test('refuses in order: text, not enabled; a voice skips the second', async () => {
    const noText = failure(400, 'invalid_param', 'Text is required');
    expect(await readAnswer(say({ user: 'u1' }))).toEqual(noText);
    expect(await readAnswer(say({}, 'mute'))).toEqual(noText);
    expect(await readAnswer(say({ message_id: '', text: null }))).toEqual(noText);
    expect(await readAnswer(say({ text: 'Hi' }, 'mute'))).toEqual(
      failure(400, 'invalid_param', 'TTS is not enabled'),
    );
    expect((await say({ text: 'Hi', voice: 'echo' }, 'mute')).status).toBe(200);
    expect(spoken()).toMatchObject({ voice: 'echo' });
    expect((await say({ text: 'Hi', voice: '' }, 'mute')).status).toBe(200);
    expect(await readAnswer(say({ text: 1 }))).toEqual(
      failure(
        400,
        'invalid_param',
        expect.stringMatching(/^1 validation error for TextToAudioPayload\ntext\n/),
      ),
    );
    expect((await say({ text: 'Hi', streaming: null })).status).toBe(200);
  });

  test('without a provider there is no voice', async () => {
    expect((await readAnswer(say({ text: 'Hi' }, 'chat', demo))).body.code).toBe('provider_not_initialize');
  });

  test('a body that is neither JSON nor a form is refused', async () => {
    const response = await fetch(`${parley.url}/v1/text-to-audio`, {
      method: 'POST',
      headers: { authorization: `Bearer ${parley.key('chat')}`, 'content-type': 'text/plain' },
      body: 'Hi',
    });
    expect((await readAnswer(response)).body.code).toBe('unsupported_media_type');
    expect((await readAnswer(parley.request('chat', 'POST', '/text-to-audio'))).status).toBe(415);
  });
});
