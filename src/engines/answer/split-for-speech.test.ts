import { expect, test } from 'vitest';
import { SPEECH_CHARACTERS, splitForSpeech } from './split-for-speech.ts';

const lengths = (text: string) => splitForSpeech(text).map(({ length }) => length);

test('a text that fits stays whole; a blank one is nothing to say', () => {
  expect(splitForSpeech('Hello. You.')).toEqual(['Hello. You.']);
  expect(lengths('x'.repeat(SPEECH_CHARACTERS))).toEqual([SPEECH_CHARACTERS]);
  expect(splitForSpeech('')).toEqual([]);
  expect(splitForSpeech(' \n'.repeat(SPEECH_CHARACTERS))).toEqual([]);
});

test.each(['.', '!', '?', '。', '！', '？', '\n'])('is cut after the last %j that fits', (mark) => {
  const first = `${'a '.repeat(1000)}${mark}${'b '.repeat(1000)}${mark}`;
  expect(splitForSpeech(`${first}${'c '.repeat(1000)}`)).toEqual([first, 'c '.repeat(1000)]);
});

test('else after a word, else anywhere but inside a character', () => {
  expect(splitForSpeech(`${'a'.repeat(4000)} ${'b'.repeat(4000)}`)).toEqual([
    `${'a'.repeat(4000)} `,
    'b'.repeat(4000),
  ]);
  expect(lengths('x'.repeat(2 * SPEECH_CHARACTERS + 1))).toEqual([SPEECH_CHARACTERS, SPEECH_CHARACTERS, 1]);
  expect(lengths(`${'x'.repeat(SPEECH_CHARACTERS - 1)}👍`)).toEqual([SPEECH_CHARACTERS - 1, 2]);
});
