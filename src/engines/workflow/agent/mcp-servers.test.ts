import { expect, test } from 'vitest';
import type { Value } from '../values/value.ts';
import { readMcpServers } from './mcp-servers.ts';

const server = (name: string, url: string, more: object = {}) => ({
  ...{ name, url, headers: {}, timeoutMs: null },
  ...more,
});

test.each<[Value, readonly object[]]>([
  [null, []],
  ['  ', []],
  ['{}', []],
  [' https://a.example/sse ', [server('a.example', 'https://a.example/sse')]],
  ['{"url": "http://a.example:81/mcp"}', [server('a.example:81', 'http://a.example:81/mcp')]],
  [{ url: 'https://a.example/' }, [server('a.example', 'https://a.example/')]],
  [
    '{"one": {"url": "https://a.example/", "headers": {"X-A": "b", "X-N": 1, "X-O": {}}, "transport": "sse"}}',
    [server('one', 'https://a.example/', { headers: { 'X-A': 'b', 'X-N': '1' } })],
  ],
  [
    '{"mcpServers": {"one": {"url": "https://a.example/", "timeout": 5}, "two": {"url": "https://b.example/", "timeout": 5, "sse_read_timeout": 300}}}',
    [
      server('one', 'https://a.example/', { timeoutMs: 5000 }),
      server('two', 'https://b.example/', { timeoutMs: 300_000 }),
    ],
  ],
  [
    "{'one': {'url': 'https://a.example/', 'timeout': 9999,}}",
    [server('one', 'https://a.example/', { timeoutMs: 600_000 })],
  ],
])('%j', (given, servers) => {
  expect(readMcpServers(given)).toEqual(servers);
});

test.each<[Value, string]>([
  ['mcp.example', 'neither an address nor a JSON object'],
  ['[1]', 'neither an address nor a JSON object'],
  [7, 'neither an address nor a JSON object'],
  ['file:///etc/passwd', 'no http address'],
  ['{"one": {"url": "not an address"}}', 'the url of one is no http address'],
  ['{"one": {"command": "npx", "args": []}}', 'one has no url; commands are not started for apps'],
  ['{"one": 1}', 'one is no object'],
  [
    Object.fromEntries(Array.from({ length: 21 }, (_, at) => [`s${at}`, { url: 'https://a.example/' }])),
    'more than 20',
  ],
])('%j is refused', (given, problem) => {
  expect(() => readMcpServers(given)).toThrow(problem);
});
