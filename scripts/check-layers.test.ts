import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { checkLayers, importsOf } from './check-layers.ts';

let home: string;
let src: string;

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'layers-'));
  src = join(home, 'src');
});

afterEach(() => {
  rmSync(home, { recursive: true });
});

function write(files: Readonly<Record<string, string>>): void {
  for (const [file, source] of Object.entries(files)) {
    mkdirSync(dirname(join(src, file)), { recursive: true });
    writeFileSync(join(src, file), source);
  }
}

const CLEAN = {
  'errors.ts': 'export class E extends Error {}\n',
  'config/config.ts': "import { E } from '../errors.ts';\nexport const config = E;\n",
  'store/store.ts': "import { config } from '../config/config.ts';\nexport const store = config;\n",
  'runs/run.ts': "import type { store } from '../store/store.ts';\nexport type Run = typeof store;\n",
  'models/chat.ts': "import '../errors.ts';\nexport const chat = 1;\n",
  'engines/chat.ts':
    "import { chat } from '../models/chat.ts';\nimport type { Run } from '../runs/run.ts';\n",
  'surfaces/sse.ts': 'export const sse = 1;\n',
  'surfaces/dify/index.ts':
    "import type { Run } from '../../runs/run.ts';\nimport { sse } from '../sse.ts';\n",
  'server.ts': "export * from './surfaces/dify/index.ts';\nexport * from './engines/chat.ts';\n",
  'main.ts': "import { readFileSync } from 'node:fs';\nawait import('./server.ts');\n",
  'runs/run.test.ts': "import { expect } from 'vitest';\nimport '../surfaces/dify/index.ts';\n",
};

test('a clean house has no problems', () => {
  write(CLEAN);
  expect(checkLayers(src)).toEqual([]);
});

test.each([
  ['runs/bad.ts', "import { chat } from '../models/chat.ts';", 'runs may not import models'],
  ['surfaces/bad.ts', "import type { X } from '../engines/chat.ts';", 'surfaces may not import engines'],
  ['surfaces/dify/bad.ts', "export { chat } from '../../models/chat.ts';", 'surfaces may not import models'],
  ['engines/bad.ts', "const a = await import('../surfaces/sse.ts');", 'engines may not import surfaces'],
  ['models/bad.ts', "export type X = import('../runs/run.ts').Run;", 'models may not import runs'],
  ['store/bad.ts', "import {\n  a,\n  b,\n} from '../apps/app.ts';", 'store may not import apps'],
  ['errors.ts', "import '../bench/load.ts';", 'outside of src'],
  ['config/bad.ts', "import '../errors.js';", 'does not exist'],
  ['server.ts', "import './cli/parley.ts';", 'server may not import cli'],
  ['surfaces/coze/bad.ts', "import '../dify/index.ts';", 'folders of surfaces stay apart'],
  ['store/bad.ts', "import '../runs/run.test.ts';", 'imports the test runs/run.test.ts'],
  ['utils/bad.ts', "import '../errors.ts';", 'room utils is not in the table'],
])('%s: %s', (file, source, problem) => {
  write({ ...CLEAN, 'apps/app.ts': '', '../bench/load.ts': '', 'cli/parley.ts': '', [file]: `${source}\n` });
  const problems = checkLayers(src);
  expect(problems).toEqual([expect.stringContaining(problem)]);
  expect(problems[0]).toContain(file);
});

test('a cycle of types is a cycle', () => {
  write({
    'runs/a.ts': "import type { B } from './b.ts';\nexport type A = B;\n",
    'runs/b.ts': "export type B = import('./c.ts').C;\n",
    'runs/c.ts': "import { type A } from './a.ts';\nexport type C = A;\n",
  });
  expect(checkLayers(src)).toEqual(['import cycle: runs/a.ts → runs/b.ts → runs/c.ts → runs/a.ts']);
});

test('a file of 351 lines is too long, one of 350 is not', () => {
  write({ 'errors.ts': '//\n'.repeat(351), 'config.ts': '//\n'.repeat(350) });
  expect(checkLayers(src)).toEqual(['errors.ts: 351 lines, at most 350']);
});

test('comments are not imports, and strings do not hide them', () => {
  const source = [
    "// import a from './a.ts';",
    '/* x',
    "import b from './b.ts';",
    '*/',
    "const url = 'http://x'; // it's",
    "import c from './c.ts';",
    'const r = /a\\/*b/;',
    "const d = await import('./d.ts'); // import('./e.ts')",
    "const w = new Worker(new URL('./f.ts', import.meta.url));",
  ].join('\n');
  expect(importsOf(source)).toEqual([
    { specifier: './c.ts', line: 6 },
    { specifier: './d.ts', line: 8 },
    { specifier: './f.ts', line: 9 },
  ]);
});

test('the command ends with 1 and says why', () => {
  write({ ...CLEAN, 'bus/bad.ts': "import '../store/store.ts';\n" });
  const script = join(import.meta.dirname, 'check-layers.ts');
  const result = spawnSync(process.execPath, [script, src], { encoding: 'utf8' });
  expect(result.stderr).toContain('bus/bad.ts:1: bus may not import store (store/store.ts)');
  expect(result.status).toBe(1);
  rmSync(join(src, 'bus'), { recursive: true });
  expect(spawnSync(process.execPath, [script, src], { encoding: 'utf8' })).toMatchObject({
    status: 0,
    stderr: '',
  });
});
