import { describe, expect, test } from 'vitest';
import { addressedFiles, signAgain } from './signed-addresses.ts';

const OWN = '72fa9618-8f89-4a37-9b33-7e1178a24a67';
const FOREIGN = '00000000-0000-4000-8000-000000000000';
const QUERY = 'timestamp=1700000000&nonce=0123456789abcdef0123456789abcdef&sign=aB_-c';

const again = (text: string) => signAgain(text, new Set([OWN]), (id) => `https://now.test/files/${id}?new`);
const NEW = `https://now.test/files/${OWN}?new`;

describe('an address of the reader’s own file is signed anew', () => {
  test.each([
    ['alone', `/files/${OWN}/file-preview?${QUERY}`, NEW],
    ['of an old server', `http://old.test:8080/files/${OWN}/file-preview?${QUERY}`, NEW],
    ['of a server behind a path', `https://old.test/a/b-c/files/${OWN}/file-preview?${QUERY}`, NEW],
    ['of a server with a number', `http://[::1]:80/files/${OWN}/file-preview?${QUERY}`, NEW],
    ['of an image', `see ![x](https://old.test/files/${OWN}/image-preview?${QUERY}).`, `see ![x](${NEW}).`],
    [
      'in HTML',
      `<img src="/files/${OWN}/file-preview?${QUERY.replaceAll('&', '&amp;')}">`,
      `<img src="${NEW}">`,
    ],
    ['in capitals', `/files/${OWN.toUpperCase()}/file-preview?${QUERY}`, NEW],
    [
      'that is to be saved',
      `/files/${OWN}/file-preview?${QUERY}&as_attachment=true`,
      `${NEW}&as_attachment=true`,
    ],
    ['right after a word', `Bild:https://old.test/files/${OWN}/file-preview?${QUERY}`, `Bild:${NEW}`],
    [
      'twice',
      `/files/${OWN}/file-preview?${QUERY}, /files/${OWN}/file-preview?${QUERY}。`,
      `${NEW}, ${NEW}。`,
    ],
  ])('%s', (_, text, expected) => {
    expect(again(text)).toBe(expected);
    expect(addressedFiles(text)).toContain(OWN);
  });
});

test.each([
  ['somebody else’s file', `https://old.test/files/${FOREIGN}/file-preview?${QUERY}`],
  ['no signature', `https://old.test/files/${OWN}/file-preview`],
  ['another route', `https://old.test/files/${OWN}/preview?${QUERY}`],
  ['no id', `https://old.test/files/${OWN}0/file-preview?${QUERY}`],
  ['a longer path', `https://old.test/1/2/3/4/5/6/files/${OWN}/file-preview?${QUERY}`],
  ['nothing', 'A plain answer.'],
])('an address with %s stays as it is', (_, text) => {
  expect(again(text)).toBe(text);
});

test('of several files only the reader’s own', () => {
  const text = `/files/${FOREIGN}/file-preview?${QUERY} /files/${OWN}/file-preview?${QUERY}`;
  expect(addressedFiles(text)).toEqual([FOREIGN, OWN]);
  expect(again(text)).toBe(`/files/${FOREIGN}/file-preview?${QUERY} ${NEW}`);
});

test('of very many files the first ones are looked for', () => {
  const ids = Array.from(
    { length: 1500 },
    (_, n) => `${String(n).padStart(8, '0')}-0000-4000-8000-000000000000`,
  );
  const text = ids.map((id) => `/files/${id}/file-preview?${QUERY}`).join(' ');
  expect(addressedFiles(text + text)).toEqual(ids.slice(0, 1000));
});

test.each([
  ['hosts', 'http://a'.repeat(40_000)],
  ['one host', `http://${'a.'.repeat(200_000)}`],
  ['parts of a path', `http://a${'/b'.repeat(200_000)}`],
  ['files', '/files/'.repeat(60_000)],
  ['queries', `/files/${OWN}/file-preview?${'&am'.repeat(130_000)}`.repeat(2)],
])('long texts of %s are read in one go', (_, text) => {
  const time = (times: number) => {
    const began = performance.now();
    addressedFiles(`${text.repeat(times)} -preview?`);
    return performance.now() - began;
  };
  time(1);
  // Twice of it may take twice as long and some more, not four times.
  expect(time(4)).toBeLessThan(12 * time(1) + 50);
});
