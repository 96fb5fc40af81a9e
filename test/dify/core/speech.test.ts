import { afterAll, beforeAll, expect, test } from 'vitest';
import { type MockProvider, startMockProvider } from '../../support/mock-provider/start-mock-provider.ts';
import { chatApp, completionApp } from '../../support/parley/apps.ts';
import { startParley, type TestParley } from '../../support/parley/start-parley.ts';
import {
  firstEvent,
  readStream,
  sendCompletion,
  stop,
  streamChat,
  textOf,
} from '../../support/parley/turns.ts';
import { streamProblems } from '../../support/spec/dify-spec.ts';

const SENTENCES = [
  'This is the first sentence of a spoken answer. ',
  'And here comes the second one, a little longer still. ',
  'The end.',
];
const spoken = { text_to_speech: { enabled: true, voice: 'nova', language: 'en-US', autoPlay: 'enabled' } };

let provider: MockProvider;
let parley: TestParley;

beforeAll(async () => {
  provider = await startMockProvider();
  parley = await startParley({
    apps: {
      chat: chatApp(spoken),
      quiet: chatApp({ text_to_speech: { ...spoken.text_to_speech, autoPlay: 'disabled' } }),
      completion: completionApp(spoken),
    },
    provider: provider.baseUrl,
  });
});
afterAll(async () => {
  await parley.close();
  await provider.close();
});

const isSpeech = (request: { path: string }) => request.path.includes('speech');

test('the answer is spoken along: audio of each part in order, then message_end, then tts_message_end', async () => {
  provider.reply({ tokens: SENTENCES });
  const before = provider.requests.length;
  const events = await (await streamChat(parley)).readAll();
  expect(textOf(events)).toBe(SENTENCES.join(''));
  const kinds = events.map(({ event }) => event);
  expect(kinds.slice(-2)).toEqual(['message_end', 'tts_message_end']);
  const audio = events.filter(({ event }) => event === 'tts_message');
  expect(audio.length).toBeGreaterThanOrEqual(1);
  expect(kinds.lastIndexOf('tts_message')).toBeLessThan(kinds.indexOf('message_end'));
  for (const event of audio) {
    expect(Object.keys(event)).toEqual([
      'event',
      'conversation_id',
      'message_id',
      'created_at',
      'task_id',
      'audio',
    ]);
    expect(Buffer.from(String(event.audio), 'base64').subarray(0, 3).toString()).toBe('ID3');
  }
  expect(events.at(-1)).toMatchObject({ event: 'tts_message_end', audio: '', task_id: events[0]?.task_id });
  expect(streamProblems('ChunkChatEvent', events)).toEqual([]);
  const said = provider.requests.slice(before).filter(isSpeech);
  expect(said.map(({ body }) => body?.input).join('')).toBe(SENTENCES.join(''));
  expect(said.every(({ body }) => body?.voice === 'nova')).toBe(true);
});

test('completion apps speak too', async () => {
  provider.reply({ tokens: SENTENCES });
  const response = await sendCompletion(parley, { response_mode: 'streaming' });
  const events = await (await readStream(response)).readAll();
  expect(events.map(({ event }) => event).slice(-2)).toEqual(['message_end', 'tts_message_end']);
  expect(streamProblems('ChunkCompletionEvent', events)).toEqual([]);
});

test('without auto play nothing is spoken', async () => {
  provider.reply({ tokens: SENTENCES });
  const before = provider.requests.length;
  const events = await (await streamChat(parley, {}, 'quiet')).readAll();
  expect(events.some(({ event }) => String(event).startsWith('tts'))).toBe(false);
  expect(provider.requests.slice(before).some(isSpeech)).toBe(false);
});

test('a voice that fails does not fail the answer', async () => {
  provider.reply((request) =>
    isSpeech(request) ? { status: 400, error: { message: 'hoarse' } } : { tokens: SENTENCES },
  );
  const events = await (await streamChat(parley)).readAll();
  expect(textOf(events)).toBe(SENTENCES.join(''));
  expect(events.map(({ event }) => event)).toContain('message_end');
  expect(events.some(({ event }) => event === 'error' || event === 'tts_message')).toBe(false);
});

test('a stop silences the voice as well', async () => {
  provider.reply((request) => (isSpeech(request) ? { hold: true } : { tokens: SENTENCES }));
  const reader = await streamChat(parley);
  const { task_id } = await firstEvent(reader);
  const voice = await provider.nextRequest((request) => isSpeech(request) && !request.isOver);
  await stop(parley, task_id);
  await voice.aborted();
  expect((await reader.readAll()).at(-1)).toMatchObject({ event: 'message_end' });
});
