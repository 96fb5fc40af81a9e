import { expect, test } from 'vitest';
import { documentKind } from './document-kind.ts';

test.each([
  [null, 'html'],
  ['', 'html'],
  ['text/html', 'html'],
  ['TEXT/HTML; charset=utf-8', 'html'],
  ['application/xhtml+xml', 'html'],
  ['text/plain; charset=gbk', 'text'],
  ['text/markdown', 'text'],
  ['application/json', 'text'],
  ['application/ld+json', 'text'],
  ['application/rss+xml', 'text'],
  ['application/pdf', 'document'],
  ['application/msword', 'document'],
  ['application/vnd.openxmlformats-officedocument.wordprocessingml.document', 'document'],
  ['application/vnd.ms-excel', 'document'],
  ['application/epub+zip', 'document'],
  ['image/svg+xml', 'other'],
  ['image/png', 'other'],
  ['video/mp4', 'other'],
  ['application/octet-stream', 'other'],
  ['application/zip', 'other'],
  ['nonsense', 'other'],
])('%s', (contentType, kind) => {
  expect(documentKind(contentType)).toBe(kind);
});
