import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type MockProvider, startMockProvider } from '../support/mock-provider/start-mock-provider.ts';
import { agentApp } from '../support/parley/apps.ts';
import { startParley, type TestParley } from '../support/parley/start-parley.ts';
import { obedient, observe, takeTurn } from '../support/tools/agent-turn.ts';
import { growthOf } from '../support/tools/growth-of.ts';
import { type Callee, startCallee } from '../support/tools/start-callee.ts';

/** Stands in the server's environment, in a file, and in what a callee says; whatever code prints is searched for it. */
const CANARY = 'canary-4713-do-not-sing';

const PYTHON_MB = 96;
const JAVASCRIPT_MB = 64;
/** What a fresh interpreter takes beside the memory of its code, and what the rest of the process does meanwhile. */
const ROOM_MB = 150;
const APPS = ['agent', 'other', 'third'];

let provider: MockProvider;
let callee: Callee;
let folder: string;
let parley: TestParley;

beforeAll(async () => {
  process.env.PARLEY_CANARY = CANARY;
  folder = await mkdtemp(join(tmpdir(), 'parley-code-'));
  await writeFile(join(folder, 'secret'), CANARY);
  provider = await startMockProvider({ reply: obedient });
  callee = await startCallee({ body: CANARY });
  const app = agentApp([
    { provider: 'code', tool: 'simple_code' },
    { provider: 'time', tool: 'current_time' },
  ]);
  parley = await startParley({
    apps: Object.fromEntries(APPS.map((id) => [id, app])),
    provider: provider.baseUrl,
    config: {
      outbound: { allow: [`127.0.0.1:${callee.port}`] },
      sandbox: {
        python: { timeout: '2s', memory: `${PYTHON_MB}MB` },
        javascript: { timeout: '1s', memory: `${JAVASCRIPT_MB}MB` },
      },
    },
  });
});
afterAll(async () => {
  delete process.env.PARLEY_CANARY;
  await parley.close();
  await callee.close();
  await provider.close();
  await rm(folder, { recursive: true });
});

interface As {
  readonly app?: string;
  readonly user?: string;
}

const run = (language: string, code: string, as: As = {}) =>
  observe(parley, 'simple_code', { language, code }, as);

/** What the model was told of code that tries to get out: nothing that it could not know, and nothing has happened. */
async function attack(language: string, code: string): Promise<string> {
  const written = code
    .replaceAll('FOLDER', folder)
    .replaceAll('MARK', join(folder, 'mark'))
    .replaceAll('PORT', String(callee.port));
  const told = await run(language, written);
  expect(told).not.toContain(CANARY);
  expect(told).not.toMatch(/\/work\/|node_modules|file:\/\/|node:internal|\.ts:\d/);
  expect(existsSync(join(folder, 'mark'))).toBe(false);
  expect(callee.connections).toBe(0);
  return told;
}

const UNGUARDED = 'import sys\nwhile "Guard" in repr(sys.meta_path[0]): sys.meta_path.pop(0)\n';

describe('Python that tries to get out', () => {
  test.each([
    ['JavaScript', 'import js\nprint(js.process.env.PARLEY_CANARY)', 'ModuleNotFoundError'],
    ['run_js', 'from pyodide.code import run_js\nprint(run_js("process.env"))', 'ModuleNotFoundError'],
    ['the bridge', `${UNGUARDED}import _pyodide_core as c\nprint(c.create_proxy(print))`, 'does not allow'],
    ['a shell', 'import os\nprint(os.system("touch MARK"))', '-1'],
    ['a process', 'import subprocess\nsubprocess.run(["touch", "MARK"])', 'OSError'],
    ['a file of the host', 'print(open("FOLDER/secret").read())', 'FileNotFoundError'],
    ['the environment', 'import os\nprint(dict(os.environ))', "{'HOME': '/home/user'"],
    ['the environment by its file', 'print(open("/proc/self/environ").read())', 'FileNotFoundError'],
    [
      'a socket',
      'import socket\nsocket.create_connection(("127.0.0.1", PORT)).sendall(b"GET / HTTP/1.0\\r\\n\\r\\n")',
      'gaierror',
    ],
    ['HTTP', 'import urllib.request as u\nprint(u.urlopen("http://127.0.0.1:PORT").read())', 'Error'],
    ['a library', 'import ctypes\nprint(ctypes.CDLL(None).system(b"touch MARK"))', 'ModuleNotFoundError'],
    [
      'frames above',
      'import sys\nf = sys._getframe()\nwhile f: print([n for n in {**f.f_globals} if "yodide" in n]); f = f.f_back',
      '[]',
    ],
    ['the end of the server', 'import os\nos.kill(os.getpid(), 9)', 'tool invoke error'],
    ['its memory', 'import faulthandler\nfaulthandler._read_null()', ''],
  ])('by %s', async (_, code, told) => {
    expect(await attack('python3', code)).toContain(told);
  });
});

