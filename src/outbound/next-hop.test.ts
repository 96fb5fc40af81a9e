import { expect, test } from 'vitest';
import type { Hop } from './hop.ts';
import { nextHop } from './next-hop.ts';

// What needs no callee, or one that a test cannot have: the standard ports. The rest is in redirects.test.ts.

const authorization = { name: 'Authorization', key: 'authorization', values: ['hush'] };

test.each([
  ['https://a.example/', 'http://a.example/'],
  ['http://a.example/', 'https://a.example/'],
  ['https://a.example/', 'https://a.example:444/'],
  ['https://a.example/', 'https://b.example/'],
  ['https://a.example/', 'https://a.example./'],
  ['https://a.example/', '//b.example/'],
])('from %s to %s secrets are left behind', (from, to) => {
  const hop: Hop = { url: new URL(from), method: 'GET', headers: [authorization], body: null };
  expect(nextHop(hop, 302, [to], []).headers).toEqual([]);
});

test.each(['https://a.example:443/x', 'https://A.example/x', '/x', '//a.example/x', 'x'])(
  '%s is the same origin',
  (to) => {
    const hop: Hop = {
      url: new URL('https://a.example/'),
      method: 'GET',
      headers: [authorization],
      body: null,
    };
    const next = nextHop(hop, 302, [to], []);
    expect([next.url.href, next.headers]).toEqual(['https://a.example/x', [authorization]]);
  },
);

test.each(['POST', 'PUT'])('the body of %s does not go from https to http', (method) => {
  const hop: Hop = { url: new URL('https://a.example/'), method, headers: [], body: Buffer.from('hush') };
  expect(() => nextHop(hop, 307, ['http://a.example/'], [])).toThrow('in the clear');
  expect(nextHop(hop, 303, ['http://a.example/'], [])).toMatchObject({ method: 'GET', body: null });
});
