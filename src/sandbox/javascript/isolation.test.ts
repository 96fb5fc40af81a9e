import { afterAll, beforeAll, expect, test } from 'vitest';
import { type SandboxUnderTest, sandboxUnderTest } from '../sandbox-under-test.ts';

/** One thread, calls of one tenant: each attack changes something; the probe after it must find everything as at first. */
let sandbox: SandboxUnderTest;
beforeAll(async () => {
  sandbox = sandboxUnderTest({ maxWorkers: 1 });
  await sandbox.javascript('function main() {}');
});
afterAll(() => sandbox.close());

test.each<[string, attack: string, probe: string, pristine: unknown]>([
  ['a global', 'globalThis.evil = 1', 'typeof evil', 'undefined'],
  [
    'a global constant',
    'const evil = 1; function other() {}',
    '[typeof evil, typeof other]',
    ['undefined', 'undefined'],
  ],
  ['main of another call', 'function main() { return "evil" }', '"mine"', 'mine'],
  [
    'a method of a prototype',
    'Array.prototype.map = () => "evil"; Object.prototype.evil = 1',
    '[[1].map((x) => x), {}.evil ?? 0]',
    [[1], 0],
  ],
  ['JSON', 'JSON.stringify = () => "evil"; JSON.parse = null', 'JSON.parse(JSON.stringify([1]))', [1]],
  [
    'Promise',
    'Promise.prototype.then = null; globalThis.Promise = null',
    'await Promise.resolve(1).then((x) => x + 1)',
    2,
  ],
  [
    'frozen globals',
    'Object.freeze(globalThis); Object.freeze(Array.prototype)',
    '(globalThis.a = 1, Object.isFrozen(Array.prototype))',
    false,
  ],
  [
    'a global taken away',
    'delete globalThis.Map; delete globalThis.setTimeout',
    '[typeof Map, typeof setTimeout]',
    ['function', 'function'],
  ],
  ['console', 'console.log = () => { throw 1 }; console = null', 'console.log("heard")', null],
  [
    'a timer',
    'setInterval(() => { globalThis.evil = 1 }, 1); throw 1',
    'await new Promise((done) => setTimeout(() => done(typeof evil), 30))',
    'undefined',
  ],
  [
    'a job that waits',
    'Promise.resolve().then(function next() { return new Promise(() => {}) })',
    '"fine"',
    'fine',
  ],
  ['the legacy state of RegExp', '/(evil)/.exec("evil")', 'RegExp.$1 ?? ""', ''],
  ['the sequence of Math.random', 'Math.random = () => 0', 'Math.random() > 0', true],
  [
    'a finalizer',
    'new FinalizationRegistry(() => { globalThis.evil = 1 }).register({}, 1)',
    'typeof evil',
    'undefined',
  ],
  [
    'much memory',
    'globalThis.evil = Array.from({ length: 2e5 }, (_, i) => "evil" + i)',
    'typeof evil',
    'undefined',
  ],
  [
    'more memory than it began with',
    'globalThis.evil = new Uint8Array(3e7).fill(7)',
    'typeof evil',
    'undefined',
  ],
  ['a stack that overflowed', '(function f() { f() })()', '"fine"', 'fine'],
])('%s', async (_name, attack, probe, pristine) => {
  await sandbox.javascript(attack, { call: 'script' }).catch((error: Error) => {
    expect(error.message).not.toMatch(/SyntaxError|ReferenceError/);
  });
  const { value, output } = await sandbox.javascript(`async function main() { return ${probe} }`);
  expect({ value, output }).toEqual({
    value: pristine,
    output: probe.startsWith('console') ? 'heard\n' : '',
  });
});

test('no two calls draw the same random numbers', async () => {
  const draws = new Set<unknown>();
  for (let turn = 0; turn < 4; turn += 1) {
    const { value } = await sandbox.javascript('function main() { return [Math.random(), Math.random()] }');
    for (const draw of value as number[]) {
      expect(draw >= 0 && draw < 1).toBe(true);
      draws.add(draw);
    }
  }
  expect(draws.size).toBe(8);
});

test('memory that another call has written is not there to be read', async () => {
  // Fresh buffers come from freed memory: what was there before must not show through, were they ever not zeroed.
  await sandbox.javascript('globalThis.keep = "evil-4711-".repeat(500000)', { call: 'script' });
  const look = `function main() {
    let found = 0;
    for (let i = 0; i < 100; i++) for (const byte of new Uint8Array(100000)) found += byte;
    return found;
  }`;
  expect((await sandbox.javascript(look)).value).toBe(0);
});