describe('JavaScript that tries to get out', () => {
  test.each([
    ['process', 'console.log(process.env.PARLEY_CANARY)', 'ReferenceError'],
    ['require', 'console.log(require("fs").readFileSync("FOLDER/secret"))', 'ReferenceError'],
    [
      'an import',
      'import("node:fs").then((fs) => console.log(fs.readFileSync("FOLDER/secret")), () => console.log("refused"))',
      'refused',
    ],
    ['fetch', 'fetch("http://127.0.0.1:PORT").then(console.log)', 'ReferenceError'],
    ['a constructor', 'console.log(typeof [].constructor.constructor("return this")().process)', 'undefined'],
    [
      'a constructor of a host function',
      'console.log(console.log.constructor("return typeof process")())',
      'undefined',
    ],
    [
      'an error of the host',
      'try { console.log.call(null, { get a() { throw 1 } }) } catch (e) { console.log(e?.constructor?.constructor?.("return typeof process")()) }\nconsole.log("here")',
      'here',
    ],
    [
      'a stack',
      'Error.prepareStackTrace = (_, f) => f; try { null.x } catch (e) { console.log(e.stack) }',
      '',
    ],
    ['WebAssembly', 'console.log(typeof WebAssembly, typeof Worker, typeof SharedArrayBuffer)', 'undefined'],
    [
      'prototypes',
      'Object.prototype.toJSON = () => "evil"; Array.prototype.push = () => { throw 1 }; console.log("a")',
      '',
    ],
    ['eval', '(0, eval)("console.log(typeof globalThis.process, typeof globalThis.require)")', 'undefined'],
    [
      'a generator',
      'console.log(typeof (function* () {}).constructor("yield this.process")().next().value)',
      'undefined',
    ],
    ['a Proxy', 'console.log(new Proxy({}, { get: () => { throw new Error("x") } }))\nconsole.log(1)', ''],
    ['depth', '(function f() { f() })()', 'tool invoke error'],
  ])('by %s', async (_, code, told) => {
    expect(await attack('javascript', code)).toContain(told);
  });
});

const HIDE_PYTHON = `
import builtins, json, os, sys, types
hidden = 'from before'
builtins.hidden = json.hidden = 'from before'
sys.modules['left'] = types.ModuleType('left')
json.dumps = lambda *_: 'from before'
os.environ['LEFT'] = 'from before'
sys.path.insert(0, '/tmp')
for path in ('/tmp/left.py', '/home/user/left.txt'): open(path, 'w').write('here = 1')
class Left:
  def __del__(self): print('from before')
sys.left = Left()
print('hidden')
`;
const SEEK_PYTHON = `
import builtins, json, os, sys
found = [n for n in ('hidden',) if n in globals() or hasattr(builtins, n) or hasattr(json, n) or hasattr(sys, 'left')]
found += [n for n in ('left',) if n in sys.modules]
found += [p for p in ('/tmp/left.py', '/home/user/left.txt') if os.path.exists(p)]
found += [v for v in os.environ if v == 'LEFT'] + [p for p in sys.path if p == '/tmp']
print(found, json.dumps([1]))
`;
const HIDE_JAVASCRIPT = `
globalThis.hidden = 'from before';
Object.prototype.hidden = 'from before';
JSON.stringify = () => 'from before';
console.left = 1;
setTimeout(() => console.log('from before'), 1);
console.log('hidden');
`;
const SEEK_JAVASCRIPT = `
const found = [typeof hidden, typeof ({}).hidden, typeof console.left];
console.log(found.join(), JSON.stringify([1]));
`;

