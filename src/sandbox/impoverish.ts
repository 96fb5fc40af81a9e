/**
 * What a thread keeps of its globals: the language itself, and what the machines use. All that leads to the world goes:
 * `process`, `fetch`, `WebSocket`, timers, and the `require` that Pyodide puts there (with `fs` and `child_process`).
 */
const KEPT: ReadonlySet<string> = new Set([
  ...['globalThis', 'Infinity', 'NaN', 'undefined', 'eval', 'parseFloat', 'parseInt', 'isFinite', 'isNaN'],
  ...['decodeURI', 'decodeURIComponent', 'encodeURI', 'encodeURIComponent', 'escape', 'unescape'],
  ...[
    'Object',
    'Function',
    'Symbol',
    'Boolean',
    'Number',
    'BigInt',
    'String',
    'RegExp',
    'Math',
    'JSON',
    'Date',
  ],
  ...[
    'Error',
    'AggregateError',
    'EvalError',
    'RangeError',
    'ReferenceError',
    'SuppressedError',
    'SyntaxError',
  ],
  ...[
    'TypeError',
    'URIError',
    'Array',
    'Map',
    'Set',
    'WeakMap',
    'WeakSet',
    'WeakRef',
    'FinalizationRegistry',
  ],
  ...[
    'ArrayBuffer',
    'SharedArrayBuffer',
    'DataView',
    'Atomics',
    'Int8Array',
    'Uint8Array',
    'Uint8ClampedArray',
  ],
  ...[
    'Int16Array',
    'Uint16Array',
    'Int32Array',
    'Uint32Array',
    'BigInt64Array',
    'BigUint64Array',
    'Float16Array',
  ],
  ...['Float32Array', 'Float64Array', 'Promise', 'Proxy', 'Reflect', 'Iterator', 'Intl', 'AsyncIterator'],
  ...['DisposableStack', 'AsyncDisposableStack', 'Temporal'],
  ...['WebAssembly', 'TextDecoder', 'TextEncoder', 'Buffer', 'crypto', 'performance'],
]);

/**
 * Takes the world out of a thread's globals, for good. User code never gets to see them, it lives in WebAssembly; they are
 * what it would find if it ever got out of there.
 */
export function impoverish(globals: object): void {
  // Deleted, not overwritten: many of Node's globals are loaded when they are first touched. V8's `gc`, which is there
  // when the server has asked for it, can only be overwritten.
  for (const name of Object.getOwnPropertyNames(globals)) {
    if (KEPT.has(name) || Reflect.deleteProperty(globals, name)) continue;
    if (!Reflect.set(globals, name, undefined)) throw new Error(`${name} cannot be taken away.`);
  }
  // Emscripten's code wants one whenever it is loaded.
  Object.assign(globals, { console: Object.freeze({ log() {}, error() {}, warn() {} }) });
}
