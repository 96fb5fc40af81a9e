import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { namedId } from '../../src/surfaces/coze/ids.ts';
import { type MockProvider, startMockProvider } from '../support/mock-provider/start-mock-provider.ts';
import { chatApp } from '../support/parley/apps.ts';
import { startCoze, type TestCoze, TOKEN } from '../support/parley/coze.ts';
import { codeOf, type Envelope } from './chats.ts';
import { withFileOnDisk } from './file-on-disk.ts';
import { lacking } from './required.ts';

const MB = 1024 ** 2;
const NO_SCOPE = 'pat_test-token-that-only-chats';
const UNKNOWN = '7426720361733046281';
const alloy = namedId('voice', 'alloy');

let provider: MockProvider;
let coze: TestCoze;
let demo: TestCoze;
let mute: TestCoze;

beforeAll(async () => {
  provider = await startMockProvider();
  const apps = { chat: chatApp() };
  coze = await startCoze({
    apps,
    provider: provider.baseUrl,
    config: { keys: [{ key: NO_SCOPE, scopes: ['chat'] }] },
  });
  demo = await startCoze({ apps });
  // A provider, but none that speaks or listens.
  mute = await startCoze({
    apps,
    config: {
      providers: { local: { type: 'openai-compatible', api_key: 'sk-test', base_url: provider.baseUrl } },
    },
  });
});
afterAll(async () => {
  await Promise.all([coze.close(), demo.close(), mute.close()]);
  await provider.close();
});
beforeEach(() => provider.reply());

const asked = () => provider.requests.at(-1);

