import { expect, test } from 'vitest';
import { decodeText } from './decode-text.ts';

const GBK = Buffer.from([0xd6, 0xd0, 0xce, 0xc4]);
const page = (head: string, body: Uint8Array) => Buffer.concat([Buffer.from(head), body]);

test.each<[string, Uint8Array, string | null, string]>([
  ['UTF-8 where nothing is said', Buffer.from('中文'), null, '中文'],
  ['the charset of the header', GBK, 'text/plain; charset=gbk', '中文'],
  ['in quotes and capitals', GBK, 'text/plain;Charset="GB2312"', '中文'],
  ['one that nobody knows', Buffer.from('é'), 'text/plain; charset=x-none', 'é'],
  ['that of a meta element', page('<meta charset="gbk">', GBK), 'text/html', '<meta charset="gbk">中文'],
  [
    'of the old meta element',
    page('<meta http-equiv=Content-Type content="text/html; charset=gb2312">', GBK),
    'text/html',
    '<meta http-equiv=Content-Type content="text/html; charset=gb2312">中文',
  ],
  [
    'of an XML declaration',
    page('<?xml version="1.0" encoding="gbk"?>', GBK),
    'application/xhtml+xml',
    '<?xml version="1.0" encoding="gbk"?>中文',
  ],
  [
    'the header before the page',
    page('<meta charset=gbk>', Buffer.from('é')),
    'text/html; charset=utf-8',
    '<meta charset=gbk>é',
  ],
  ['a mark before the header', page('\uFEFF', Buffer.from('é')), 'text/html; charset=gbk', 'é'],
  ['UTF-16 by its mark', Buffer.from([0xff, 0xfe, 0x2d, 0x4e]), null, '中'],
  ['big endian, too', Buffer.from([0xfe, 0xff, 0x4e, 0x2d]), null, '中'],
  [
    'no UTF-16 by a meta element',
    Buffer.from('<meta charset=utf-16>é'),
    'text/html',
    '<meta charset=utf-16>é',
  ],
  [
    'nothing of a meta element in a plain text',
    page('<meta charset=gbk>', Buffer.from('é')),
    'text/plain',
    '<meta charset=gbk>é',
  ],
  ['bytes that are no character', Buffer.from([0x61, 0xff]), null, 'a\uFFFD'],
])('%s', (_, body, contentType, text) => {
  expect(decodeText(body, contentType)).toBe(text);
});
