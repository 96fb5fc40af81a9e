import { expect, test } from 'vitest';
import { startCallee } from '../../outbound/start-callee.fixture.ts';
import { builtinsUnderTest, NOWHERE } from './builtins-under-test.fixture.ts';

const usual = [
  [
    ['Hello. ', 'Hallo. ', null, null, 10],
    ['World', 'Welt', null, null, 10],
    [null, null, 'x'],
  ],
  null,
  'de',
];

async function google(answer: unknown = usual) {
  const callee = await startCallee((_, response) => {
    response.writeHead(200, { 'content-type': 'application/json; charset=utf-8' });
    response.end(typeof answer === 'string' ? answer : JSON.stringify(answer));
  });
  return { ...builtinsUnderTest({ name: 'google_translate', baseUrl: callee.url }), calls: callee.calls };
}

const translate = (args: Record<string, unknown>) => ['google_translate', 'translate', args] as const;

test('a text, sentence by sentence', async () => {
  const { text, calls } = await google();
  expect(await text(...translate({ content: 'Hallo. Welt' }), { allow: NOWHERE })).toBe('Hello. World');
  expect(calls[0]).toMatchObject({
    method: 'GET',
    path: '/translate_a/single?client=gtx&sl=auto&tl=en&dt=t&q=Hallo.+Welt',
  });
});

test.each([
  [{ dest: 'zh-cn' }, 'zh-cn'],
  [{ dest: 'custom', custom_dest: 'eo' }, 'eo'],
  [{ dest: null }, 'en'],
])('to the language of %j', async (args, tl) => {
  const { text, calls } = await google();
  await text(...translate({ content: 'x', ...args }));
  expect(new URL(calls[0]?.path ?? '', 'http://google').searchParams.get('tl')).toBe(tl);
});

test('a long text goes in the body', async () => {
  const { text, calls } = await google();
  const content = '中文'.repeat(500);
  await text(...translate({ content }));
  expect(calls[0]).toMatchObject({
    method: 'POST',
    path: '/translate_a/single?client=gtx&sl=auto&tl=en&dt=t',
  });
  expect(new URLSearchParams(await calls[0]?.body).get('q')).toBe(content);
});

test.each([
  [{ content: ' ' }, 'Invalid parameter content'],
  [{ content: 'x', dest: 'custom' }, 'Please provide a custom destination language code'],
])('%j', async (args, message) => {
  const { failure, calls } = await google();
  expect(await failure(...translate(args))).toMatchObject({ kind: 'arguments', message });
  expect(calls).toEqual([]);
});

test('nothing to translate', async () => {
  expect(await (await google([null, null, 'de'])).text(...translate({ content: '1' }))).toBe('');
});

test.each(['<html>', '{}', '[]', '[5]', '["x"]'])('an answer of %s', async (answer) => {
  const { failure } = await google(answer);
  expect((await failure(...translate({ content: 'x' }))).kind).toBe('failed');
});

test('too many requests', async () => {
  const callee = await startCallee((_, response) => response.writeHead(429).end('<html>sorry'));
  const { failure } = builtinsUnderTest({ name: 'google_translate', baseUrl: callee.url });
  expect(await failure(...translate({ content: 'x' }))).toMatchObject({
    kind: 'failed',
    message: 'Google Translate answered with status 429: too many requests for now',
  });
});
