/** A function of the host that WebAssembly code imports. */
type HostFunction = (...args: never[]) => unknown;
type HostFunctions = Record<string, unknown>;

/** Thrown out of the interpreter when its code calls what the gate has closed. The interpreter is not used again. */
export class GateError extends Error {
  override readonly name = 'GateError';
}

/**
 * The wall of the Python sandbox. Everything that WebAssembly code can do to the world goes through the functions that it
 * imports. Pyodide holds some 1,400 ready for it and for its libraries, among them a shell, sockets, and calls of any
 * JavaScript. The gate stands in each one's place before the interpreter is made: those in `KEPT` stay what they are (files
 * in memory, arithmetic of calendars), some are replaced, all others work while the interpreter is prepared and throw a
 * `GateError` once the gate is closed. Python that breaks CPython's own rules, with made-up bytecode for example, meets the
 * same wall.
 */
export class HostGate {
  #closed = false;
  #libraries: ReadonlySet<string> = new Set();
  #refusedMemory = false;

  /**
   * Puts itself before the functions in `imports`, in place: libraries that are loaded later import from there too.
   *
   * @throws Error when these are not the imports that it was made for
   */
  guard(imports: WebAssembly.Imports, memory: () => WebAssembly.Memory): void {
    const { env, wasi_snapshot_preview1: wasi, ...globals } = imports;
    // Both names stand for one object; the others hold addresses of data and functions.
    if (env === undefined || wasi !== env || Object.keys(globals).join() !== 'GOT.mem,GOT.func')
      throw new Error(UNKNOWN);
    const replaced = this.#replacements(env, memory);
    for (const [name, value] of Object.entries(env)) {
      if (typeof value !== 'function' || KEPT.has(name)) continue;
      const given = replaced[name] ?? this.#untilClosed(name, value as HostFunction);
      // Emscripten keeps a function's signature and whether it is a stub as properties of the function.
      env[name] = Object.assign(given, value);
    }
  }

  /** From now on only what is harmless works. `libraries`: absolute paths of libraries that code may still open. */
  close(libraries: Iterable<string>): void {
    this.#libraries = new Set(libraries);
    this.#closed = true;
  }

  /** Whether memory was asked for beyond the limit since the last question. */
  refusedMemory(): boolean {
    const refused = this.#refusedMemory;
    this.#refusedMemory = false;
    return refused;
  }

  #untilClosed(name: string, call: HostFunction): HostFunction {
    return (...args) => {
      if (this.#closed) throw new GateError(name);
      return call(...args);
    };
  }

  #replacements(
    env: HostFunctions,
    memory: () => WebAssembly.Memory,
  ): Readonly<Record<string, HostFunction>> {
    const view = (): DataView => new DataView(memory().buffer);
    const original = env as Readonly<Record<string, (...args: unknown[]) => unknown>>;
    const {
      emscripten_resize_heap: grow,
      _gmtime_js: gmtime,
      _timegm_js: timegm,
      _dlopen_js: dlopen,
    } = original;
    if (!grow || !gmtime || !timegm || !dlopen) throw new Error(UNKNOWN);
    return {
      ...NOTHING_THERE,
      emscripten_resize_heap: (size: number) => {
        const grown = grow(size);
        if (!grown) this.#refusedMemory = true;
        return grown;
      },
      // A library is WebAssembly of its own: only those that came with packages may be opened, none that code has written.
      _dlopen_js: (handle: number) => {
        if (!this.#closed) return dlopen(handle);
        const path = readText(memory(), handle + DSO_NAME);
        return this.#libraries.has(path) ? dlopen(handle) : 0;
      },
      random_get: (address: number, size: number) => {
        const bytes = new Uint8Array(memory().buffer, address >>> 0, size >>> 0);
        for (let at = 0; at < bytes.length; at += RANDOM_AT_ONCE) {
          crypto.getRandomValues(bytes.subarray(at, at + RANDOM_AT_ONCE));
        }
        return 0;
      },
      // Waiting for nothing is sleeping (`lockdown.py`): there is nothing here that could become ready.
      __syscall_poll: (_descriptors: number, count: number, ms: number) => {
        if (count !== 0) return -ENOSYS;
        if (ms > 0) Atomics.wait(SLEEP, 0, 0, ms);
        return 0;
      },
      // The clock of every sandbox shows UTC, whatever the server's does.
      _localtime_js: (time: bigint, tm: number) => {
        gmtime(time, tm);
        view().setInt32((tm >>> 0) + TM_ISDST, 0, true);
        view().setInt32((tm >>> 0) + TM_GMTOFF, 0, true);
      },
      _mktime_js: (tm: number) => {
        view().setInt32((tm >>> 0) + TM_ISDST, 0, true);
        return timegm(tm);
      },
      _tzset_js: (timezone: number, daylight: number, standard: number, summer: number) => {
        view().setInt32(timezone >>> 0, 0, true);
        view().setInt32(daylight >>> 0, 0, true);
        for (const name of [standard, summer]) new Uint8Array(memory().buffer, name >>> 0, 4).set(UTC);
      },
    };
  }
}

