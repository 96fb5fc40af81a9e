import { afterEach, expect, test } from 'vitest';
import { createOutbound } from './create-outbound.ts';
import type { Outbound } from './outbound.ts';
import { asking, startCallee } from './start-callee.fixture.ts';
import { trustedRule } from './trusted-rule.ts';

let outbound: Outbound;
afterEach(() => outbound.close());

const REFUSED = { name: 'OutboundError', kind: 'refused' };
const without = { metadata: false };

test('exactly one host and port', () => {
  outbound = createOutbound();
  expect(trustedRule(new URL('https://A.example/x'))).toEqual([
    { kind: 'host', host: 'a.example', port: 443 },
  ]);
  expect(trustedRule(new URL('http://[::1]:80/x'))).toEqual([
    { kind: 'range', network: '::1', bits: 128, port: 80 },
  ]);
  expect(trustedRule(new URL('http://10.0.0.1:81'), without)).toEqual([
    { kind: 'range', network: '10.0.0.1', bits: 32, port: 81 },
  ]);
});

test.each([
  ...['169.254.169.254', '2852039166', '[fe80::1]', '[fd00:ec2::254]', '[::ffff:169.254.1.1]'],
  ...['168.63.129.16', '100.100.100.200'],
])('without metadata, %s is not trusted', (host) => {
  outbound = createOutbound();
  expect(trustedRule(new URL(`http://${host}/`), without)).toEqual([]);
  expect(trustedRule(new URL(`http://${host}/`))).toHaveLength(1);
});

test('without metadata, a name that resolves to such an address is not either; another private one is', async () => {
  const { port } = await startCallee();
  let address = '169.254.169.254';
  outbound = createOutbound({ lookup: async () => [address] });
  const url = `http://internal.example:${port}/`;
  const allow = trustedRule(new URL(url), without);
  await expect(outbound.request(url, asking({ allow }))).rejects.toMatchObject({
    ...REFUSED,
    range: 'a link-local address',
  });
  address = '127.0.0.1';
  expect((await outbound.request(url, asking({ allow }))).status).toBe(200);
  // The owner's own word.
  const whole = trustedRule(new URL(url));
  expect(whole).toEqual([{ kind: 'host', host: 'internal.example', port }]);
});
