import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type SandboxUnderTest, sandboxUnderTest } from '../sandbox-under-test.ts';

/** What untrusted JavaScript tries. A secret stands in the server's environment; nothing that comes back may hold it. */
const CANARY = 'canary-4712-do-not-sing';

let sandbox: SandboxUnderTest;
beforeAll(async () => {
  process.env.PARLEY_CANARY = CANARY;
  sandbox = sandboxUnderTest({ maxWorkers: 1 });
  await sandbox.javascript('function main() {}');
});
afterAll(async () => {
  delete process.env.PARLEY_CANARY;
  await sandbox.close();
});

/** The value of an expression in the sandbox, or how it failed. */
async function seen(expression: string): Promise<unknown> {
  const told = await sandbox.javascript(`async function main() { return ${expression} }`).then(
    ({ value }) => value,
    (error: Error) => `failed ${error.message}`,
  );
  expect(JSON.stringify(told) ?? '').not.toContain(CANARY);
  return told;
}

test('the globals are those of the language, and a few more', async () => {
  const world = `Object.getOwnPropertyNames(globalThis).filter((name) =>
    !/^(Object|Function|.*Error|Iterator|Array|parse.*|is.*|(en|de)codeURI.*|(un)?escape|Infinity|NaN|undefined|eval|Number|Boolean|String|Math|Reflect|Symbol|globalThis|BigInt|Date|RegExp|JSON|Proxy|(Weak)?(Map|Set)|.*Array(Buffer)?|DataView|Promise|WeakRef|FinalizationRegistry|Atomics|DOMException|btoa|atob|performance)$/.test(name))`;
  expect(await seen(world)).toEqual([
    ...['console', 'setTimeout', 'setInterval', 'clearTimeout', 'clearInterval', 'queueMicrotask', 'main'],
  ]);
});

test.each([
  ...['process', 'require', 'module', 'exports', 'global', 'Buffer', '__dirname', 'fetch', 'XMLHttpRequest'],
  ...[
    'WebSocket',
    'Worker',
    'WebAssembly',
    'importScripts',
    'self',
    'window',
    'Deno',
    'std',
    'os',
    'bjson',
    'print',
  ],
])('there is no %s', async (name) => {
  expect(await seen(`typeof ${name}`)).toBe('undefined');
});

describe('ways to a function constructor end in the sandbox’s own globals', () => {
  test.each([
    'Function("return globalThis")()',
    '(0, eval)("globalThis")',
    '[].constructor.constructor("return globalThis")()',
    '(async () => {}).constructor("return globalThis")()',
    '(function* () {}).constructor("yield globalThis")().next().value',
    '(async function* () {}).constructor("yield globalThis")().next().then((step) => step.value)',
    'Reflect.construct(Function, ["return globalThis"])()',
    'new Proxy(Function, {}).constructor("return globalThis")()',
    'console.log.constructor("return globalThis")()',
    'setTimeout.constructor("return globalThis")()',
    '(() => { try { null.x } catch (error) { return error.constructor.constructor("return globalThis")() } })()',
    '(() => { try { (function f() { f() })() } catch (error) { return error.constructor.constructor("return globalThis")() } })()',
    '(() => { try { new Array(-1) } catch (error) { return error.constructor.constructor("return globalThis")() } })()',
    'new Promise((_, no) => no(new Error())).catch((error) => error.constructor.constructor("return globalThis")())',
    'Promise.all([]).constructor.constructor("return globalThis")()',
    'Object.getPrototypeOf(Object.getPrototypeOf(new Map().entries())).constructor.constructor("return globalThis")()',
  ])('%s', async (expression) => {
    const look = `(async (it) => { const g = await it; return [g === globalThis, typeof g.process, typeof g.require] })`;
    expect(await seen(`${look}(${expression})`)).toEqual([true, 'undefined', 'undefined']);
  });
});

test.each([
  ['import of a module', 'import("node:fs")'],
  ['import of a file', 'import("/etc/passwd")'],
  ['import of an address', 'import("data:text/javascript,export default 1")'],
  ['import through Function', 'Function("return import(\'node:process\')")()'],
])('%s is refused', async (_name, expression) => {
  expect(await seen(expression)).toMatch(/^failed /);
});

test('stacks show lines of the sandbox only, and cannot be hooked', async () => {
  const told = await seen(`(() => {
    Error.prepareStackTrace = (_, frames) => { throw frames };
    Error.stackTraceLimit = Infinity;
    const stacks = [];
    try { null.x } catch (error) { stacks.push(error.stack) }
    try { JSON.parse('{') } catch (error) { stacks.push(error.stack) }
    return stacks.join('');
  })()`);
  expect(told).toMatch(/code\.js:\d+/);
  expect(told).not.toMatch(/file:|node:|\/work|\.ts|wasm:/);
});

