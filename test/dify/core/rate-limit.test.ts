import { afterAll, beforeAll, expect, test } from 'vitest';
import { chatApp } from '../../support/parley/apps.ts';
import { startParley, type TestParley } from '../../support/parley/start-parley.ts';

let parley: TestParley;

beforeAll(async () => {
  parley = await startParley({
    apps: { one: chatApp(), two: chatApp() },
    config: { limits: { requests_per_minute: 3 } },
  });
});
afterAll(() => parley.close());

test('a key over its limit gets 429 with Retry-After, another key goes on', async () => {
  for (let i = 0; i < 3; i++) expect((await parley.request('one', 'GET', '/info')).status).toBe(200);
  const refused = await parley.request('one', 'GET', '/info');
  expect(refused.status).toBe(429);
  expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
  expect(await refused.json()).toEqual({
    code: 'too_many_requests',
    message: 'Too many requests. Please try again later.',
    status: 429,
  });
  expect((await parley.request('two', 'GET', '/info')).status).toBe(200);
});

test('a wrong key is 401, not counted as anybody', async () => {
  const response = await fetch(`${parley.url}/v1/info`, { headers: { authorization: 'Bearer app-wrong' } });
  expect(response.status).toBe(401);
});
