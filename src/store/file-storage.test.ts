import { existsSync, mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { diskStorage } from './file-storage.ts';

const KEPT = '00000000-0000-4000-8000-0000000000ab';
const LEFT = '00000000-0000-4000-8000-0000000000cd';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'parley-files-'));
});
afterEach(() => rmSync(root, { recursive: true }));

test('what a killed process was receiving is swept, and nothing else', async () => {
  const dir = join(root, 'files');
  expect(await diskStorage(dir).sweep()).toBe(0);

  const partial = join(dir, 'cd', `${LEFT}.partial`);
  mkdirSync(dirname(partial), { recursive: true });
  writeFileSync(partial, 'half');
  const before = new Date(Date.now() - 1_000);
  utimesSync(partial, before, before);
  const storage = diskStorage(dir);
  await storage.write(KEPT, Readable.from(['whole']), {});
  utimesSync(join(dir, 'ab', KEPT), before, before);
  const going = join(dir, 'ab', `${LEFT}.partial`);
  writeFileSync(going, 'coming');
  const after = new Date(Date.now() + 1_000);
  utimesSync(going, after, after);

  expect(await storage.sweep()).toBe(1);
  expect(existsSync(partial)).toBe(false);
  expect(existsSync(going)).toBe(true);
  expect(await text((await storage.read(KEPT)).stream)).toBe('whole');
});
