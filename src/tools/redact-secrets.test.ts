import { expect, test } from 'vitest';
import { redactSecrets } from './redact-secrets.ts';

const KEY = 'k&y/8 ch';
const text = (words: string) => ({ kind: 'text', text: words }) as const;

test('errors keep back what has four characters, good answers what has eight', () => {
  const { inError, inAnswer } = redactSecrets(['abc', 'four', 'eight-ch']);
  expect(inError('abc four eight-ch')).toBe('abc *** ***');
  expect(inAnswer(text('abc four eight-ch'))).toEqual(text('abc four ***'));
});

test('a key is found with and without what stands before it in a header', () => {
  const basic = Buffer.from('user:pass-word').toString('base64');
  const { inError } = redactSecrets(['Bearer abcdefgh', `Basic ${basic}`]);
  expect(inError(`Bearer abcdefgh, abcdefgh; Basic ${basic}, ${basic}, user:pass-word, pass-word`)).toBe(
    '***, ***; ***, ***, ***, ***',
  );
});

test('in each form that answers may write it in', () => {
  const { inAnswer } = redactSecrets([KEY, 'quo"ted-key']);
  expect(inAnswer(text(`${KEY} ${encodeURIComponent(KEY)} ${JSON.stringify('quo"ted-key')}`))).toEqual(
    text('*** *** "***"'),
  );
});

test('in an address, however often it is encoded there', () => {
  const { foundIn } = redactSecrets([KEY]);
  let encoded = KEY;
  for (let times = 0; times < 3; times++) {
    expect(foundIn(`https://a.example/?u=${encoded}`)).toBe(true);
    encoded = encodeURIComponent(encoded);
  }
  expect(foundIn('https://a.example/?u=k%26y%2F8+ch')).toBe(true);
  expect(foundIn('https://a.example/?u=other')).toBe(false);
});

test('of a text that was cut, so much is left out that no half of one can stand at its end', () => {
  const { inError } = redactSecrets(['0123456789']);
  expect(inError('some words 01234', { cut: true })).toBe('some w');
});

test('without secrets nothing changes', () => {
  const { idle, inAnswer, inError } = redactSecrets(['short']);
  const part = text('short');
  expect([idle, inAnswer(part) === part, inError('words')]).toEqual([true, true, 'words']);
});
