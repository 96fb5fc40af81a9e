import { expect, test } from 'vitest';
import type { RunFile } from '../../runs/run-file.ts';
import { readContent, writeContent } from './content.ts';
import { CozeError } from './coze-error.ts';
import { decimalId } from './ids.ts';

const read = (...parts: unknown[]) => readContent(JSON.stringify(parts), 'object_string');
const text = { type: 'text', text: 'a' };

test('a text is what it is, whatever it looks like', () => {
  for (const content of ['', 'a', '[]', '[{"type":"text","text":"b"}]'])
    expect(readContent(content, 'text')).toEqual({ text: content, parts: [] });
});

test('parts of an object_string, in their order; empty and null fields are nothing', () => {
  expect(
    read(
      { type: 'image', file_id: '7', file_url: null },
      { type: 'text', text: 'a', file_id: '', file_url: '' },
      { type: 'file', file_id: '', file_url: 'https://x/y.pdf' },
      { type: 'audio', file_id: 8 },
    ),
  ).toEqual({
    text: 'a',
    parts: [
      { type: 'image', fileId: '7', url: null },
      { type: 'file', fileId: null, url: 'https://x/y.pdf' },
      { type: 'audio', fileId: '8', url: null },
    ],
  });
});

test('of an id and an address the id counts', () => {
  expect(read({ type: 'image', file_id: '7', file_url: 'https://x/y.png' }).parts).toEqual([
    { type: 'image', fileId: '7', url: null },
  ]);
});

test('a text without words is none', () => {
  expect(read({ type: 'text' }, { type: 'image', file_id: '7' })).toMatchObject({ text: '' });
});

test('NUL, which no database stores, is nothing', () => {
  expect(read({ type: 'text', text: 'a\0b' }).text).toBe('ab');
});

test.each([
  ['[', /no JSON/],
  ['{}', /array/],
  ['"a"', /array/],
  ['null', /array/],
  ['[]', /empty/],
  ['[1]', /^Request parameter error: content: 0 /],
  ['[{"type":"card"}]', /^Request parameter error: content: 0\.type /],
  ['[{"type":"text","text":7}]', /0\.text/],
  [JSON.stringify([text, text]), /more than one text/],
  [JSON.stringify([text, { type: 'image' }]), /image needs file_id or file_url/],
])('%s is 4000, and says what is wrong', (content, message) => {
  const error = (() => {
    try {
      return readContent(content, 'object_string');
    } catch (error) {
      return error;
    }
  })();
  expect(error).toBeInstanceOf(CozeError);
  expect(error).toMatchObject({ code: 4000, status: 200, message: expect.stringMatching(message) });
});

const uploadId = '01a1fa4c-2136-71d9-874a-a6a8c68cb562';
const file = (more: Partial<RunFile>) =>
  ({ type: 'image', uploadId: null, url: 'https://x/y.png', ...more }) as RunFile;

test('what was read is written again', () => {
  expect(writeContent('a', [])).toEqual({ content: 'a', content_type: 'text' });
  const written = writeContent('a', [
    file({ uploadId, url: null }),
    file({}),
    file({ type: 'audio' }),
    file({ type: 'document' }),
    file({ type: 'custom' }),
  ]);
  expect(written.content_type).toBe('object_string');
  expect(readContent(written.content, written.content_type)).toEqual({
    text: 'a',
    parts: [
      { type: 'image', fileId: decimalId(uploadId), url: null },
      { type: 'image', fileId: null, url: 'https://x/y.png' },
      { type: 'audio', fileId: null, url: 'https://x/y.png' },
      { type: 'file', fileId: null, url: 'https://x/y.png' },
      { type: 'file', fileId: null, url: 'https://x/y.png' },
    ],
  });
  expect(JSON.parse(writeContent('', [file({})]).content)).toEqual([
    { type: 'image', file_url: 'https://x/y.png' },
  ]);
});