/** A C string, cut at the longest path that there is. */
function readText(memory: WebAssembly.Memory, address: number): string {
  const bytes = new Uint8Array(memory.buffer, address >>> 0).subarray(0, 4096);
  const end = bytes.indexOf(0);
  return new TextDecoder().decode(end < 0 ? bytes : bytes.subarray(0, end));
}

const UNKNOWN = 'This is not the Pyodide that the gate was made for.';
/** Bytes that `crypto.getRandomValues` gives at once. */
const RANDOM_AT_ONCE = 65_536;
/** Where the name stands in what `dlopen` works on, and fields in `struct tm`. */
const DSO_NAME = 36;
const TM_ISDST = 32;
const TM_GMTOFF = 36;
const UTC = new TextEncoder().encode('UTC\0');
const SLEEP = new Int32Array(new SharedArrayBuffer(4));

/** Error numbers of musl, as WebAssembly has them. */
const EACCES = 2;
const ENOSYS = 52;
/** Of `getaddrinfo`: names are never resolved here. */
const EAI_FAIL = -4;

function refused(...names: string[]): Record<string, HostFunction> {
  return Object.fromEntries(names.map((name) => [name, () => -EACCES]));
}

/** What there is none of in the sandbox, said in a way that becomes an ordinary `OSError` in Python. */
const NOTHING_THERE: Readonly<Record<string, HostFunction>> = {
  // `os.system`: Pyodide would hand the command to a shell of the server.
  _emscripten_system: () => -1,
  ...refused(
    '__syscall_socket',
    '__syscall_connect',
    '__syscall_bind',
    '__syscall_listen',
    '__syscall_accept4',
  ),
  ...refused('__syscall_getsockname', '__syscall_getpeername', '__syscall_getsockopt', '__syscall_recvfrom'),
  ...refused('__syscall_recvmsg', '__syscall_sendmsg', '__syscall_sendto', '__syscall_pipe', '_mmap_js'),
  ...refused('_munmap_js', '_msync_js', '_setitimer_js', '__call_sighandler', '__syscall_mknodat'),
  getaddrinfo: () => EAI_FAIL,
  getnameinfo: () => EAI_FAIL,
  getprotobyname: () => 0,
  _maybe_connect_async: () => null,
  _maybe_recvfrom_async: () => null,
  _maybe_sendto_async: () => null,
  _maybe_poll_async: () => null,
  _try_fcntl64: () => 0,
  _try_shutdown: () => 0,
  __syscall_umask_js: () => 0o022,
  __syscall_getuid32_js: () => 1000,
  _Py_CheckEmscriptenSignals_Helper: () => 0,
};

/** Functions that stay as they are: they work on files and numbers in memory, and keep nothing from one call to the next. */
const KEPT: ReadonlySet<string> = new Set([
  ...['__syscall_fcntl64', '__syscall_openat', '__syscall_faccessat', '__syscall_chdir', '__syscall_chmod'],
  ...['__syscall_fchownat', '__syscall_dup', '__syscall_dup3', '__syscall_fchdir', '__syscall_fchmod'],
  ...[
    '__syscall_fchmodat2',
    '__syscall_fchown32',
    '__syscall_fdatasync',
    '__syscall_fstat64',
    '__syscall_stat64',
  ],
  ...[
    '__syscall_newfstatat',
    '__syscall_lstat64',
    '__syscall_ftruncate64',
    '__syscall_getcwd',
    '__syscall_ioctl',
  ],
  ...['__syscall_getdents64', '__syscall_mkdirat', '__syscall_fadvise64', '__syscall_fallocate'],
  ...[
    '__syscall_readlinkat',
    '__syscall_unlinkat',
    '__syscall_rmdir',
    '__syscall_renameat',
    '__syscall_statfs64',
  ],
  ...['__syscall_fstatfs64', '__syscall_symlinkat', '__syscall_truncate64', '__syscall_utimensat'],
  ...['fd_close', 'fd_read', 'fd_write', 'fd_sync', 'fd_fdstat_get', 'fd_seek', 'fd_pread', 'fd_pwrite'],
  ...[
    'clock_res_get',
    'clock_time_get',
    'emscripten_date_now',
    'emscripten_get_now',
    '_gmtime_js',
    '_timegm_js',
  ],
  ...['emscripten_get_heap_max', '_PyEM_TrampolineCall_JS', '_dlsym_js'],
]);
