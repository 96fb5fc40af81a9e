import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openDataFolder } from './data-folder.ts';

let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'parley-folder-'));
});
afterEach(() => rmSync(root, { recursive: true }));

test('is for one server at a time, and keeps its identity and secret', () => {
  const dir = join(root, 'data');
  const first = openDataFolder(dir);
  expect(() => openDataFolder(dir)).toThrow(/Another Parley is using the data folder/);
  first.unlock();
  const second = openDataFolder(dir);
  expect(second.processId).toBe(first.processId);
  expect(Buffer.from(second.secret)).toEqual(Buffer.from(first.secret));
  expect(second.secret).toHaveLength(32);
  second.unlock();
});

test('nobody but its owner reads it', () => {
  const dir = join(root, 'data');
  openDataFolder(dir).unlock();
  expect(statSync(dir).mode & 0o777).toBe(0o700);
  for (const name of ['secret', 'process-id']) expect(statSync(join(dir, name)).mode & 0o777).toBe(0o600);
  expect(readFileSync(join(dir, 'secret'), 'utf8')).toMatch(/^[0-9a-f]{64}\n$/);
});