test.each([
  ['caller', '(function f() { return f.caller })()'],
  ['arguments.callee.caller', '(function () { return arguments.callee.caller })()'],
  [
    'Function.prototype.caller',
    'Object.getOwnPropertyDescriptor(Function.prototype, "caller").get.call(() => {})',
  ],
])('%s shows nobody above', async (_name, expression) => {
  expect(await seen(expression)).toSatisfy(
    (told) => told === null || told === undefined || String(told).startsWith('failed '),
  );
});

test.each([
  ['Object.prototype.toJSON', 'Object.prototype.toJSON = () => "evil"'],
  ['String.prototype.toJSON', 'String.prototype.toJSON = () => "evil"'],
  [
    'Array.prototype setters',
    'for (let i = 0; i < 9; i++) Object.defineProperty(Array.prototype, i, { set() { throw 1 } })',
  ],
  [
    'Object.prototype setters',
    'for (const k of ["next", "id", "at", "run", "kind", "then"]) Object.defineProperty(Object.prototype, k, { set() { throw 1 } })',
  ],
  ['Promise.prototype.then', 'Promise.prototype.then = () => { throw 1 }'],
  [
    'Promise.prototype.constructor',
    'Object.defineProperty(Promise.prototype, "constructor", { get() { throw 1 } })',
  ],
  ['RegExp.prototype.exec', 'RegExp.prototype.exec = () => { throw 1 }'],
  ['String.prototype.slice', 'String.prototype.slice = () => { throw 1 }'],
  ['JSON', 'JSON.parse = JSON.stringify = () => "evil"'],
  ['Symbol.species', 'Object.defineProperty(Promise, Symbol.species, { get() { throw 1 } })'],
  ['Date.now', 'Date.now = () => { throw 1 }'],
  ['frozen globals', 'Object.freeze(globalThis); Object.freeze(Object.prototype)'],
  [
    'no globals',
    'for (const name of Object.getOwnPropertyNames(globalThis)) if (name !== "main") delete globalThis[name]',
  ],
])('changing %s hurts nobody but the code itself', async (_name, change) => {
  const before = [JSON.stringify([1]), 'ab'.slice(1), Date.now() > 0];
  await seen(`(() => { ${change}; return { a: ["b"] } })()`);
  await seen(`(() => { ${change}; throw new Error("x") })()`);
  await seen(
    `(() => { ${change}; return new Promise((done) => { try { setTimeout(done, 1) } catch { done() } }) })()`,
  );
  expect([JSON.stringify([1]), 'ab'.slice(1), Date.now() > 0]).toEqual(before);
  expect(await seen('({ a: [1] })')).toEqual({ a: [1] });
});

test.each([
  [
    'a getter that lies about its length',
    '({ get length() { return -1 }, toJSON() { return { length: 1e9 } } })',
  ],
  [
    'a Proxy',
    'new Proxy({}, { ownKeys() { return ["a"] }, getOwnPropertyDescriptor() { return { value: 1, enumerable: true, configurable: true } }, get() { return 1 } })',
  ],
  ['a thenable that answers twice', '({ then(a, b) { a(1); b(2); a(3) } })'],
  ['a thenable that throws', '({ get then() { throw new Error("no") } })'],
  ['a function', '(() => {})'],
  ['a symbol', 'Symbol.iterator'],
  [
    'a revoked Proxy',
    '(() => { const { proxy, revoke } = Proxy.revocable({}, {}); revoke(); return proxy })()',
  ],
  [
    'a detached buffer',
    '(() => { const b = new ArrayBuffer(8); b.transfer?.(); return new Uint8Array(b) })()',
  ],
  [
    'nested Proxies',
    '(() => { let a = {}; for (let i = 0; i < 1e5; i++) a = new Proxy(a, {}); return a.b })()',
  ],
  ['depth in JSON', 'JSON.parse("[".repeat(1e5) + "]".repeat(1e5))'],
  ['depth in a regular expression', 'new RegExp("(".repeat(1e5) + ")".repeat(1e5)).exec("")'],
  ['depth in the parser', 'eval("(".repeat(1e5) + ")".repeat(1e5))'],
  ['depth in toString', '(() => { const a = []; a[0] = { toString: () => String(a) }; return String(a) })()'],
  ['depth in sort', '(function f() { return [2, 1].sort(f) })()'],
  ['depth in a tagged template', '(function f() { return f`a` })()'],
  ['a long text', '"x".repeat(2 ** 29)'],
  ['a sparse array', '(() => { const a = []; a[4294967294] = 1; return a.length })()'],
])('%s is a value or an error', async (_name, expression) => {
  await seen(expression);
  expect(await seen('1 + 1')).toBe(2);
});
