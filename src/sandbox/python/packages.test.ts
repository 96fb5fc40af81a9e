import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DEFAULT_SANDBOX_SETTINGS } from '../default-sandbox-settings.ts';
import { FIRST_CALL_MS, type SandboxUnderTest, sandboxUnderTest } from '../sandbox-under-test.ts';
import { PythonPackages } from './python-packages.ts';

let folder: string;
let server: Server;
let fetched: string[] = [];

const INFO = { abi_version: '2026_0', arch: 'wasm32', platform: 'emscripten_5_0_3', python: '3.14.2' };

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'parley-packages-'));
  const files = {
    'tiny-1.0-py3-none-any.whl': wheel('tiny', {
      'tiny/__init__.py': 'from base_of_tiny import ONE\nTWO = ONE + 1\n',
    }),
    'base-1.0-py3-none-any.whl': wheel('base', { 'base_of_tiny.py': 'ONE = 1\ncalls = []\n' }),
    'native-1.0-cp314-cp314-pyemscripten_2026_0_wasm32.whl': wheel('native', {
      'native.cpython-314-wasm32-emscripten.so': nativeModule(),
    }),
    'wrong-1.0-py3-none-any.whl': wheel('wrong', { 'wrong.py': '' }),
    'loose_one-2.0-py3-none-any.whl': wheel('loose_one', { 'loose_one.py': 'NAME = __name__\n' }),
    'junk-1.0-py3-none-any.whl': Buffer.from('no zip'),
    'greedy-1.0-py3-none-any.whl': wheel('greedy', {
      'greedy.py':
        'import sys\nsys.meta_path.pop(0)\nimport _pyodide_core\n_pyodide_core.create_proxy(print)\n',
    }),
    'broken-1.0-py3-none-any.whl': wheel('broken', { 'broken.py': 'raise RuntimeError("on import")\n' }),
  };
  for (const [name, bytes] of Object.entries(files)) writeFileSync(join(folder, name), bytes);
  const entry = (file: keyof typeof files, imports: string[], depends: string[] = []) => ({
    ...{ name: imports[0], version: '1.0', file_name: file, install_dir: 'site', package_type: 'package' },
    ...{
      imports,
      depends,
      sha256: createHash('sha256').update(files[file]).digest('hex'),
      unvendored_tests: false,
    },
  });
  const packages = {
    'tiny-package': entry('tiny-1.0-py3-none-any.whl', ['tiny'], ['base']),
    base: entry('base-1.0-py3-none-any.whl', ['base_of_tiny']),
    native: entry('native-1.0-cp314-cp314-pyemscripten_2026_0_wasm32.whl', ['native']),
    broken: entry('broken-1.0-py3-none-any.whl', ['broken']),
    wrong: { ...entry('wrong-1.0-py3-none-any.whl', ['wrong']), sha256: '0'.repeat(64) },
    absent: { ...entry('wrong-1.0-py3-none-any.whl', ['absent']), file_name: 'absent-1.0-py3-none-any.whl' },
  };
  writeFileSync(join(folder, 'pyodide-lock.json'), JSON.stringify({ info: INFO, packages }));
  server = createServer((request, response) => {
    fetched.push(request.url as string);
    const name = (request.url as string).replace('/wheels/', '');
    try {
      response.end(readFileSync(join(folder, name)));
    } catch {
      response.writeHead(404).end();
    }
  });
  return new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});

afterAll(() => {
  server.close();
  rmSync(folder, { recursive: true });
});

function sandboxWith(packages: string | null): SandboxUnderTest {
  return sandboxUnderTest({ python: { ...DEFAULT_SANDBOX_SETTINGS.python, packages }, maxWorkers: 2 });
}

describe('what is missing can be told beforehand', () => {
  const names = ['tiny', 'loose_one', 'absent', 'nowhere'];

  test('of a folder', async () => {
    expect(await new PythonPackages(folder).missing(names)).toEqual(['absent', 'nowhere']);
    expect(await new PythonPackages(join(folder, 'none')).missing(['numpy'])).toEqual(['numpy']);
  });

  test('of an address as far as its index says, and nothing else is fetched', async () => {
    fetched = [];
    const { port } = server.address() as AddressInfo;
    const missing = await new PythonPackages(`http://127.0.0.1:${port}/wheels`).missing(names);
    expect(missing).toEqual(['loose_one', 'nowhere']);
    expect(fetched).toEqual(['/wheels/pyodide-lock.json']);
  });
});

