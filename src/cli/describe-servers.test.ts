import { expect, test } from 'vitest';
import { describeServers } from './describe-servers.ts';

const described = (servers: readonly string[], chosen = false) =>
  describeServers(
    servers.map((server) => new URL(server)),
    { chosen },
  );

test('each once, what is not public first and by what it is', () => {
  expect(
    described(['https://a.example/v1', 'https://a.example/v2', 'http://[::1]:81/', 'http://10.0.0.1']),
  ).toBe('http://[::1]:81 (a loopback address), http://10.0.0.1 (a private address), https://a.example');
});

test('what no document may lead to, unless the owner wrote it', () => {
  expect(described(['http://169.254.169.254/latest'])).toBe(
    'http://169.254.169.254 (a link-local address, refused unless --base-url or outbound.allow names it)',
  );
  expect(described(['http://169.254.169.254/latest'], true)).toBe(
    'http://169.254.169.254 (a link-local address)',
  );
});

test('not all of very many', () => {
  const many = Array.from({ length: 25 }, (_, index) => `https://a${index}.example`);
  expect(described([...many, 'http://127.0.0.1'])).toMatch(
    /^http:\/\/127\.0\.0\.1 \(a loopback address\), .*, https:\/\/a18\.example and 6 more$/,
  );
});
