import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { FIRST_CALL_MS, type SandboxUnderTest, sandboxUnderTest } from '../sandbox-under-test.ts';

/**
 * What untrusted Python tries. Every attack gets a secret in the server's environment, one in a file, a port to connect to
 * and a path to write to, and whatever it brings back is searched for them.
 */
const CANARY = 'canary-4711-do-not-sing';

let sandbox: SandboxUnderTest;
let folder: string;
let server: Server;
let connections = 0;

beforeAll(async () => {
  process.env.PARLEY_CANARY = CANARY;
  folder = mkdtempSync(join(tmpdir(), 'parley-escape-'));
  writeFileSync(join(folder, 'secret'), CANARY);
  server = createServer((socket) => {
    connections += 1;
    socket.destroy();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  sandbox = sandboxUnderTest({ maxWorkers: 1 });
  await sandbox.python('def main(): pass');
}, FIRST_CALL_MS);

afterAll(async () => {
  delete process.env.PARLEY_CANARY;
  await sandbox.close();
  server.close();
  rmSync(folder, { recursive: true });
});

/** What the attack brought back: what it returned, or how it failed, with what it printed. */
async function attack(code: string): Promise<string> {
  const { port } = server.address() as { port: number };
  const inputs = { folder, port, mark: join(folder, 'mark') };
  const told = await sandbox.python(code, { inputs }).then(
    ({ value, output }) => `returned ${JSON.stringify(value)} ${output}`,
    (error: Error & { output: string }) => `failed ${error.message} ${error.output}`,
  );
  expect(told).not.toContain(CANARY);
  expect(existsSync(inputs.mark)).toBe(false);
  expect(connections).toBe(0);
  return told;
}

/** The guard of imports is one line of Python: whoever removes it stands before the gate. */
const UNGUARDED = 'import sys\nwhile "Guard" in repr(sys.meta_path[0]): sys.meta_path.pop(0)\n';
/** How a call ends that the gate has refused. */
const REFUSED = /^failed The code tried what the sandbox does not allow, and was ended\./;
const NO_MODULE = /ModuleNotFoundError: No module named/;

describe('the way to JavaScript and to addresses', () => {
  test.each([
    'import js',
    'from js import process',
    'import pyodide_js',
    'import pyodide',
    'import pyodide.code',
    'from pyodide.ffi import JsProxy',
    'from pyodide.http import pyfetch',
    'import _pyodide',
    'import _pyodide_core',
    'import _pyodide._base',
    '__import__("js")',
    'import importlib; importlib.import_module("js")',
    'import importlib.util; importlib.util.find_spec("pyodide").loader',
    'import builtins; builtins.__import__("pyodide.code", fromlist=["run_js"])',
    'import runpy; runpy.run_module("pyodide.code")',
    'import ctypes',
    'import _ctypes',
  ])('%s is no module', async (code) => {
    expect(await attack(code)).toMatch(NO_MODULE);
  });

  test('nothing of it is left in sys.modules, the frames above, the asyncio policy or builtins', async () => {
    const told = await attack(`
import asyncio, builtins, sys
def main(**_):
  found = [name for name in sys.modules if 'yodide' in name or name == 'js']
  frame = sys._getframe()
  while frame:
    found += [name for name in {**frame.f_globals, **frame.f_locals} if 'yodide' in name.lower()]
    frame = frame.f_back
  found += [name for name in vars(builtins) if name.startswith('___')]
  for hook in (sys.excepthook, sys.displayhook, asyncio.run, asyncio.new_event_loop, *sys.meta_path, *sys.path_hooks):
    if 'yodide' in str(getattr(hook, '__module__', '')): found.append(repr(hook))
  return found`);
    expect(told).toBe('returned [] ');
  });

  test.each([
    ['run_js', 'import pyodide.code; pyodide.code.run_js("globalThis")', NO_MODULE],
    ['js', 'import js', NO_MODULE],
    ['a call', 'import _pyodide_core as c; c.raw_call(print)', /^failed /],
    ['a proxy', 'import _pyodide_core as c; c.create_proxy(print)', REFUSED],
    ['a callable', 'import _pyodide_core as c; c.create_once_callable(print)', REFUSED],
    ['a conversion', 'import _pyodide_core as c; c.to_js([1])', REFUSED],
    ['a converter', 'import _pyodide_core as c; c.py2js_deep.convert([1])', /^failed /],
    ['a promise', 'import _pyodide_core as c; c.run_sync(print)', /^failed /],
    ['the end of it', 'import _pyodide_core as c; c.trigger_fatal_error()', /^failed /],
    ['an error', 'import _pyodide_core as c; raise c.JsException("Error", "x")', /^failed /],
    ['its class', 'import _pyodide_core as c; c.JsException.new("x")', /^failed /],
  ])('without the guard, %s of the bridge meets the gate', async (_name, code, told) => {
    expect(await attack(UNGUARDED + code)).toMatch(told);
  });

  test('classes and functions that are still in memory meet the gate, or are empty', async () => {
    const told = await attack(`
import gc, types
def main(**_):
  seen, queue, tried = set(), [object], 0
  for kind in object.__subclasses__(): queue.append(kind)
  queue += gc.get_objects()
  while queue:
    one = queue.pop()
    if id(one) in seen: continue
    seen.add(id(one))
    try: queue += gc.get_referents(one)
    except Exception: pass
    where = str(getattr(one, '__module__', '')) + type(one).__module__
    if 'yodide' not in where and not type(one).__name__.startswith('Js'): continue
    for use in (lambda: one(), lambda: one('1'), lambda: one.new(), lambda: one.to_py(), lambda: one.constructor):
      tried += 1
      try: got = use()
      except Exception: continue
      if type(got).__name__.startswith('Js'): return 'a proxy: ' + repr(got)
  return tried > 100`);
    expect(told).toMatch(/^(returned true|failed The code tried what the sandbox does not allow)/);
  });
});

describe('processes', () => {
  test.each([
    ['os.system', 'import os\ndef main(mark, **_): return os.system(f"touch {mark}")', /^returned -1/],
    ['os.popen', 'import os\ndef main(mark, **_): return os.popen(f"touch {mark}").read()', /OSError/],
    ['subprocess', 'import subprocess\ndef main(mark, **_): subprocess.run(["touch", mark])', /OSError/],
    ['os.fork', 'import os\ndef main(**_): return os.fork()', /(OSError|AttributeError)/],
    [
      'os.execv',
      'import os\ndef main(mark, **_): os.execv("/usr/bin/touch", ["touch", mark])',
      /(OSError|AttributeError)/,
    ],
    [
      'os.posix_spawn',
      'import os\ndef main(mark, **_): os.posix_spawn("/usr/bin/touch", ["touch", mark], {})',
      /(OSError|AttributeError)/,
    ],
    [
      '_posixsubprocess',
      `import _posixsubprocess as p
def main(mark, **_):
  args = [b'touch', mark.encode()], [b'/usr/bin/touch'], True, (), None, None
  return p.fork_exec(*args, -1, -1, -1, -1, -1, -1, 1, 2, False, False, -1, None, None, None, -1, None)`,
      /^failed /,
    ],
    [
      'multiprocessing',
      'import multiprocessing\ndef main(**_): multiprocessing.Process(target=print).start()',
      /^failed /,
    ],
    [
      'threads',
      'import threading\ndef main(**_): threading.Thread(target=print).start()',
      /can't start new thread/,
    ],
    ['os.kill', 'import os\ndef main(**_): os.kill(os.getpid(), 9)', /^failed The code/],
    ['os._exit', 'import os\ndef main(**_): os._exit(0)', /^failed The code/],
    ['os.abort', 'import os\ndef main(**_): os.abort()', /^failed The code/],
    [
      'a timer that rings later',
      'import signal\ndef main(**_): signal.setitimer(signal.ITIMER_REAL, 0.01)',
      /^failed /,
    ],
  ])('%s', async (_name, code, told) => {
    expect(await attack(code)).toMatch(told);
  });
});

describe('files', () => {
  test.each(['secret', '../../etc/passwd'])('%s of the host is not there', async (name) => {
    const code = `def main(folder, **_): return open(folder + '/${name}').read()`;
    expect(await attack(code)).toMatch(/FileNotFoundError/);
  });

  test.each([
    '/etc/passwd',
    '/proc/self/environ',
    '/proc/1/cmdline',
    '/dev/tty',
    '/dev/tty1',
    '/dev/mem',
    '/sys',
    '/root',
  ])('%s is not there', async (path) => {
    expect(await attack(`def main(**_): return open('${path}', 'rb').read(10)`)).toMatch(/FileNotFoundError/);
  });

  test('what can be listed is the sandbox’s own', async () => {
    const told = await attack(`
import os
def main(**_): return [sorted(os.listdir('/')), sorted(os.listdir('/dev')), os.listdir('/home/user'), os.listdir('/tmp')]`);
    expect(told).toContain(
      '[["dev","home","lib","tmp","usr"],["null","random","shm","stderr","stdin","stdout","urandom"],[],[]]',
    );
  });

  test.each([
    ['the library', 'open("/lib/python314.zip", "r+b").write(b"x")'],
    ['the library, by its size', 'os.truncate("/lib/python314.zip", 0)'],
    ['the library, by its name', 'os.rename("/lib/python314.zip", "/tmp/x")'],
    ['the library, by its mode', 'os.chmod("/lib/python314.zip", 0)'],
    ['a new module beside it', 'open("/lib/python3.14/site-packages/json.py", "w")'],
    ['a new folder', 'os.mkdir("/x")'],
    ['a device', 'os.mkdir("/dev/x")'],
    ['a link over it', 'os.symlink("/tmp", "/lib/x")'],
    ['its folder', 'os.rename("/tmp", "/t")'],
    ['a time zone', 'open("/usr/share/zoneinfo/UTC", "w")'],
  ])('%s cannot be written', async (_name, code) => {
    expect(await attack(`import os\ndef main(**_): ${code}`)).toMatch(
      /(PermissionError|Read-only file system)/,
    );
  });

  test('standard input is empty, and descriptors beyond the streams are closed', async () => {
    const told = await attack(`
import os
def main(**_):
  open_ones = []
  for fd in range(3, 64):
    try: os.fstat(fd); open_ones.append(fd)
    except OSError: pass
  return [os.read(0, 10).decode(), open_ones, os.path.exists('/proc')]`);
    expect(told).toBe('returned ["",[],false] ');
  });
});

describe('environment', () => {
  test('holds nothing of the server', async () => {
    const told = await attack(`
import os, sys, platform, sysconfig, getpass
def main(**_):
  return [dict(os.environ), os.environb.get(b'PARLEY_CANARY'), sys.argv, sys.orig_argv, sys.executable, os.getcwd(),
          platform.node(), os.getuid()]`);
    expect(told).toContain('{"HOME":"/home/user","LANG":"C.UTF-8","PATH":"/","PWD":"/home/user"}');
    expect(told).toContain('/usr/bin/python3');
    expect(told).not.toContain(process.cwd());
    expect(told).not.toContain('node');
  });

  test('changing it, the umask or the working directory changes nothing of the server', async () => {
    const before = [process.umask(), process.cwd(), process.env.PARLEY_CHANGED];
    await attack(`import os\ndef main(**_): os.umask(0); os.chdir('/'); os.environ['PARLEY_CHANGED'] = '1'`);
    expect([process.umask(), process.cwd(), process.env.PARLEY_CHANGED]).toEqual(before);
  });
});

describe('network', () => {
  test.each([
    ['socket', 'import socket\ndef main(port, **_): socket.create_connection(("127.0.0.1", port))'],
    ['a bare socket', 'import socket\ndef main(port, **_): socket.socket().connect(("127.0.0.1", port))'],
    ['_socket', 'import _socket\ndef main(port, **_): _socket.socket(2, 1, 0).connect(("127.0.0.1", port))'],
    ['a server', 'import socket\ndef main(**_): socket.socket().bind(("127.0.0.1", 0))'],
    ['a pair', 'import socket\ndef main(**_): socket.socketpair()'],
    ['urllib', 'import urllib.request as u\ndef main(port, **_): u.urlopen(f"http://127.0.0.1:{port}")'],
    [
      'http.client',
      'import http.client as h\ndef main(port, **_): h.HTTPConnection("127.0.0.1", port).request("GET", "/")',
    ],
    [
      'asyncio',
      'import asyncio\ndef main(port, **_): asyncio.run(asyncio.open_connection("127.0.0.1", port))',
    ],
    ['names', 'import socket\ndef main(**_): return socket.gethostbyname("localhost")'],
    ['requests', 'import requests\ndef main(port, **_): requests.get(f"http://127.0.0.1:{port}")'],
    ['httpx', 'import httpx\ndef main(port, **_): httpx.Client().get(f"http://127.0.0.1:{port}")'],
  ])('%s', async (_name, code) => {
    expect(await attack(code)).toMatch(/^failed .*(Error|Errno -4)/s);
  });
});

describe('CPython’s own rules', () => {
  test.each([
    ['a function by its address', 'ctypes.CFUNCTYPE(ctypes.c_int)(1)()'],
    ['a callback', 'ctypes.CFUNCTYPE(ctypes.c_int)(lambda: 1)()'],
    ['a library of the host', 'ctypes.CDLL("libc.so.6").getpid()'],
    ['functions of the interpreter', 'ctypes.pythonapi.PyRun_SimpleString(b"1")'],
    ['system', 'ctypes.CDLL(None).system(b"id")'],
    ['JavaScript', 'ctypes.CDLL(None).emscripten_run_script(b"1")'],
  ])('with ctypes back in, %s cannot be called', async (_name, code) => {
    expect(await attack(`${UNGUARDED}import ctypes\ndef main(**_): return ${code}`)).toMatch(
      /^failed (The code tried what the sandbox does not allow|.*(OSError|AttributeError|MemoryError|ModuleNotFound))/s,
    );
  });

  test.each([
    [
      'made-up bytecode',
      'f = lambda: 0\n  f.__code__ = f.__code__.replace(co_code=bytes(range(0, 256)) * 8)\n  return f()',
    ],
    [
      'constants that are not there',
      'f = lambda: 7\n  f.__code__ = f.__code__.replace(co_consts=())\n  return f()',
    ],
    ['a segmentation fault', 'import faulthandler\n  faulthandler._sigsegv()'],
    ['an interpreter that ends', 'import faulthandler\n  faulthandler._fatal_error_c_thread()'],
    ['memory behind the end', 'import faulthandler\n  faulthandler._read_null()\n  return 1'],
  ])('%s at most ends the interpreter', async (_name, code) => {
    expect(await attack(`def main(**_):\n  ${code}`)).toMatch(/^(failed|returned)/);
    expect(await attack('def main(**_): return 1')).toBe('returned 1 ');
  });

  test('a library that code has written itself is not opened', async () => {
    const told = await attack(`
import _imp, importlib.machinery
def main(**_):
  open('/tmp/own.so', 'wb').write(bytes.fromhex('0061736d01000000'))
  spec = importlib.machinery.ModuleSpec('own', None, origin='/tmp/own.so')
  return _imp.create_dynamic(spec)`);
    expect(told).toMatch(/^failed .*ImportError/s);
  });

  test.each([
    ['in Python', 'f = lambda: f()\n  return f()'],
    ['in C', 'class A:\n    def __repr__(self): return repr(self)\n  return repr(A())'],
    ['in the parser', 'return eval("(" * 5000 + ")" * 5000)'],
    ['in JSON', 'import json\n  return json.loads("[" * 200000 + "]" * 200000)'],
    ['in a result', 'a = []\n  for _ in range(200000): a = [a]\n  return a'],
    ['in what is left over', 'a = []\n  for _ in range(1000000): a = [a]\n  del a'],
  ])('depth %s without a limit is an error or ends the interpreter', async (_name, code) => {
    expect(await attack(`import sys\nsys.setrecursionlimit(10**9)\ndef main(**_):\n  ${code}`)).toMatch(
      /^(failed .*(RecursionError|SyntaxError|more than the 256 MB|deeper than|no JSON)|returned null)/s,
    );
    expect(await attack('def main(**_): return 1')).toBe('returned 1 ');
  });
});

test('what the gate refuses is an error, not a hang, and the tenant’s next call works', async () => {
  expect(await attack(`${UNGUARDED}import _pyodide_core\n_pyodide_core.create_proxy(print)`)).toMatch(
    REFUSED,
  );
  expect(await attack('def main(**_): return 1')).toBe('returned 1 ');
});
