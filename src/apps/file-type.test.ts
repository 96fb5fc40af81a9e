import { expect, test } from 'vitest';
import { DEFAULT_LIMITS } from '../config/default-limits.ts';
import { fileSizeLimit } from './file-size-limit.ts';
import { fileTypeOf } from './file-type.ts';

test.each([
  ['png', '', 'image'],
  ['.JPEG', '', 'image'],
  ['svg', 'text/plain', 'image'],
  ['webm', 'audio/webm', 'video'],
  ['mpga', '', 'audio'],
  ['md', '', 'document'],
  ['PPTX', '', 'document'],
  ['xyz', '', 'custom'],
  ['xyz', 'image/x-raw', 'image'],
  ['', 'VIDEO/quicktime', 'video'],
  ['', 'application/pdf', 'document'],
  ['', 'text/plain; charset=utf-8', 'document'],
  ['', 'application/x-image', 'custom'],
  ['', '', 'custom'],
])('%j %j is %s', (extension, mimeType, type) => {
  expect(fileTypeOf({ extension, mimeType })).toBe(type);
});

test.each([
  ['png', 10],
  ['mp4', 100],
  ['wav', 50],
  ['pdf', 15],
  ['xyz', 15],
])('a .%s may have %d MB', (extension, megabytes) => {
  expect(fileSizeLimit(extension, DEFAULT_LIMITS)).toBe(megabytes * 1024 ** 2);
});
