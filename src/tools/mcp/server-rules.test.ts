import { expect, test } from 'vitest';
import { serverRules } from './server-rules.ts';

test.each([
  ['http://127.0.0.1:9300/mcp', { kind: 'range', network: '127.0.0.1', bits: 32, port: 9300 }],
  ['http://[::1]:9300/mcp', { kind: 'range', network: '::1', bits: 128, port: 9300 }],
  ['http://2130706433/mcp', { kind: 'range', network: '127.0.0.1', bits: 32, port: 80 }],
  ['https://MCP.corp.example/x', { kind: 'host', host: 'mcp.corp.example', port: 443 }],
])('%s', (url, rule) => {
  expect(serverRules({ kind: 'http', url, headers: {} })).toEqual([rule]);
});

test('none for what has no address', () => {
  expect(serverRules({ kind: 'http', url: 'nowhere', headers: {} })).toEqual([]);
  expect(serverRules({ kind: 'stdio', command: 'x', args: [], env: {} })).toEqual([]);
});
