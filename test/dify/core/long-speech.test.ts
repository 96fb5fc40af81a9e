import { afterAll, beforeAll, expect, test } from 'vitest';
import { startVoice } from '../../support/models/start-voice.ts';
import { chatApp } from '../../support/parley/apps.ts';
import { startParley, type TestParley } from '../../support/parley/start-parley.ts';

const LIMIT = 4096;

let voice: Awaited<ReturnType<typeof startVoice>>;
let parley: TestParley;

beforeAll(async () => {
  voice = await startVoice();
  parley = await startParley({
    apps: { chat: chatApp({ text_to_speech: { enabled: true, voice: 'nova', language: 'en-US' } }) },
    provider: voice.baseUrl,
  });
});
afterAll(async () => {
  await parley.close();
  await voice.close();
});

async function spoken(text: string): Promise<{ texts: readonly string[]; audio: string }> {
  const before = voice.texts.length;
  const response = await parley.request('chat', 'POST', '/text-to-audio', { text, user: 'u1' });
  expect(response.status).toBe(200);
  expect(response.headers.get('content-type')).toBe('audio/mpeg');
  const audio = (await response.text()).replace(/<(\d+):/g, (_, number) => `<${Number(number) - before}:`);
  return { texts: voice.texts.slice(before), audio };
}

const sentences = (length: number, sentence: string) =>
  sentence.repeat(Math.ceil(length / sentence.length)).slice(0, length);

test.each([
  ['English', 'Here is one more sentence of a text that is long. ', /[.] ?$/],
  ['Chinese', '这是一个很长的文本中的又一句话。', /。$/],
])(
  '9,000 characters, %s: several requests, cut at ends of sentences, answered in order',
  async (_, sentence, end) => {
    const text = sentences(9000, sentence);
    const { texts, audio } = await spoken(text);
    expect(texts.length).toBe(3);
    for (const piece of texts) expect(piece.length).toBeLessThanOrEqual(LIMIT);
    for (const piece of texts.slice(0, -1)) expect(piece).toMatch(end);
    expect(texts.join('')).toBe(text);
    expect(audio).toBe(texts.map((piece, index) => `<${index + 1}:${piece}>`).join(''));
  },
);

test('without sentences it is cut between words, without words anywhere but inside a character', async () => {
  const words = sentences(9000, 'word ');
  const byWords = await spoken(words);
  for (const piece of byWords.texts.slice(0, -1)) expect(piece).toMatch(/word $/);
  expect(byWords.texts.join('')).toBe(words);

  const pictures = `x${'👍'.repeat(4500)}`;
  const byCharacters = await spoken(pictures);
  for (const piece of byCharacters.texts) {
    expect(piece.length).toBeLessThanOrEqual(LIMIT);
    expect(piece.isWellFormed()).toBe(true);
  }
  expect(byCharacters.texts.join('')).toBe(pictures);
});

test('a text of exactly one request’s length is one request', async () => {
  expect((await spoken('x'.repeat(LIMIT))).texts).toHaveLength(1);
  expect((await spoken('x'.repeat(LIMIT + 1))).texts.map(({ length }) => length)).toEqual([LIMIT, 1]);
});
