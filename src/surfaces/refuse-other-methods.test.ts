import fastify from 'fastify';
import { expect, test } from 'vitest';
import { refuseOtherMethods } from './refuse-other-methods.ts';

const routes = [
  { method: 'GET', path: '/one' },
  { method: ['POST', 'PUT'], path: '/two' },
  { method: 'GET', path: '/two' },
  { method: ['GET', 'PUT', 'POST', 'DELETE', 'PATCH'], path: '/all' },
] as const;

test('a known path with another method names those that it has', async () => {
  const server = fastify();
  for (const { method, path } of routes) {
    server.route({ method: [method].flat(), url: path, handler: async () => 'here' });
  }
  refuseOtherMethods(server, routes, () => Object.assign(new Error('not so'), { statusCode: 405 }));
  const ask = async (method: 'GET' | 'POST' | 'PUT' | 'DELETE' | 'PATCH', url: string) => {
    const { statusCode, headers, body } = await server.inject({ method, url });
    return [statusCode, headers.allow, JSON.stringify(body).includes('not so')];
  };
  expect(await ask('GET', '/one')).toEqual([200, undefined, false]);
  expect(await ask('POST', '/one')).toEqual([405, 'GET, OPTIONS', true]);
  expect(await ask('PUT', '/two')).toEqual([200, undefined, false]);
  expect(await ask('PATCH', '/two')).toEqual([405, 'POST, PUT, GET, OPTIONS', true]);
  expect(await ask('DELETE', '/all')).toEqual([200, undefined, false]);
  expect(await ask('GET', '/three')).toEqual([404, undefined, false]);
});