describe('POST /v1/audio/speech', () => {
  const say = (body: object, server = coze, token: string | null = TOKEN) =>
    server.request('POST', '/v1/audio/speech', { input: 'Hello', voice_id: alloy, ...body }, { token });
  const refusal = async (response: Promise<Response>) => {
    const got = await response;
    expect(got.headers.get('content-type')).toMatch(/^application\/json/);
    const { code, msg } = (await got.json()) as Envelope;
    return { status: got.status, code, msg };
  };

  test('the official client gets a recording', async () => {
    const bytes = Buffer.from(
      await coze.client.audio.speech.create({ input: 'Hello 世界', voice_id: alloy }),
    );
    expect(bytes.subarray(0, 3).toString()).toBe('ID3');
    expect(asked()?.path).toBe('/v1/audio/speech');
    expect(asked()?.body).toMatchObject({ input: 'Hello 世界', voice: 'alloy', response_format: 'mp3' });
    expect(asked()?.body?.speed).toBeUndefined();
  });

  test.each([
    ['mp3', 'mp3', 'audio/mpeg', 'ID3'],
    ['wav', 'wav', 'audio/wav', 'RIFF'],
    ['pcm', 'pcm', 'audio/pcm', '\0'],
    ['ogg_opus', 'opus', 'audio/ogg', 'OggS'],
    ['ogg', 'opus', 'audio/ogg', 'OggS'],
    ['opus', 'opus', 'audio/ogg', 'OggS'],
    ['', 'mp3', 'audio/mpeg', 'ID3'],
    [null, 'mp3', 'audio/mpeg', 'ID3'],
  ])('as %s', async (response_format, format, type, head) => {
    const response = await say({ response_format });
    expect([response.status, response.headers.get('content-type')]).toEqual([200, type]);
    expect(response.headers.get('x-tt-logid')).toBeTruthy();
    expect(
      Buffer.from(await response.arrayBuffer())
        .toString('latin1')
        .startsWith(head),
    ).toBe(true);
    expect(asked()?.body).toMatchObject({ response_format: format });
  });

  test('by the id of a voice, by its name, or by a name that only the provider knows', async () => {
    for (const [voice_id, voice] of [
      [namedId('voice', 'nova'), 'nova'],
      ['nova', 'nova'],
      ['my-own-voice', 'my-own-voice'],
    ] as const) {
      expect((await say({ voice_id })).status).toBe(200);
      expect(asked()?.body?.voice).toBe(voice);
    }
  });

  test('speed is passed on, as far as the provider goes; what has no effect is taken', async () => {
    expect((await say({ speed: 1.5 })).status).toBe(200);
    expect(asked()?.body?.speed).toBe(1.5);
    expect((await say({ speed: 0.2 })).status).toBe(200);
    expect(asked()?.body?.speed).toBe(0.25);
    const more = {
      emotion: 'happy',
      emotion_scale: 4,
      loudness_rate: -50,
      context_texts: ['x'],
      speed: null,
    };
    expect((await say(more)).status).toBe(200);
    expect((await say({ emotion: null, loudness_rate: null, sample_rate: null })).status).toBe(200);
  });

  test('sample rates matter to uncompressed speech alone', async () => {
    for (const response_format of ['mp3', 'ogg_opus'])
      expect((await say({ response_format, sample_rate: 48_000 })).status).toBe(200);
    for (const response_format of ['wav', 'pcm']) {
      expect((await say({ response_format, sample_rate: 24_000 })).status).toBe(200);
      expect(await refusal(say({ response_format, sample_rate: 16_000 }))).toEqual({
        status: 400,
        code: 4000,
        msg: `Request parameter error: sample_rate 16000 is not supported for ${response_format}; it is 24000.`,
      });
    }
  });

  test('1024 bytes of text are taken, one more is not', async () => {
    expect((await say({ input: '界'.repeat(341) })).status).toBe(200);
    expect((await say({ input: 'x'.repeat(1024) })).status).toBe(200);
    expect(await refusal(say({ input: '界'.repeat(342) }))).toMatchObject({
      code: 4000,
      msg: expect.stringContaining('1024 bytes'),
    });
  });

  test('errors are never 2xx, and no model is asked', async () => {
    const before = provider.requests.length;
    const cases: readonly (readonly [object, number])[] = [
      [{ input: '' }, 4000],
      [{ input: ' \n' }, 4000],
      [{ input: undefined }, 4000],
      [{ input: 1 }, 4000],
      [{ voice_id: undefined }, 4000],
      [{ voice_id: '' }, 4000],
      [{ voice_id: UNKNOWN }, 4200],
      [{ response_format: 'flac' }, 4000],
      [{ speed: 0.1 }, 4000],
      [{ speed: 3.1 }, 4000],
      [{ speed: '1' }, 4000],
      [{ sample_rate: 1.5 }, 4000],
    ];
    for (const [body, code] of cases)
      expect(await refusal(say(body)), JSON.stringify(body)).toMatchObject({ status: 400, code });
    expect(await refusal(say({}, coze, NO_SCOPE))).toMatchObject({ status: 403, code: 4101 });
    expect(await refusal(say({}, coze, null))).toMatchObject({ status: 401, code: 700012006 });
    expect(provider.requests).toHaveLength(before);
  });

  test('the official client throws', async () => {
    await expect(coze.client.audio.speech.create({ input: '', voice_id: alloy })).rejects.toMatchObject({
      status: 400,
    });
    provider.reply({ status: 400, error: { message: 'hoarse' } });
    await expect(coze.client.audio.speech.create({ input: 'x', voice_id: alloy })).rejects.toMatchObject({
      status: 400,
    });
    provider.reply({ status: 400, error: { message: 'hoarse' } });
    expect(await refusal(say({}))).toEqual({ status: 400, code: 5000, msg: 'hoarse' });
  });

  test('nobody who could speak', async () => {
    for (const server of [demo, mute])
      for (const voice_id of [alloy, 'alloy'])
        expect(await refusal(say({ voice_id }, server))).toEqual({
          status: 400,
          code: 4012,
          msg: 'No model provider of this server can speak.',
        });
  });

  test('a client that goes away takes its request to the provider with it', async () => {
    provider.reply({ hold: true });
    const abort = new AbortController();
    const sent = fetch(`${coze.url}/v1/audio/speech`, {
      method: 'POST',
      headers: { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' },
      body: JSON.stringify({ input: 'gone soon', voice_id: 'alloy' }),
      signal: abort.signal,
    });
    const request = await provider.nextRequest(({ body }) => body?.input === 'gone soon');
    abort.abort();
    await expect(sent).rejects.toThrow();
    await request.aborted();
  });
});

describe('POST /v1/audio/transcriptions', () => {
  const send = (parts: FormData, server = coze, token = TOKEN) =>
    fetch(`${server.url}/v1/audio/transcriptions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}` },
      body: parts,
    });
  const form = (...files: readonly { type?: string; size?: number; name?: string; field?: string }[]) => {
    const parts = new FormData();
    parts.append('language', 'en');
    for (const { type = 'audio/mpeg', size = 4, name = 'speech.mp3', field = 'file' } of files)
      parts.append(field, new Blob([Buffer.alloc(size, 1)], { type }), name);
    return parts;
  };

  test('the official client gets the text', async () => {
    provider.reply({ text: 'what I said' });
    const got = await withFileOnDisk('录音.mp3', Buffer.alloc(4, 1), (file) =>
      coze.client.audio.transcriptions.create({ file }),
    );
    expect(got).toEqual({ text: 'what I said' });
    expect(asked()?.path).toBe('/v1/audio/transcriptions');
    expect(asked()?.rawBody.includes(Buffer.alloc(4, 1))).toBe(true);
  });

  test('whatever the part is called, and whatever type a client gives a recording', async () => {
    for (const file of [
      { field: 'body' },
      { type: 'application/octet-stream', name: 'a.ogg' },
      { type: 'audio/ogg;codecs=opus', name: 'a' },
      { type: 'video/mp4', name: 'a.mp4' },
      { type: 'text/plain', name: 'a.wav' },
    ]) {
      const response = await send(form(file));
      expect(await response.json(), JSON.stringify(file)).toEqual({
        code: 0,
        msg: '',
        data: { text: 'mock transcription' },
        detail: { logid: response.headers.get('x-tt-logid') },
      });
    }
    // OpenAI reads the format from the name.
    await send(form({ type: 'application/octet-stream', name: 'a.ogg' }));
    expect(asked()?.rawBody.toString('latin1')).toMatch(/filename="[^"]+\.ogg"/);
  });

  test('refusals', async () => {
    const before = provider.requests.length;
    expect(await codeOf(send(form()))).toBe(4300);
    expect(await codeOf(send(form({ size: 0 })))).toBe(4300);
    expect(await codeOf(coze.request('POST', '/v1/audio/transcriptions'))).toBe(4300);
    expect(await codeOf(send(form({}, {})))).toBe(4301);
    expect(await codeOf(send(form({}, { field: 'other' })))).toBe(4301);
    expect(await codeOf(send(form({ type: 'image/png' })))).toBe(4303);
    expect(await codeOf(send(form({}), coze, NO_SCOPE))).toBe(4101);
    expect(provider.requests).toHaveLength(before);
  });

  test('30 MB are taken, one byte more is not', async () => {
    expect(await codeOf(send(form({ size: 30 * MB })))).toBe(0);
    const response = await send(form({ size: 30 * MB + 1 }));
    expect(response.status).toBe(413);
    expect(await response.json()).toMatchObject({ code: 4302, msg: 'The recording is larger than 30 MB.' });
  });

  test('nobody who could listen, and what the provider refuses', async () => {
    for (const server of [demo, mute])
      expect(await (await send(form({}), server)).json()).toMatchObject({
        code: 4012,
        msg: 'No model provider of this server turns speech into text.',
      });
    provider.reply({ status: 400, error: { message: 'bad audio' } });
    expect(await (await send(form({}))).json()).toMatchObject({ code: 5000, msg: 'bad audio' });
  });
});

