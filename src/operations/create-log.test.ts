import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { ParleyError } from '../errors.ts';
import { describeError } from './describe-error.ts';

test('an error is told by type, message, code, stack and cause, and by nothing that a library hung on it', () => {
  class DatabaseError extends Error {}
  const cause = Object.assign(new DatabaseError('duplicate key'), {
    code: '23505',
    detail: 'Key (query)=(my diagnosis) already exists.',
    where: 'my diagnosis',
  });
  const error = new ParleyError('internal_server_error', 500, 'Could not store.', { cause });
  const facts = describeError(error);
  expect(facts).toEqual({
    type: 'ParleyError',
    message: 'Could not store.',
    code: 'internal_server_error',
    stack: error.stack,
    cause: { type: 'DatabaseError', message: 'duplicate key', code: '23505', stack: cause.stack },
  });
  expect(JSON.stringify(facts)).not.toContain('diagnosis');
});

test('what is thrown and is no error is told without its content', () => {
  expect(describeError('text')).toEqual({ type: 'string', message: 'text' });
  expect(describeError({ query: 'my diagnosis' })).toEqual({ type: 'object', message: '' });
  expect(describeError(undefined)).toEqual({ type: 'undefined', message: 'undefined' });
  const circle = new Error('round');
  circle.cause = circle;
  expect(JSON.stringify(describeError(circle)).match(/"message":"round"/g)).toHaveLength(5);
});

test('the log tells errors so, also in lines of requests', () => {
  const script = `
    import { createLog } from ${JSON.stringify(new URL('./create-log.ts', import.meta.url).href)};
    import Fastify from 'fastify';
    const log = createLog('info');
    const err = Object.assign(new Error('told'), { code: 'E1', detail: 'hidden', errors: [new Error('hidden')] });
    log.error({ err }, 'plain');
    const http = Fastify({ loggerInstance: log });
    http.get('/', async (request) => { request.log.error({ err }, 'of a request'); return 'ok'; });
    await http.inject('/');
  `;
  const { stderr, status } = spawnSync(
    process.execPath,
    ['--no-warnings', '--input-type=module', '-e', script],
    { cwd: import.meta.dirname, encoding: 'utf8' },
  );
  expect([status, stderr.includes('hidden')]).toEqual([0, false]);
  const lines = stderr
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
    .filter(({ level }) => level === 'error');
  expect(lines.map(({ msg }) => msg)).toEqual(['plain', 'of a request']);
  for (const { err } of lines) expect(Object.keys(err)).toEqual(['type', 'message', 'code', 'stack']);
});
