import { afterAll, beforeAll, expect, test } from 'vitest';
import { FIRST_CALL_MS, type SandboxUnderTest, sandboxUnderTest } from '../sandbox-under-test.ts';

let sandbox: SandboxUnderTest;
beforeAll(async () => {
  sandbox = sandboxUnderTest({ maxWorkers: 1 });
  await sandbox.python('def main(): pass');
}, FIRST_CALL_MS);
afterAll(() => sandbox.close());

test.each<[string, code: string, value: unknown]>([
  [
    'json',
    'import json\ndef main(): return json.loads(json.dumps({"a": [1, "ü"]}, ensure_ascii=False))',
    { a: [1, 'ü'] },
  ],
  [
    're',
    'import re\ndef main(): return re.findall(r"(?P<a>\\w)(\\d)", "a1 b2")',
    [
      ['a', '1'],
      ['b', '2'],
    ],
  ],
  [
    'datetime',
    'import datetime as d\ndef main(): return d.datetime(2024, 2, 29, tzinfo=d.timezone.utc).isoformat()',
    '2024-02-29T00:00:00+00:00',
  ],
  [
    'local time is UTC',
    'import datetime as d, time\ndef main(): return [d.datetime.fromtimestamp(0).hour, time.strftime("%Z %z", time.localtime(0)), time.mktime((1970, 1, 2, 0, 0, 0, 0, 0, 0)), time.timezone]',
    [0, 'UTC +0000', 86_400, 0],
  ],
  [
    'the time is that of the server',
    `import time, datetime\ndef main(): return abs(time.time() - ${Date.now() / 1000}) < 3600 and datetime.datetime.now().year > 2020`,
    true,
  ],
  [
    'strptime',
    'import datetime as d\ndef main(): return d.datetime.strptime("5 Mar 2021 14:05", "%d %b %Y %H:%M").isoformat()',
    '2021-03-05T14:05:00',
  ],
  [
    'zoneinfo',
    'import datetime as d, zoneinfo as z\ndef main(): return [d.datetime(2024, m, 1, 12, tzinfo=d.timezone.utc).astimezone(z.ZoneInfo("Europe/Berlin")).isoformat() for m in (1, 7)]',
    ['2024-01-01T13:00:00+01:00', '2024-07-01T14:00:00+02:00'],
  ],
  [
    'hashlib',
    'import hashlib\ndef main(): return [hashlib.md5(b"a").hexdigest(), hashlib.sha256(b"a").hexdigest()[:8], hashlib.sha3_256(b"a").hexdigest()[:8], hashlib.blake2b(b"a").hexdigest()[:8]]',
    ['0cc175b9c0f1b6a831c399e269772661', 'ca978112', '80084bf2', '333fcb4e'],
  ],
  ['hmac', 'import hmac\ndef main(): return hmac.new(b"k", b"m", "sha256").hexdigest()[:8]', 'b60090e3'],
  [
    'base64',
    'import base64, binascii\ndef main(): return [base64.b64encode(b"\\xff\\xfe").decode(), base64.urlsafe_b64decode("__4=").hex(), binascii.crc32(b"a")]',
    ['//4=', 'fffe', 3904355907],
  ],
  [
    'unicodedata',
    'import unicodedata\ndef main(): return [unicodedata.normalize("NFKC", "ﬁ①"), unicodedata.name("中"[0])]',
    ['fi1', 'CJK UNIFIED IDEOGRAPH-4E2D'],
  ],
  [
    'logging',
    'import logging, io\ndef main():\n  out = io.StringIO()\n  logging.basicConfig(stream=out, level="INFO", format="%(levelname)s %(message)s")\n  logging.info("hello")\n  return out.getvalue()',
    'INFO hello\n',
  ],
  [
    'io and files',
    'import io, os, tempfile\ndef main():\n  with tempfile.TemporaryDirectory() as d:\n    p = os.path.join(d, "a.txt")\n    with open(p, "w+", encoding="utf-8") as f: f.write("äbc\\n" * 3); f.seek(0); n = len(f.readlines())\n    with open(p, "r+b") as f: f.truncate(2); f.seek(4); f.write(b"x")\n    os.rename(p, p + "2")\n    return [n, open(p + "2", "rb").read().hex(), os.path.getsize(p + "2"), os.listdir(d)]',
    [3, 'c3a4000078', 5, ['a.txt2']],
  ],
  [
    'pathlib',
    'from pathlib import Path\ndef main():\n  p = Path("/tmp/a/b"); p.mkdir(parents=True); (p / "c.txt").write_text("x")\n  return [str(q) for q in Path("/tmp").rglob("*.txt")] + [Path.home().as_posix(), Path.cwd().as_posix()]',
    ['/tmp/a/b/c.txt', '/home/user', '/home/user'],
  ],
  [
    'shutil and zipfile',
    'import shutil, zipfile, os\ndef main():\n  os.mkdir("d"); open("d/a", "w").write("x")\n  shutil.make_archive("z", "zip", "d"); shutil.rmtree("d")\n  return [zipfile.ZipFile("z.zip").namelist(), os.listdir()]',
    [['a'], ['z.zip']],
  ],
  [
    'urllib.parse',
    'from urllib.parse import urlencode, urlsplit, quote\ndef main(): return [urlencode({"a": "ü b"}), urlsplit("http://h:1/p?q#f").port, quote("中")]',
    ['a=%C3%BC+b', 1, '%E4%B8%AD'],
  ],
  [
    'csv',
    'import csv, io\ndef main(): return list(csv.DictReader(io.StringIO("a,b\\n1,\\"x,y\\"\\n")))',
    [{ a: '1', b: 'x,y' }],
  ],
  [
    'xml',
    'import xml.etree.ElementTree as E\ndef main(): return [e.text for e in E.fromstring("<a><b>1</b><b>2</b></a>")]',
    ['1', '2'],
  ],
  ['html', 'import html, html.parser\ndef main(): return html.unescape(html.escape("<a>&"))', '<a>&'],
  [
    'collections, itertools, functools',
    'from collections import *; from itertools import *; from functools import *\ndef main(): return [Counter("aab").most_common(1), list(islice(count(), 3)), reduce(lambda a, b: a + b, range(4)), OrderedDict(a=1), defaultdict(int, b=2)]',
    [[['a', 2]], [0, 1, 2], 6, { a: 1 }, { b: 2 }],
  ],
  [
    'decimal, fractions, statistics',
    'from decimal import Decimal; from fractions import Fraction; import statistics\ndef main(): return [str(Decimal("0.1") * 3), str(Fraction(1, 3)), statistics.median([3, 1, 2])]',
    ['0.3', '1/3', 2],
  ],
  [
    'math and random',
    'import math, random\ndef main(): return [math.isclose(math.e, 2.718281828459045), 1 <= random.randint(1, 2) <= 2, len(random.sample(range(9), 3))]',
    [true, true, 3],
  ],
  [
    'dataclasses, enum, typing',
    'from dataclasses import dataclass, asdict; import enum, typing\n@dataclass\nclass P:\n  x: int\n  y: typing.Optional[str] = None\nclass E(enum.IntEnum):\n  A = 3\ndef main(): return [asdict(P(1)), E.A]',
    [{ x: 1, y: null }, 3],
  ],
  [
    'sqlite3',
    'import sqlite3\ndef main():\n  c = sqlite3.connect(":memory:")\n  c.execute("create table t (a)")\n  c.executemany("insert into t values (?)", [(1,), (2,)])\n  return c.execute("select sum(a) from t").fetchone()[0]',
    3,
  ],
  [
    'asyncio',
    'import asyncio\nasync def f(n):\n  await asyncio.sleep(0.002 * n)\n  return n\nasync def g():\n  q = asyncio.Queue()\n  t = asyncio.create_task(q.get())\n  await q.put("queued")\n  try: await asyncio.wait_for(asyncio.Event().wait(), 0.005)\n  except TimeoutError: late = True\n  return [await asyncio.gather(f(2), f(1)), await t, late]\ndef main(): return asyncio.run(g())',
    [[2, 1], 'queued', true],
  ],
  [
    'time.sleep',
    'import time\ndef main():\n  a = time.monotonic(); time.sleep(0.05); return 0.045 < time.monotonic() - a < 5',
    true,
  ],
  [
    'pickle, copy',
    'import pickle, copy\nclass A: pass\ndef main(): return [type(pickle.loads(pickle.dumps(A()))).__name__, copy.deepcopy({"a": [1]})]',
    ['A', { a: [1] }],
  ],
  [
    'zlib, gzip, bz2',
    'import zlib, gzip, bz2\ndef main(): return [f.decompress(f.compress(b"a" * 99)).decode() == "a" * 99 for f in (zlib, gzip, bz2)]',
    [true, true, true],
  ],
  [
    'uuid, secrets, string',
    'import uuid, secrets, string\ndef main(): return [len(str(uuid.uuid4())), len(secrets.token_hex(4)), string.digits]',
    [36, 8, '0123456789'],
  ],
  [
    'ast, inspect',
    'import ast, inspect\ndef main(): return [ast.literal_eval("[1]"), inspect.getsource(main)[:10]]',
    [[1], 'def main()'],
  ],
  [
    'traceback of a caught error',
    'import traceback\ndef main():\n  try: 1/0\n  except ZeroDivisionError: return traceback.format_exc().splitlines()[-1]',
    'ZeroDivisionError: division by zero',
  ],
  ['if __name__', 'x = 1\nif __name__ == "__main__": x = 2\ndef main(): return x', 2],
  [
    'random bytes',
    'import os\ndef main():\n  with open("/dev/urandom", "rb") as f: return [len(f.read(100)), len(set(os.urandom(100_000)))]',
    [100, 256],
  ],
  [
    'a fully used language',
    'def main():\n  match {"a": [1, 2]}:\n    case {"a": [x, *rest]}: return [x, rest, (y := 3), f"{y!r:>3}"]',
    [1, [2], 3, '  3'],
  ],
])('%s', async (_name, code, value) => {
  expect((await sandbox.python(code)).value).toEqual(value);
});

test('an event loop that nothing could ever wake is an error, not a hang', async () => {
  const code = 'import asyncio\nasync def f(): await asyncio.Event().wait()\ndef main(): asyncio.run(f())';
  expect((await sandbox.failure('python3', code)).message).toMatch(/waits for something that cannot happen/);
});

test('time.sleep leaves the processor to others', async () => {
  const before = process.cpuUsage();
  await sandbox.python('import time\ndef main(): time.sleep(0.5)');
  const { user, system } = process.cpuUsage(before);
  expect((user + system) / 1000).toBeLessThan(300);
});

test('code that imports requests, handles its errors and can do without runs', async () => {
  const code = `
import requests
from requests.exceptions import RequestException
def main():
  try: requests.Session().post('http://127.0.0.1')
  except RequestException as error: return str(error)`;
  expect((await sandbox.python(code)).value).toMatch(/^Code has no network here\./);
});
