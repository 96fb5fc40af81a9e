import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { DataFolderInUse, openDataFolder } from './data-folder.ts';

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

test.each(['', 'abc\n', `${'g'.repeat(64)}\n`])('a damaged secret is refused: %j', (damaged) => {
  const dir = join(root, 'data');
  const { unlock, processId } = openDataFolder(dir);
  unlock();
  const path = join(dir, 'secret');
  const whole = readFileSync(path);
  writeFileSync(path, damaged);
  expect(() => openDataFolder(dir)).toThrow(/secret.*damaged.*data\/secret.*64 hexadecimal digits/);
  expect(readFileSync(path, 'utf8')).toBe(damaged);
  // The refused start let go of the folder.
  writeFileSync(path, whole);
  const again = openDataFolder(dir);
  expect(again.processId).toBe(processId);
  again.unlock();
});

test.each(['', '\n', 'half-a-uuid'])('a lost process id is made anew: %j', (damaged) => {
  const dir = join(root, 'data');
  openDataFolder(dir).unlock();
  writeFileSync(join(dir, 'process-id'), damaged);
  const { processId, unlock } = openDataFolder(dir);
  unlock();
  expect(processId).toMatch(/^[0-9a-f-]{36}$/);
  expect(readFileSync(join(dir, 'process-id'), 'utf8')).toBe(`${processId}\n`);
});

test('a start that was cut off while it wrote leaves nothing in the way', () => {
  const dir = join(root, 'data');
  mkdirSync(dir);
  for (const name of ['secret', 'process-id']) writeFileSync(join(dir, `${name}.partial`), 'ha');
  openDataFolder(dir).unlock();
  expect(readdirSync(dir).filter((name) => name.endsWith('.partial'))).toEqual([]);
});

test('only a lock means another Parley; anything else is said as it is', () => {
  const dir = join(root, 'data');
  openDataFolder(dir).unlock();
  const lock = join(dir, 'lock.db');
  writeFileSync(lock, 'no database, and long enough to be looked at'.repeat(100));
  const open = () => openDataFolder(dir);
  expect(open).toThrow(/data folder .*data cannot be locked: lock\.db: file is not a database/);
  expect(open).not.toThrow(DataFolderInUse);
  rmSync(lock);
  mkdirSync(lock);
  expect(open).toThrow(/cannot be locked: lock\.db: unable to open database file/);
});
