import { expect, test } from 'vitest';
import { builtinsUnderTest } from './builtins-under-test.fixture.ts';

const code = (language: string, source: string) =>
  ['code', 'simple_code', { language, code: source }] as const;

test.each(['javascript', 'js', ' JavaScript '])('what %j prints', async (language) => {
  const { text } = builtinsUnderTest();
  expect(await text(...code(language, 'console.log(6 * 7, [1])'))).toMatch(/^42 \[ ?1 ?\]\n$/);
});

test('what Python prints', { timeout: 90_000 }, async () => {
  const { text } = builtinsUnderTest();
  for (const language of ['python3', 'python', 'py'])
    expect(await text(...code(language, 'import math\nprint(math.factorial(5))'))).toBe('120\n');
});

test('a program that prints nothing', async () => {
  expect(await builtinsUnderTest().text(...code('javascript', '1 + 1'))).toBe('');
});

test('another language', async () => {
  expect(await builtinsUnderTest().failure(...code('ruby', 'puts 1'))).toMatchObject({
    kind: 'arguments',
    message: 'Only python3 and javascript are supported, not ruby.',
  });
  expect((await builtinsUnderTest().failure(...code('constructor', ''))).kind).toBe('arguments');
});

test('a program that fails says where, and what it had printed', async () => {
  const error = await builtinsUnderTest().failure(...code('javascript', 'console.log("begun"); missing()'));
  expect(error.kind).toBe('failed');
  expect(error.message).toMatch(/missing[\s\S]*\nWhat it had printed:\nbegun/);
});

test('much output is cut', async () => {
  const text = await builtinsUnderTest().text(...code('js', 'console.log("x".repeat(500000))'));
  expect(text).toMatch(/^x{300000}\n… \(cut/);
});

test('a stop ends a busy loop', async () => {
  const { call, text } = builtinsUnderTest();
  await text(...code('js', '1'));
  const controller = new AbortController();
  const called = call(...code('js', 'for (;;);'), { signal: controller.signal });
  await new Promise((resolve) => setImmediate(resolve));
  controller.abort('stop');
  await expect(called).rejects.toBe('stop');
});