describe('GET /v1/audio/voices', () => {
  test('lists the provider’s voices, complete for cozepy', async () => {
    const { voice_list: voices, has_more } = await coze.client.audio.voices.list();
    expect(has_more).toBe(false);
    expect(voices.map(({ name }) => name)).toContain('alloy');
    for (const voice of voices) {
      expect(voice.voice_id).toBe(namedId('voice', voice.name));
      const required = {
        voice_id: 'string',
        name: 'string',
        is_system_voice: 'boolean',
        language_code: 'string',
        language_name: 'string',
        preview_text: 'string',
        preview_audio: 'string',
        available_training_times: 'number',
        create_time: 'number',
        update_time: 'number',
        model_type: 'string',
        state: 'string',
      } as const;
      expect(lacking(required, voice)).toEqual([]);
    }
  });

  test('page by page', async () => {
    const all = (await coze.client.audio.voices.list()).voice_list;
    const first = await coze.client.audio.voices.list({ page_num: 1, page_size: 4 });
    const last = await coze.client.audio.voices.list({ page_num: 2, page_size: all.length - 1 });
    expect([first.voice_list, first.has_more]).toEqual([all.slice(0, 4), true]);
    expect([last.voice_list, last.has_more]).toEqual([all.slice(-1), false]);
    expect(await coze.client.audio.voices.list({ page_num: 9, page_size: 50 })).toEqual({
      voice_list: [],
      has_more: false,
    });
  });

  test('filters', async () => {
    const count = async (params: object) => (await coze.client.audio.voices.list(params)).voice_list.length;
    expect(await count({ filter_system_voice: true })).toBe(0);
    expect(await count({ filter_system_voice: false })).toBeGreaterThan(0);
    expect(await count({ model_type: 'small' })).toBe(0);
    expect(await count({ model_type: 'big', voice_state: 'all' })).toBeGreaterThan(0);
    expect(await codeOf(coze.request('GET', '/v1/audio/voices?page_size=x'))).toBe(4000);
    expect(await codeOf(coze.request('GET', '/v1/audio/voices', undefined, { token: NO_SCOPE }))).toBe(4101);
  });

  test('the owner’s own voices stand in their place, and can be asked for', async () => {
    const own = await startCoze({
      apps: { chat: chatApp() },
      config: {
        providers: {
          openai: {
            api_key: 'sk-test',
            base_url: provider.baseUrl,
            voice: '7',
            voices: ['龙小淳'],
          },
        },
      },
    });
    const { voice_list: voices } = await own.client.audio.voices.list();
    expect(voices.map(({ name }) => name)).toEqual(['7', '龙小淳']);
    for (const { name, voice_id } of voices) {
      await own.client.audio.speech.create({ input: 'x', voice_id });
      expect(asked()?.body?.voice).toBe(name);
    }
    await own.client.audio.speech.create({ input: 'x', voice_id: '7' });
    expect(asked()?.body?.voice).toBe('7');
    await own.close();
  });

  test('nobody who could speak has no voices', async () => {
    for (const server of [demo, mute])
      expect(await server.client.audio.voices.list()).toEqual({ voice_list: [], has_more: false });
  });
});

test.each([
  ['POST', '/v1/audio/voices/clone'],
  ['POST', '/v1/audio/rooms'],
  ['GET', '/v1/audio/live/1'],
  ['GET', '/v1/audio/voiceprint_groups'],
])('%s %s is not here, and says so in JSON', async (method, path) => {
  const response = await coze.request(method, path, method === 'POST' ? {} : undefined);
  expect(response.status).toBe(404);
  expect(await response.json()).toMatchObject({ code: 4000, msg: expect.any(String) });
});