describe('from a folder', () => {
  let sandbox: SandboxUnderTest;
  beforeAll(async () => {
    sandbox = sandboxWith(folder);
    await sandbox.python('def main(): pass');
  }, FIRST_CALL_MS);
  afterAll(() => sandbox.close());

  test('a package and what it depends on are there when code imports it', async () => {
    const code = 'import tiny\ndef main():\n  import base_of_tiny\n  return [tiny.TWO, base_of_tiny.ONE]';
    expect((await sandbox.python(code)).value).toEqual([2, 1]);
  });

  test('a call leaves nothing in a package either', async () => {
    const code =
      'import base_of_tiny\ndef main():\n  base_of_tiny.calls.append(1)\n  return len(base_of_tiny.calls)';
    expect((await sandbox.python(code)).value).toBe(1);
    expect((await sandbox.python(code)).value).toBe(1);
  });

  test('a package of WebAssembly can be used, again and again', async () => {
    const code = 'import sys, native\ndef main(): return [native.__name__, native.__file__.split("/")[-1]]';
    for (let turn = 0; turn < 3; turn += 1) {
      const { value } = await sandbox.python(code);
      expect(value).toEqual(['native', 'native.cpython-314-wasm32-emscripten.so']);
    }
    const again =
      'import sys, native, importlib\ndel sys.modules["native"]\nimport native as n\ndef main(): return n is not None';
    expect((await sandbox.python(again)).value).toBe(true);
  });

  test('code of another tenant has only what it imports itself', async () => {
    const code =
      'import sys\ndef main():\n  try: return __import__("tiny").TWO\n  except ImportError: return "not here"';
    expect((await sandbox.python(code, { tenant: 'other' })).value).toBe('not here');
  });

  test('a wheel that lies beside the distribution’s is found by its name', async () => {
    expect((await sandbox.python('import loose_one\ndef main(): return loose_one.NAME')).value).toBe(
      'loose_one',
    );
  });

  test('its files cannot be written by code', async () => {
    const code = 'import tiny\ndef main(): open(tiny.__file__, "w")';
    expect((await sandbox.failure('python3', code)).message).toMatch(/PermissionError/);
  });

  test.each([
    ['import wrong', /wrong-1\.0-py3-none-any\.whl is not the file that pyodide-lock\.json names/],
    ['import absent', /absent-1\.0-py3-none-any\.whl is not there/],
    ['import nowhere', /nowhere is neither part of Python's standard library nor among the packages in /],
  ])('%s says what is missing', async (code, message) => {
    const error = await sandbox.failure('python3', code, { tenant: code });
    expect(error.kind).toBe('missing_package');
    expect(error.message).toMatch(message);
    expect(error.message).toContain('sandbox.python.packages');
  });

  test('what could not be loaded is not tried again by code that does not want it', async () => {
    await sandbox.failure('python3', 'import absent', { tenant: 'unlucky' });
    expect((await sandbox.python('def main(): return 1', { tenant: 'unlucky' })).value).toBe(1);
  });

  test('a file that is no wheel is named', async () => {
    const error = await sandbox.failure('python3', 'import junk', { tenant: 'junk' });
    expect(error.message).toMatch(/junk-1\.0-py3-none-any\.whl could not be installed/);
  });

  test('a package cannot do more than code can', async () => {
    const error = await sandbox.failure('python3', 'import greedy', { tenant: 'greedy' });
    expect(error.message).toMatch(/The package greedy needs what the sandbox does not allow/);
    expect((await sandbox.python('def main(): return 1', { tenant: 'greedy' })).value).toBe(1);
  });

  test('a package that fails when it is imported fails where the code imports it', async () => {
    const error = await sandbox.failure('python3', 'import broken', { tenant: 'broken' });
    expect(error.kind).toBe('error');
    expect(error.message).toMatch(/line 1, in <module>\n {4}import broken\nRuntimeError: on import$/);
  });
});

describe('from an address', () => {
  test(
    'packages are fetched once, and only those that are imported',
    async () => {
      fetched = [];
      const { port } = server.address() as AddressInfo;
      const sandbox = sandboxWith(`http://127.0.0.1:${port}/wheels`);
      const code = 'import tiny\ndef main(): return tiny.TWO';
      expect((await sandbox.python(code)).value).toBe(2);
      expect((await sandbox.python(code, { tenant: 'other' })).value).toBe(2);
      await sandbox.close();
      expect(fetched).toEqual(
        ['pyodide-lock.json', 'base-1.0-py3-none-any.whl', 'tiny-1.0-py3-none-any.whl'].map(
          (name) => `/wheels/${name}`,
        ),
      );
    },
    FIRST_CALL_MS,
  );
});

describe('with none', () => {
  test(
    'the error names the package and says what to do; code that can do without runs',
    async () => {
      const sandbox = sandboxWith(null);
      const error = await sandbox.failure('python3', 'def main():\n  from numpy.linalg import inv');
      expect(error.kind).toBe('missing_package');
      expect(error.message).toMatch(/line 2, in main\n/);
      expect(error.message).toMatch(
        /numpy is not part of Python's standard library\. .*sandbox\.python\.packages in parley\.yml/,
      );
      const code = 'try: import numpy\nexcept ImportError: numpy = None\ndef main(): return numpy is None';
      expect((await sandbox.python(code)).value).toBe(true);
      await sandbox.close();
    },
    FIRST_CALL_MS,
  );

  test(
    'packages for another Pyodide are refused',
    async () => {
      const other = mkdtempSync(join(tmpdir(), 'parley-packages-'));
      const info = { ...INFO, abi_version: '2025_0' };
      writeFileSync(join(other, 'pyodide-lock.json'), JSON.stringify({ info, packages: {} }));
      const sandbox = sandboxWith(other);
      const error = await sandbox.failure('python3', 'def main(): pass');
      expect(error.message).toMatch(/its packages are for Pyodide ABI 2025_0, this is 2026_0/);
      await sandbox.close();
      rmSync(other, { recursive: true });
    },
    FIRST_CALL_MS,
  );
});

/** A zip archive without compression, which is what a wheel is. */
function wheel(name: string, files: Readonly<Record<string, string | Uint8Array>>): Buffer {
  const metadata = {
    [`${name}-1.0.dist-info/METADATA`]: `Metadata-Version: 2.1\nName: ${name}\nVersion: 1.0\n`,
  };
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const [path, content] of Object.entries({ ...files, ...metadata })) {
    const bytes = Buffer.from(content);
    const fields = Buffer.alloc(26);
    fields.writeUInt16LE(20, 0);
    fields.writeUInt16LE(0x21, 8);
    fields.writeUInt32LE(crc32(bytes), 10);
    fields.writeUInt32LE(bytes.length, 14);
    fields.writeUInt32LE(bytes.length, 18);
    fields.writeUInt16LE(path.length, 22);
    const rest = Buffer.alloc(14);
    rest.writeUInt32LE(offset, 10);
    parts.push(Buffer.from('PK\x03\x04'), fields, Buffer.from(path), bytes);
    directory.push(Buffer.from('PK\x01\x02\x14\0'), fields, rest, Buffer.from(path));
    offset += 30 + path.length + bytes.length;
  }
  const entries = Buffer.concat(directory);
  const end = Buffer.alloc(18);
  end.writeUInt16LE(parts.length / 4, 4);
  end.writeUInt16LE(parts.length / 4, 6);
  end.writeUInt32LE(entries.length, 8);
  end.writeUInt32LE(offset, 12);
  return Buffer.concat([...parts, entries, Buffer.from('PK\x05\x06'), end]);
}

