import { expect, test } from 'vitest';
import { parseOutboundRule } from './parse-outbound-rule.ts';

test.each([
  ['127.0.0.1:9300', { kind: 'range', network: '127.0.0.1', bits: 32, port: 9300 }],
  ['10.1.0.0/16', { kind: 'range', network: '10.1.0.0', bits: 16, port: null }],
  ['10.1.2.3/16:80', { kind: 'range', network: '10.1.0.0', bits: 16, port: 80 }],
  ['0.0.0.0/0', { kind: 'range', network: '0.0.0.0', bits: 0, port: null }],
  ['::1', { kind: 'range', network: '::1', bits: 128, port: null }],
  ['[::1]', { kind: 'range', network: '::1', bits: 128, port: null }],
  ['[::1]:8080', { kind: 'range', network: '::1', bits: 128, port: 8080 }],
  ['fd00::/8', { kind: 'range', network: 'fd00::', bits: 8, port: null }],
  ['[FD00:1::2/32]:443', { kind: 'range', network: 'fd00:1::', bits: 32, port: 443 }],
  ['[::ffff:10.0.0.1]:80', { kind: 'range', network: '10.0.0.1', bits: 32, port: 80 }],
  ['::10.0.0.1', { kind: 'range', network: '::a00:1', bits: 128, port: null }],
  ['redis', { kind: 'host', host: 'redis', port: null }],
  ['my_service:6333', { kind: 'host', host: 'my_service', port: 6333 }],
  ['API.Corp.Example.', { kind: 'host', host: 'api.corp.example', port: null }],
  ['bücher.example', { kind: 'host', host: 'xn--bcher-kva.example', port: null }],
  ['*.corp.example', { kind: 'subdomains', domain: 'corp.example', port: null }],
  ['*.Corp.example:8443', { kind: 'subdomains', domain: 'corp.example', port: 8443 }],
  ['  db.example  ', { kind: 'host', host: 'db.example', port: null }],
])('%s', (text, rule) => {
  expect(parseOutboundRule(text)).toEqual(rule);
});

test.each([
  ...['', ' ', '*', '*.', '*.*.example', 'a.*.example', '.example', 'a..b', '-a.example', 'a-.example'],
  ...[
    'http://a.example',
    'a.example/path',
    'a.example/16',
    'a b',
    'user@a.example',
    'a.example?x',
    'a%2eb',
    'a\\b',
  ],
  ...['a.example:', 'a.example:0', 'a.example:65536', 'a.example:080', 'a.example:http', 'a.example:1:2'],
  ...['10.0.0.0/33', '10.0.0.0/', '10.0.0.0/-1', '10.0.0.0/8/8', '10.0.0.0/0x8', '::/129', '10.0.0.0/8.5'],
  // what a URL parser would read as some other address
  ...['0x7f.1', '127.1', '2130706433', '010.0.0.1', '10.0.0', '256.0.0.1', '*.1'],
  ...[
    '[127.0.0.1]',
    '[a.example]',
    '[::1',
    '::1]',
    '[::1]x',
    '[::1]:',
    '[]',
    'fe80::1%eth0',
    'fe80::1%25eth0',
  ],
  ...['::ffff:0:0/96', '::ffff:10.0.0.0/104', `${'a'.repeat(64)}.example`, `${'a.'.repeat(127)}example`],
])('%j is no rule', (text) => {
  expect(parseOutboundRule(text)).toBeUndefined();
});
