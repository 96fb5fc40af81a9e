import { afterAll, beforeAll, expect, test } from 'vitest';
import { type MockProvider, startMockProvider } from '../support/mock-provider/start-mock-provider.ts';
import { agentApp } from '../support/parley/apps.ts';
import { startParley, type TestParley } from '../support/parley/start-parley.ts';
import { obedient, observe, takeTurn } from '../support/tools/agent-turn.ts';

let provider: MockProvider;
let parley: TestParley;

const MB = 1024 ** 2;
const PYTHON_MB = 96;
const JAVASCRIPT_MB = 64;
/** What a fresh interpreter takes beside the memory of its code, and what the rest of the process does meanwhile. */
const ROOM_MB = 150;
const APPS = ['agent', 'other', 'third'];

beforeAll(async () => {
  provider = await startMockProvider({ reply: obedient });
  const app = agentApp([
    { provider: 'code', tool: 'simple_code' },
    { provider: 'time', tool: 'current_time' },
  ]);
  parley = await startParley({
    apps: Object.fromEntries(APPS.map((id) => [id, app])),
    provider: provider.baseUrl,
    config: {
      sandbox: {
        python: { timeout: '1s', memory: `${PYTHON_MB}MB` },
        javascript: { timeout: '1s', memory: `${JAVASCRIPT_MB}MB` },
      },
    },
  });
  await Promise.all([run('python3', 'print(1)'), run('javascript', 'console.log(1)')]);
});
afterAll(async () => {
  await parley.close();
  await provider.close();
});

const run = (language: string, code: string, app = 'agent') =>
  observe(parley, 'simple_code', { language, code }, { app });

/** By how much the process grows, at most, while something goes on. */
async function growthOf(work: () => Promise<unknown>): Promise<number> {
  const before = process.memoryUsage.rss();
  let peak = before;
  const look = setInterval(() => {
    peak = Math.max(peak, process.memoryUsage.rss());
  }, 2);
  await work();
  clearInterval(look);
  return (Math.max(peak, process.memoryUsage.rss()) - before) / MB;
}

const MEMORY_BOMBS = [
  ['python3', 'a = []\nwhile True: a.append(bytearray(2 ** 20))', 'more than the 96 MB of memory'],
  ['python3', 'a = "x" * 2 ** 30', 'more than the 96 MB of memory'],
  ['python3', 'f = open("/tmp/a", "wb")\nwhile True: f.write(bytes(2 ** 20))', 'No space left'],
  ['python3', 'print("x" * 5 * 10 ** 7)', 'more than the 96 MB of memory'],
  ['javascript', 'const a = []; for (;;) a.push(new ArrayBuffer(2 ** 20))', 'more than the 64 MB of memory'],
  ['javascript', 'const a = []; for (;;) a.push({ a })', 'more than the 64 MB of memory'],
  ['javascript', 'let a = "x"; for (;;) a += a', 'string too long'],
] as const;

test.each(MEMORY_BOMBS)('a memory bomb of %s ends within its limit: %j', async (language, code, told) => {
  const growth = await growthOf(async () => expect(await run(language, code)).toContain(told));
  expect(growth).toBeLessThan(Math.max(PYTHON_MB, JAVASCRIPT_MB) + ROOM_MB);
  const harmless = language === 'python3' ? 'print(6 * 7)' : 'console.log(6 * 7)';
  expect(await run(language, harmless)).toBe('42\n');
});

test('many at once, of several apps, are no more than the interpreters that may live', async () => {
  // Six of each language, where four may live.
  const bombs = [MEMORY_BOMBS[0], MEMORY_BOMBS[4], MEMORY_BOMBS[0], MEMORY_BOMBS[4]];
  const calls = bombs.map(([language, code]) => ['simple_code', { language, code }] as const);
  const growth = await growthOf(() => Promise.all(APPS.map((app) => takeTurn(parley, calls, { app }))));
  expect(growth).toBeLessThan(4 * (PYTHON_MB + JAVASCRIPT_MB + ROOM_MB));
});

const ENDLESS = [
  ['python3', 'while True: print("x" * 1000)'],
  ['python3', 'import sys\nwhile True: sys.stderr.write("y" * 10 ** 5)'],
  [
    'python3',
    'import asyncio\nasync def f():\n  while True:\n    asyncio.ensure_future(f())\n    await asyncio.sleep(0)\nasyncio.run(f())',
  ],
  ['javascript', 'for (;;) console.log("x".repeat(1000))'],
  ['javascript', 'function f() { setTimeout(f); setTimeout(f) } f()'],
  ['javascript', 'setInterval(() => { for (let i = 0; i < 99; i++) setInterval(() => {}) })'],
  ['javascript', 'async function f() { await null; f(); return f() } f()'],
  ['javascript', '/^(a+)+$/.test("a".repeat(40) + "b")'],
] as const;

test('prints, timers, tasks and promises without end are over when their time is, and hold up nobody', async () => {
  let over = 0;
  const turns = Promise.all(
    ENDLESS.map(async ([language, code], index) => {
      const told = await run(language, code, APPS[index % APPS.length]);
      over++;
      return told;
    }),
  );
  const growth = await growthOf(async () => {
    const { observed } = await takeTurn(parley, [['current_time']]);
    expect(observed.current_time).toMatch(/^\d{4}-/);
    expect(over).toBeLessThan(ENDLESS.length);
    for (const told of await turns)
      expect(told).toMatch(/^tool invoke error: .*(longer than 1 second|more than the \d+ MB of memory)/);
  });
  expect(growth).toBeLessThan(4 * (PYTHON_MB + JAVASCRIPT_MB + ROOM_MB));
});

test('of a long output the model gets the beginning, and is told so', async () => {
  const growth = await growthOf(async () => {
    for (const [language, code] of [
      ['python3', 'for _ in range(2000): print("z" * 1000)'],
      ['javascript', 'for (let i = 0; i < 2000; i++) console.log("z".repeat(1000))'],
    ] as const) {
      const told = await run(language, code);
      expect(told).toMatch(/^z{1000}\nz+/);
      expect(told).toMatch(/… \(cut: .*\)$/);
      expect(told.length).toBeLessThan(101_000);
    }
  });
  expect(growth).toBeLessThan(ROOM_MB);
});
