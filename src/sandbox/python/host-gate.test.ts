import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { beforeAll, expect, test } from 'vitest';
import { GateError, HostGate } from './host-gate.ts';

/** What Pyodide holds ready besides, for libraries: a few of 1,100. */
const FOR_LIBRARIES = [
  'emscripten_run_script',
  'emscripten_async_wget',
  'emscripten_websocket_new',
  'SDL_Init',
];
/** Names of all functions that Pyodide's binary imports, and of some more. */
let names: string[];
beforeAll(() => {
  const binary = readFileSync(fileURLToPath(import.meta.resolve('pyodide/pyodide.asm.wasm')));
  const { imports } = WebAssembly.Module as unknown as {
    imports(module: WebAssembly.Module): { module: string; name: string; kind: string }[];
  };
  const module = new WebAssembly.Module(new Uint8Array(binary));
  const own = imports(module).flatMap(({ kind, name }) => (kind === 'function' ? [name] : []));
  names = [...own, ...FOR_LIBRARIES];
});

/** A gate before functions that note when they are called. */
function guarded(): {
  gate: HostGate;
  env: Record<string, (...args: unknown[]) => unknown>;
  reached: string[];
} {
  const reached: string[] = [];
  const env = Object.fromEntries(
    names.map((name) => [
      name,
      () => {
        reached.push(name);
        return 1;
      },
    ]),
  );
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 1 });
  const gate = new HostGate();
  gate.guard({ env, wasi_snapshot_preview1: env, 'GOT.mem': {}, 'GOT.func': {} }, () => memory);
  return { gate, env, reached };
}

test('behind the closed gate, exactly these functions of Emscripten are left', () => {
  const { gate, env, reached } = guarded();
  gate.close([]);
  for (const name of names) {
    try {
      env[name]?.(64, 0, 0, 0);
    } catch (error) {
      expect(error).toBeInstanceOf(GateError);
    }
  }
  // Files in memory, clocks, the memory itself, calls inside of it. `_gmtime_js` and `_timegm_js` come twice: local time is UTC.
  expect(reached.sort()).toEqual(
    [
      ...['__syscall_chdir', '__syscall_chmod', '__syscall_dup', '__syscall_dup3', '__syscall_faccessat'],
      ...['__syscall_fadvise64', '__syscall_fallocate', '__syscall_fchdir', '__syscall_fchmod'],
      ...['__syscall_fchmodat2', '__syscall_fchown32', '__syscall_fchownat', '__syscall_fcntl64'],
      ...['__syscall_fdatasync', '__syscall_fstat64', '__syscall_fstatfs64', '__syscall_ftruncate64'],
      ...[
        '__syscall_getcwd',
        '__syscall_getdents64',
        '__syscall_ioctl',
        '__syscall_lstat64',
        '__syscall_mkdirat',
      ],
      ...['__syscall_newfstatat', '__syscall_openat', '__syscall_readlinkat', '__syscall_renameat'],
      ...['__syscall_rmdir', '__syscall_stat64', '__syscall_statfs64', '__syscall_symlinkat'],
      ...['__syscall_truncate64', '__syscall_unlinkat', '__syscall_utimensat', 'fd_close', 'fd_fdstat_get'],
      ...[
        'fd_pread',
        'fd_pwrite',
        'fd_read',
        'fd_seek',
        'fd_sync',
        'fd_write',
        'clock_res_get',
        'clock_time_get',
      ],
      ...['emscripten_date_now', 'emscripten_get_heap_max', 'emscripten_get_now', 'emscripten_resize_heap'],
      ...['_PyEM_TrampolineCall_JS', '_dlsym_js', '_gmtime_js', '_gmtime_js', '_timegm_js', '_timegm_js'],
    ].sort(),
  );
});

test('while it is open, what Pyodide needs to start works, but no shell and no socket', () => {
  const { env, reached } = guarded();
  for (const name of names) env[name]?.(64, 0, 0, 0);
  expect(reached).toContain('JsvFunction_CallBound');
  expect(
    reached
      .filter((name) => !FOR_LIBRARIES.includes(name))
      .filter((name) => /system$|socket|connect|recv|send|poll|pipe|getaddrinfo|umask/.test(name)),
  ).toEqual([]);
});

test('says once that memory was refused', () => {
  const { gate, env } = guarded();
  expect(env.emscripten_resize_heap?.(1)).toBe(1);
  expect(gate.refusedMemory()).toBe(false);
  const refusing = new HostGate();
  const more = { ...env, emscripten_resize_heap: () => 0 };
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 1 });
  refusing.guard({ env: more, wasi_snapshot_preview1: more, 'GOT.mem': {}, 'GOT.func': {} }, () => memory);
  more.emscripten_resize_heap();
  expect(refusing.refusedMemory()).toBe(true);
  expect(refusing.refusedMemory()).toBe(false);
});

test('opens only the libraries that it was told of', () => {
  const reached: string[] = [];
  const env = Object.fromEntries(names.map((name) => [name, () => reached.push(name)]));
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 1 });
  const gate = new HostGate();
  gate.guard({ env, wasi_snapshot_preview1: env, 'GOT.mem': {}, 'GOT.func': {} }, () => memory);
  const open = env._dlopen_js as (handle: number) => number;
  const name = (path: string): void => {
    new Uint8Array(memory.buffer).set(Buffer.from(`${path}\0`), 1000 + 36);
  };
  gate.close(['/lib/a.so']);
  for (const path of ['/lib/b.so', '/lib/a.so.1', '/tmp/../lib/a.so', 'a.so', '']) {
    name(path);
    expect(open(1000)).toBe(0);
  }
  expect(reached).toEqual([]);
  name('/lib/a.so');
  open(1000);
  expect(reached).toEqual(['_dlopen_js']);
});

test('does not stand before imports that it does not know', () => {
  const gate = new HostGate();
  const memory = () => new WebAssembly.Memory({ initial: 1, maximum: 1 });
  const env = {};
  expect(() =>
    gate.guard({ env, wasi_snapshot_preview1: env, 'GOT.mem': {}, 'GOT.func': {} }, memory),
  ).toThrow();
  const all = Object.fromEntries(names.map((name) => [name, () => 0]));
  const gots = { 'GOT.mem': {}, 'GOT.func': {} };
  expect(() => gate.guard({ env: all, wasi_snapshot_preview1: { ...all }, ...gots }, memory)).toThrow();
  expect(() => gate.guard({ env: all, wasi_snapshot_preview1: all, ...gots, more: {} }, memory)).toThrow();
});
