import { execFileSync } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { FIRST_CALL_MS, type SandboxUnderTest, sandboxUnderTest } from './sandbox-under-test.ts';

let sandbox: SandboxUnderTest;
beforeAll(async () => {
  sandbox = sandboxUnderTest({ outputBytes: 10_000 });
  await sandbox.python('def main(): pass');
}, FIRST_CALL_MS);
afterAll(() => sandbox.close());

describe('python3', () => {
  test('calls main with the inputs as keyword arguments and returns its JSON value', async () => {
    const inputs = { a: 1, b: 'ü', c: [true, null, 2.5], d: { e: '𝄞' } };
    const code = 'def main(a, b, c, d):\n  return {"got": [a, b, c, d], 1: (2, 3)}';
    const { value } = await sandbox.python(code, { inputs });
    expect(value).toEqual({ got: [1, 'ü', [true, null, 2.5], { e: '𝄞' }], 1: [2, 3] });
  });

  test('returns what was printed, stdout and stderr in order', async () => {
    const code = `
import os, sys, logging
def main():
  print('one')
  print('two', file=sys.stderr)
  sys.stdout.write('three')
  sys.stdout.flush()
  os.write(2, b' four\\n')
  logging.warning('five')
  print('six ' + chr(0xd800), end='')`;
    expect((await sandbox.python(code)).output).toBe('one\ntwo\nthree four\nWARNING:root:five\nsix \\ud800');
  });

  test('runs a script as it is', async () => {
    const code = 'import sys\nprint(__name__, len(sys.argv))\nsys.exit(0)';
    const given = { call: 'script', inputs: { a: 1 } } as const;
    expect(await sandbox.python(code, given)).toEqual({ value: null, output: '__main__ 1\n' });
  });

  test('shows the traceback of the author’s own lines', async () => {
    const code = `import json\ndef main():\n  return parse('{')\ndef parse(text):\n  return json.loads(text)`;
    const error = await sandbox.failure('python3', code);
    expect(error.kind).toBe('error');
    expect(error.message).toMatch(
      /^Traceback \(most recent call last\):\n {2}File "<code>", line 3, in main\n/,
    );
    expect(error.message).toContain('line 5, in parse\n    return json.loads(text)\n');
    expect(error.message).toMatch(/JSONDecodeError: Expecting property name .*$/);
    expect(error.message.match(/File "/g)).toHaveLength(2);
  });

  test.each([
    ['def main(:', /SyntaxError: invalid syntax$/],
    ['x = 1', /^The code defines no function main\.$/],
    ['def main(a): pass', /TypeError: main\(\) missing 1 required positional argument: 'a'$/],
    ['import sys\ndef main(): sys.exit(3)', /SystemExit: 3$/],
    ['def main(): input()', /EOFError/],
    [
      'def main():\n  a = []\n  a.append(a)\n  return a',
      /^main returned what is no JSON: Circular reference/,
    ],
    ['def main(): return {"a": [{1}]}', /type set is not JSON serializable .*list item 0.*dict item 'a'/],
    ['def main(): return object()', /type object is not JSON serializable/],
    ['def main(): return b"x"', /type bytes is not JSON serializable/],
    ['def main(): return {(1, 2): 3}', /not tuple/],
    ['def main(): return float("nan")', /not JSON compliant: nan/],
    ['def main(): return [float("inf")]', /not JSON compliant: inf/],
    ['async def main(): pass', /type coroutine is not JSON serializable/],
    [
      'class E(Exception):\n  def __str__(self): raise E\ndef main(): raise E',
      /E: <exception str\(\) failed>$/,
    ],
    ['def main():\n  a = 0\n  for _ in range(1000): a = [a]\n  return a', /deeper than 500 levels/],
    ['def main(): return ["1" * 400, 10**309]', /a number beyond 1\.8e308/],
    ['__import__("x" * 300)', /ModuleNotFoundError/],
    ['__import__("a\\nb")', /ModuleNotFoundError/],
    ['def main(n=0): return main(n + 1)', /RecursionError: maximum recursion depth exceeded/],
  ])('%j fails with a reason', async (code, message) => {
    const error = await sandbox.failure('python3', code);
    expect(error.kind).toBe('error');
    expect(error.message).toMatch(message);
  });

  test('keeps what it printed when it fails', async () => {
    const error = await sandbox.failure('python3', 'print("before")\n1/0', { call: 'script' });
    expect(error.output).toBe('before\n');
  });

  test('numbers beyond 2^53 become the nearest double', async () => {
    const { value } = await sandbox.python('def main(): return [2**53 - 1, 2**63 + 1, -(10**308)]');
    expect(value).toEqual([9007199254740991, 2 ** 63, -1e308]);
  });
});

describe('javascript', () => {
  test('calls main with the inputs and returns its JSON value', async () => {
    const inputs = { a: 1, b: 'ü', c: [true, null, 2.5], d: { e: '𝄞' } };
    const { value } = await sandbox.javascript('function main({a, b, c, d}) { return {got: [a, b, c, d]} }', {
      inputs,
    });
    expect(value).toEqual({ got: [1, 'ü', [true, null, 2.5], { e: '𝄞' }] });
  });

  test.each([
    ['const main = async () => { await new Promise((r) => setTimeout(r, 5)); return 1 }', 1],
    ['let main = () => ({ then(done) { done(2) } })', 2],
    [
      'var main = () => ({ a: undefined, b() {}, c: NaN, d: [undefined, Infinity] })',
      { c: null, d: [null, null] },
    ],
    ['function main() {}', null],
    ['function main() { return "\\ud800" }', '\ud800'],
    ['function main() { return new Date(0) }', '1970-01-01T00:00:00.000Z'],
    [
      'function main() { return [new Date(2020, 0, 1, 12).getTime(), new Date().getTimezoneOffset()] }',
      [1577880000000, 0],
    ],
  ])('%s', async (code, value) => {
    expect((await sandbox.javascript(code)).value).toEqual(value);
  });

  test('returns what was printed', async () => {
    const code = `function main() {
      console.log('a', 1, { b: [2] }, null, undefined);
      console.error(new TypeError('c').message, Symbol('d'));
    }`;
    expect((await sandbox.javascript(code)).output).toBe('a 1 {"b":[2]} null undefined\nc Symbol(d)\n');
  });

  test('runs a script as it is, with its timers', async () => {
    const code = `
      const id = setInterval(() => console.log('tick'), 1);
      setTimeout(() => { clearInterval(id); console.log('end') }, 30);
      Promise.resolve().then(() => console.log('first'));
      clearTimeout(setTimeout(() => console.log('never'), 1));`;
    const { value, output } = await sandbox.javascript(code, { call: 'script' });
    expect(value).toBeNull();
    expect(output).toMatch(/^first\n(tick\n)+end\n$/);
  });

  test.each([
    ['function main() {\n  return a.b }', /^ReferenceError: '?a'? is not defined \(line 2\)$/],
    ['function main() {\n\n  null.x }', /^TypeError: .*\(line 3\)$/],
    ['async function main() { throw new RangeError("no") }', /^RangeError: no \(line 1\)$/],
    ['function main() {', /^SyntaxError: .*\(line 1\)$/],
    ['const x = 1', /^The code defines no function main\.$/],
    ['function main() { throw "text" }', /^Uncaught text$/],
    ['function main() { throw { get message() { throw 1 } } }', /^Uncaught error$/],
    ['function main() { return 1n }', /^TypeError: .*BigInt/],
    ['function main() { const a = []; a.push(a); return a }', /^TypeError: circular reference/],
    ['const main = () => new Promise(() => {})', /^The Promise that main returned is never settled\.$/],
    [
      'function main() { setTimeout(() => { throw new Error("late") }); return new Promise(() => {}) }',
      /^Error: late/,
    ],
    ['function main() { return (function f() { return f() })() }', /^InternalError: stack overflow/],
    [
      'function main() { let a = 0; for (let i = 0; i < 1000; i++) a = [a]; return a }',
      /deeper than 500 levels/,
    ],
  ])('%j fails with a reason', async (code, message) => {
    const error = await sandbox.failure('javascript', code);
    expect(error.kind).toBe('error');
    expect(error.message).toMatch(message);
  });
});

describe.each(['python3', 'javascript'] as const)('%s', (language) => {
  const python = language === 'python3';

  test('what it prints is cut', async () => {
    const code = python
      ? 'for i in range(5000): print("äb")'
      : 'for (let i = 0; i < 5000; i++) console.log("äb")';
    const { output } = await sandbox[python ? 'python' : 'javascript'](code, { call: 'script' });
    expect(output).toMatch(/^(äb\n)+(ä|äb)?\n\[output cut at \d+ (bytes|characters)\]$/);
    expect(output.length).toBeLessThan(10_100);
    const next = python ? 'print("whole")' : 'console.log("whole")';
    expect((await sandbox[python ? 'python' : 'javascript'](next, { call: 'script' })).output).toBe(
      'whole\n',
    );
  });

  test('a result that is too large is an error', async () => {
    const code = python ? 'def main(n): return "x" * n' : 'function main({ n }) { return "x".repeat(n) }';
    const fits = await sandbox[python ? 'python' : 'javascript'](code, { inputs: { n: 9_998 } });
    expect(fits.value).toBe('x'.repeat(9_998));
    const error = await sandbox.failure(language, code, { inputs: { n: 9_999 } });
    expect(error.kind).toBe('output');
    expect(error.message).toBe('The result is larger than 10000 bytes.');
  });

  test('inputs with names of prototypes stay data', async () => {
    const inputs = JSON.parse('{"__proto__": {"polluted": 1}, "constructor": 2}');
    const code = python ? 'def main(**inputs): return inputs' : 'function main(inputs) { return inputs }';
    const { value } = await sandbox[python ? 'python' : 'javascript'](code, { inputs });
    expect(Object.entries(value as object)).toEqual([
      ['__proto__', { polluted: 1 }],
      ['constructor', 2],
    ]);
    expect('polluted' in {}).toBe(false);
  });
});

test('a server that runs no code loads neither interpreter', () => {
  const source = `
    import { registerHooks } from 'node:module';
    const seen = [];
    registerHooks({ resolve(name, context, next) { seen.push(name); return next(name, context) } });
    const { createSandbox } = await import(${JSON.stringify(new URL('create-sandbox.ts', import.meta.url).href)});
    const { DEFAULT_SANDBOX_SETTINGS } = await import(${JSON.stringify(new URL('default-sandbox-settings.ts', import.meta.url).href)});
    const sandbox = createSandbox(DEFAULT_SANDBOX_SETTINGS);
    console.log(JSON.stringify({ seen, threads: process.getActiveResourcesInfo().filter((name) => name === 'MessagePort') }));
    await sandbox.close();`;
  const args = ['--input-type=module', '-e', source];
  const { seen, threads } = JSON.parse(execFileSync(process.execPath, args, { encoding: 'utf8' }));
  expect(seen).toContain('./python/python-kit.ts');
  expect(seen.filter((name: string) => /pyodide|quickjs/.test(name))).toEqual([]);
  expect(threads).toEqual([]);
});

test(
  'a process with nothing else to do waits for a call, and ends when only idle interpreters are left',
  () => {
    const source = `
    const { createSandbox } = await import(${JSON.stringify(new URL('create-sandbox.ts', import.meta.url).href)});
    const { DEFAULT_SANDBOX_SETTINGS } = await import(${JSON.stringify(new URL('default-sandbox-settings.ts', import.meta.url).href)});
    const sandbox = createSandbox(DEFAULT_SANDBOX_SETTINGS);
    const signal = new AbortController().signal;
    const request = { call: 'main', inputs: {}, tenant: 'a' };
    const javascript = await sandbox.run({ ...request, language: 'javascript', code: 'const main = () => 1' }, { signal });
    const python = await sandbox.run({ ...request, language: 'python3', code: 'def main(): return 2' }, { signal });
    console.log(javascript.value, python.value);`;
    const args = ['--input-type=module', '-e', source];
    expect(execFileSync(process.execPath, args, { encoding: 'utf8', timeout: FIRST_CALL_MS })).toBe('1 2\n');
  },
  FIRST_CALL_MS,
);