describe.each([
  ['python3', HIDE_PYTHON, SEEK_PYTHON, '[] [1]\n'],
  ['javascript', HIDE_JAVASCRIPT, SEEK_JAVASCRIPT, 'undefined,undefined,undefined [1]\n'],
])('what a call of %s leaves', (language, hide, seek, clean) => {
  test.each<[string, As]>([
    ['the next call', { user: 'u1' }],
    ['the next user', { user: 'u2' }],
    ['the next app', { app: 'other', user: 'u1' }],
  ])('is not seen by %s', async (_, as) => {
    expect(await run(language, hide, { user: 'u1' })).toContain('hidden\n');
    expect(await run(language, seek, as)).toBe(clean);
  });

  test('is not seen by a call at the same time', async () => {
    const call = (code: string) => ['simple_code', { language, code }] as const;
    const turns = await Promise.all([
      takeTurn(parley, [call(hide)], { user: 'u1' }),
      takeTurn(parley, [call(seek)], { user: 'u2' }),
      takeTurn(parley, [call(seek)], { user: 'u3' }),
      takeTurn(parley, [call(seek)], { app: 'other', user: 'u4' }),
    ]);
    expect(turns.slice(1).map(({ observed }) => observed.simple_code)).toEqual([clean, clean, clean]);
  });

  test('is not seen by another of the same turn', async () => {
    const { observed } = await takeTurn(parley, [
      ['simple_code', { language, code: hide }],
      ['simple_code', { language, code: seek }],
    ]);
    expect(observed.simple_code).toBe(clean);
  });
});

test.each([
  ['python3', 'print(1 / 0)', 'ZeroDivisionError: division by zero'],
  ['javascript', 'console.log("before"); null.x', "cannot read property 'x' of null"],
  ['ruby', 'puts 1', 'Only python3 and javascript are supported, not ruby.'],
  ['__proto__', 'x', 'Only python3 and javascript are supported, not __proto__.'],
])('the model learns what is wrong with its %s', async (language, code, told) => {
  expect(await run(language, code)).toContain(told);
});

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
  // Six of JavaScript, where four may live, and three of Python.
  const bombs = [MEMORY_BOMBS[0], MEMORY_BOMBS[4], MEMORY_BOMBS[4]];
  const calls = bombs.map(([language, code]) => ['simple_code', { language, code }] as const);
  const growth = await growthOf(() => Promise.all(APPS.map((app) => takeTurn(parley, calls, { app }))));
  expect(growth).toBeLessThan(4 * (PYTHON_MB + JAVASCRIPT_MB + ROOM_MB));
});

const ENDLESS = [
  ['python3', 'while True: print("x" * 1000)'],
  ['javascript', 'for (;;) console.log("x".repeat(1000))'],
  ['javascript', 'function f() { setTimeout(f); setTimeout(f) } f()'],
  ['javascript', 'async function f() { await null; f(); return f() } f()'],
  ['javascript', '/^(a+)+$/.test("a".repeat(40) + "b")'],
] as const;

test('prints, timers, tasks and promises without end are over when their time is, and hold up nobody', async () => {
  let over = 0;
  const turns = Promise.all(
    ENDLESS.map(async ([language, code], index) => {
      const told = await run(language, code, { app: APPS[index % APPS.length] ?? '' });
      over++;
      return told;
    }),
  );
  const growth = await growthOf(async () => {
    const { observed } = await takeTurn(parley, [['current_time']]);
    expect(observed.current_time).toMatch(/^\d{4}-/);
    expect(over).toBeLessThan(ENDLESS.length);
    for (const told of await turns)
      expect(told).toMatch(/^tool invoke error: .*(longer than \d seconds?|more than the \d+ MB of memory)/);
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