/** What a compiler makes of `PyInit_native() { return PyModule_Create2(&definition, 1013); }`: a library to be linked. */
function nativeModule(): Buffer {
  const text = (value: string): number[] => [value.length, ...Buffer.from(value)];
  const section = (id: number, bytes: number[]): number[] => [id, bytes.length, ...bytes];
  const NAME_AT = 56;
  const definition = Buffer.alloc(64);
  definition.writeInt32LE(1, 0);
  definition.writeInt32LE(-1, 28);
  definition.write('native\0', NAME_AT);
  return Buffer.from([
    ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(0, [...text('dylink.0'), 1, 4, definition.length, 2, 0, 0]),
    ...section(1, [2, 0x60, 0, 1, 0x7f, 0x60, 2, 0x7f, 0x7f, 1, 0x7f]),
    ...section(2, [
      ...[3, ...text('env'), ...text('memory'), 2, 0, 1],
      ...[...text('env'), ...text('__memory_base'), 3, 0x7f, 0],
      ...[...text('env'), ...text('PyModule_Create2'), 0, 1],
    ]),
    ...section(3, [1, 0]),
    ...section(7, [1, ...text('PyInit_native'), 0, 1]),
    ...section(10, [
      ...[1, 20, 0],
      // definition.m_name = base + NAME_AT
      ...[0x23, 0, 0x23, 0, 0x41, NAME_AT, 0x6a, 0x36, 2, 20],
      // return PyModule_Create2(base, 1013)
      ...[0x23, 0, 0x41, ...[0xf5, 0x07], 0x10, 0, 0x0f, 0x0b],
    ]),
    ...section(11, [1, 0, 0x23, 0, 0x0b, definition.length, ...definition]),
  ]);
}
