import { afterAll, beforeAll, expect, test } from 'vitest';
import { FIRST_CALL_MS, type SandboxUnderTest, sandboxUnderTest } from '../sandbox-under-test.ts';

/**
 * One interpreter, calls of one tenant: each attack changes something that a later call would see, and says whether it
 * could; the probe after it must find everything as in an interpreter that has run nothing.
 */
const FAILS = Symbol('the probe fails, as the module, file or codec is not there');

let sandbox: SandboxUnderTest;
beforeAll(async () => {
  sandbox = sandboxUnderTest({ maxWorkers: 1 });
  await sandbox.python('def main(): pass');
}, FIRST_CALL_MS);
afterAll(() => sandbox.close());

test.each<[string, attack: string, probe: string, pristine: unknown]>([
  ['a global of the code', 'x = 1', '"x" in globals()', false],
  ['a global of __main__', 'import __main__; __main__.y = 1', 'hasattr(__import__("__main__"), "y")', false],
  [
    'a function of a module',
    'import json; json.dumps = lambda *a, **k: "evil"',
    '__import__("json").dumps([1])',
    '[1]',
  ],
  ['a builtin', 'import builtins; builtins.len = lambda x: 42', 'len([])', 0],
  ['a new builtin', 'import builtins; builtins.evil = 1', '"evil" in dir(__import__("builtins"))', false],
  [
    'a class of the library',
    'import json; json.JSONEncoder.default = lambda self, o: "evil"',
    '__import__("json").JSONEncoder.default.__name__',
    'default',
  ],
  ['a class of C', 'import gc; gc.get_referents(dict.__dict__)[0]["evil"] = 1', 'hasattr({}, "evil")', false],
  [
    'a subclass',
    'class Evil(Exception): pass',
    '[c.__name__ for c in Exception.__subclasses__() if c.__name__ == "Evil"]',
    [],
  ],
  [
    'a method of pathlib',
    'import pathlib; pathlib.Path.exists = lambda self: True',
    '__import__("pathlib").Path("/nowhere").exists()',
    false,
  ],
  [
    'a module',
    'import sys, types; sys.modules["evil"] = types.ModuleType("evil")',
    '"evil" in __import__("sys").modules',
    false,
  ],
  [
    'a module instead of another',
    'import sys; sys.modules["json"] = sys',
    '__import__("json").__name__',
    'json',
  ],
  [
    'a module taken away',
    'import sys; del sys.modules["re"]; del sys.modules["json"]',
    '"re" in __import__("sys").modules',
    true,
  ],
  [
    'the search path',
    'import sys; sys.path.insert(0, "/tmp/evil")',
    '"/tmp/evil" in __import__("sys").path',
    false,
  ],
  [
    'an import hook',
    'import sys\nclass F:\n  def find_spec(self, *a): raise SystemError\nsys.meta_path.insert(0, F())',
    'len(__import__("sys").meta_path)',
    4,
  ],
  [
    'a path hook',
    'import sys; sys.path_hooks.insert(0, print)',
    'print in __import__("sys").path_hooks',
    false,
  ],
  ['__import__', 'import builtins; builtins.__import__ = None', '__import__("json").__name__', 'json'],
  [
    'a file',
    'open("/tmp/a", "w").write("x"); open("b", "w").write("y")',
    '[__import__("os").listdir(p) for p in ("/tmp", ".")]',
    [[], []],
  ],
  [
    'a file that is kept open',
    'open("/tmp/a", "w").write("x"); keep = open("/tmp/a")',
    'open(3, closefd=False).read()',
    FAILS,
  ],
  [
    'a module in the working directory',
    'open("evil.py", "w").write("x = 1"); import evil',
    '__import__("evil").x',
    FAILS,
  ],
  ['the working directory', 'import os; os.chdir("/tmp")', '__import__("os").getcwd()', '/home/user'],
  [
    'the mode of a folder',
    'import os; os.chmod("/tmp", 0)',
    'oct(__import__("os").stat("/tmp").st_mode)',
    '0o40777',
  ],
  [
    'the environment',
    'import os; os.environ["EVIL"] = "1"; os.putenv("EVIL", "2")',
    '__import__("os").environ.get("EVIL")',
    null,
  ],
  ['stdout', 'import sys; sys.stdout = None', '__import__("sys").stdout.name', '<stdout>'],
  ['stdout, closed', 'import os; os.close(1); os.close(2)', 'print("heard")', null],
  ['stdout, replaced below', 'import os; os.dup2(os.open("/dev/null", 1), 1)', 'print("heard")', null],
  [
    'the recursion limit',
    'import sys; sys.setrecursionlimit(200)',
    '__import__("sys").getrecursionlimit()',
    1000,
  ],
  [
    'a trace function',
    'import sys; sys.settrace(lambda *a: 1/0); sys.setprofile(None)',
    '__import__("sys").gettrace()',
    null,
  ],
  [
    'an audit hook',
    'import sys\ndef h(*a): raise SystemError\nsys.addaudithook(h)',
    'len(open("/dev/null").read())',
    0,
  ],
  [
    'an exit function',
    'import atexit; atexit.register(print, "evil")',
    '__import__("atexit")._ncallbacks()',
    1,
  ],
  [
    'a callback of the collector',
    'import gc; gc.callbacks.append(lambda *a: print("evil"))',
    '__import__("gc").callbacks',
    [],
  ],
  [
    'the collector, off',
    'import gc; gc.disable(); gc.set_threshold(1)',
    '[__import__("gc").isenabled(), __import__("gc").get_threshold()[0] > 1]',
    [true, true],
  ],
  [
    'a finalizer',
    'class A:\n  def __del__(self): print("evil")\nimport sys; sys.a = A(); sys.a.self = sys.a',
    '__import__("gc").collect() >= 0',
    true,
  ],
  [
    'a codec',
    'import codecs; codecs.register(lambda name: codecs.lookup("utf-8") if name == "evil" else None)',
    '"x".encode("evil")',
    FAILS,
  ],
  [
    'an error handler',
    'import codecs; codecs.register_error("strict", lambda e: ("evil", e.end))',
    '"ä".encode("ascii")',
    FAILS,
  ],
  [
    'the cache of re',
    'import re; re.compile("abc"); k = next(k for k in re._cache2 if k[1] == "abc"); re._cache2[k] = re.compile("evil"); re._cache[k] = re.compile("evil")',
    'bool(__import__("re").match("abc", "abc"))',
    true,
  ],
  [
    'the cache of lines',
    'import linecache; linecache.cache["<code>"] = (1, None, ["evil"], "<code>")',
    '__import__("linecache").cache["<code>"][2][0][:8]',
    'def main',
  ],
  [
    'warnings',
    'import warnings; warnings.simplefilter("error"); warnings.showwarning = None',
    '[f[0] for f in __import__("warnings").filters if f[0] == "error"]',
    [],
  ],
  [
    'logging',
    'import logging; logging.disable(); logging.getLogger().handlers.append(1); logging.getLogger("evil")',
    '[len(__import__("logging").root.handlers), __import__("logging").root.manager.disable]',
    [0, 0],
  ],
  [
    'decimal',
    'import decimal; decimal.getcontext().prec = 1',
    'str(__import__("decimal").Decimal(1) / 3)',
    `0.${'3'.repeat(28)}`,
  ],
  [
    'the locale',
    'import locale; locale.setlocale(locale.LC_ALL, "C")',
    '__import__("locale").setlocale(__import__("locale").LC_ALL)',
    'C.UTF-8;C;C;C;C;C',
  ],
  [
    'interned strings of the library',
    'import string; string.digits = "evil"',
    '__import__("string").digits',
    '0123456789',
  ],
  [
    'a context variable',
    'import contextvars; v = contextvars.ContextVar("evil"); v.set(1)',
    'len(list(__import__("contextvars").copy_context()))',
    0,
  ],
  [
    'an event loop',
    'import asyncio; asyncio.set_event_loop(asyncio.new_event_loop())',
    '__import__("asyncio").run(__import__("asyncio").sleep(0, "ran"))',
    'ran',
  ],
  [
    'a coroutine that waits',
    'import asyncio\nasync def f():\n  asyncio.get_running_loop().call_later(0.001, print, "evil")\nasyncio.run(f())',
    '__import__("time").sleep(0.01)',
    null,
  ],
  ['time.sleep', 'import time; time.sleep = print', '__import__("time").sleep(0)', null],
  [
    'a signal handler',
    'import signal; signal.signal(signal.SIGINT, print)',
    '__import__("signal").getsignal(2).__name__',
    'default_int_handler',
  ],
  [
    'a pickle dispatcher',
    'import copyreg; copyreg.pickle(complex, lambda c: (str, ("evil",)))',
    'str(__import__("pickle").loads(__import__("pickle").dumps(1j)))',
    '1j',
  ],
  [
    'a time zone',
    'import zoneinfo; zoneinfo.reset_tzpath(["/tmp"]); zoneinfo.ZoneInfo.clear_cache()',
    'str(__import__("zoneinfo").ZoneInfo("Asia/Tokyo").utcoffset(__import__("datetime").datetime(2020, 1, 1)))',
    '9:00:00',
  ],
  [
    'the runner above the code',
    'import sys; f = sys._getframe()\nwhile f.f_back: f = f.f_back\nf.f_globals["run"] = None; f.f_globals["BLOCKED"] = (); f.f_globals["OUTPUT_BYTES"] = 0',
    '"fine"',
    'fine',
  ],
  [
    'the runner’s own cells',
    'import sys, gc\nf = sys._getframe()\nwhile f.f_back: f = f.f_back\nfor c in gc.get_referents(f.f_globals["run"]):\n  for d in (c if isinstance(c, tuple) else ()):\n    try: d.cell_contents = None\n    except Exception: pass',
    '"fine"',
    'fine',
  ],
  [
    'many objects',
    'a = [str(i) for i in range(300000)]; import sys; sys.a = a',
    'hasattr(__import__("sys"), "a")',
    false,
  ],
  ['a guard of imports taken away', 'import sys; sys.meta_path.pop(0)', '__import__("js")', FAILS],
])('%s', async (_name, attack, probe, pristine) => {
  await sandbox.python(attack, { call: 'script' }).catch((error: Error) => {
    // Some attacks break the call that they are made in. It must have been run, though.
    expect(error.message).not.toMatch(/SyntaxError|NameError/);
  });
  const seen = await sandbox.python(`def main(): return ${probe}`).catch(() => null);
  if (pristine === FAILS) expect(seen).toBeNull();
  else expect(seen).toEqual({ value: pristine, output: probe.startsWith('print(') ? 'heard\n' : '' });
});

test('no two calls draw the same random numbers', async () => {
  const code = `
import random, secrets, uuid, os, tempfile
def main(): return [random.random(), secrets.token_hex(), str(uuid.uuid4()), os.urandom(8).hex(), tempfile.mktemp()]`;
  const draws = [];
  for (let turn = 0; turn < 3; turn += 1) draws.push(...((await sandbox.python(code)).value as unknown[]));
  expect(new Set(draws).size).toBe(draws.length);
});

test('what a call has used of its memory and files is free again', async () => {
  const code =
    'def main():\n  keep.append("x" * 25_000_000)\n  open("/tmp/x", "wb").write(bytes(60_000_000))\nkeep = []';
  for (let turn = 0; turn < 6; turn += 1) expect((await sandbox.python(code)).value).toBeNull();
});
