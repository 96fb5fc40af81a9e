import { appendFileSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Journal } from './journal.ts';

/** Null: writes go to the file; else what becomes of the next ones. */
let fault: ((fd: number, text: string, write: (fd: number, text: string) => number) => number) | null = null;

vi.mock('node:fs', async (original) => {
  const fs = await original<typeof import('node:fs')>();
  const write = (fd: number, text: string) => fs.writeSync(fd, text);
  return {
    ...fs,
    writeSync: (fd: number, text: string) => (fault ? fault(fd, text, write) : write(fd, text)),
  };
});

let dir: string;
const onError = vi.fn();

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'parley-journal-'));
  onError.mockReset();
  fault = null;
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const open = () => Journal.open(dir, onError);
const journals = () => readdirSync(dir).filter((name) => name.endsWith('.journal'));

test('what was flushed is found by the next process, in order, with replacements, until it is cleared', () => {
  const { journal } = open();
  journal.append('a', 'one ', false);
  journal.append('b', 'bad', false);
  journal.append('a', 'two\n"\u2028日本', false);
  journal.append('b', 'good', true);
  journal.append('b', '!', false);
  journal.flush();
  journal.append('a', 'never flushed', false);
  const second = open();
  expect(Object.fromEntries(second.recovered)).toEqual({ a: 'one two\n"\u2028日本', b: 'good!' });
  expect(Object.fromEntries(open().recovered)).toEqual(Object.fromEntries(second.recovered));
  second.clear();
  expect(journals().length).toBeGreaterThan(0);
  expect(onError).not.toHaveBeenCalled();
});

test('nothing is left where every run was released', () => {
  const { journal } = open();
  journal.append('a', 'x', false);
  journal.flush();
  journal.release('a');
  journal.close();
  expect(journals()).toEqual([]);
  expect(open().recovered.size).toBe(0);
});

test('a journal that nobody needs is emptied, and one that is full gives way to the next', () => {
  const { journal } = open();
  journal.append('a', 'x'.repeat(100_000), false);
  journal.flush();
  journal.release('a');
  expect(journals().map((name) => statSync(join(dir, name)).size)).toEqual([0]);
  for (let n = 0; n < 5; n++) {
    journal.append('b', 'y'.repeat(8 * 1024 * 1024), false);
    journal.flush();
  }
  expect(journals().length).toBe(3);
  journal.append('c', 'z', false);
  journal.flush();
  expect(open().recovered.get('b')?.length).toBe(5 * 8 * 1024 * 1024);
  journal.release('b');
  const left = journals().map((name) => statSync(join(dir, name)).size);
  expect(Math.max(...left)).toBeLessThan(16 * 1024 * 1024);
});

test('a line cut off by the end of a process costs no other', () => {
  const { journal } = open();
  journal.append('a', 'whole', false);
  journal.flush();
  appendFileSync(join(dir, journals()[0] as string), '["a","ha');
  expect(Object.fromEntries(open().recovered)).toEqual({ a: 'whole' });
});

test('a full disk is told, and runs go on', () => {
  const { journal } = open();
  journal.append('a', 'before', false);
  journal.flush();
  fault = () => {
    throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });
  };
  journal.append('a', ' lost', false);
  expect(() => journal.flush()).not.toThrow();
  expect(onError).toHaveBeenCalledExactlyOnceWith(expect.objectContaining({ code: 'ENOSPC' }));
  fault = null;
  journal.append('b', 'after', false);
  journal.flush();
  expect(() => journal.release('a')).not.toThrow();
  expect(Object.fromEntries(open().recovered)).toEqual({ a: 'before', b: 'after' });
});

test('a write that ends early is told, and what comes after it is readable', () => {
  const { journal } = open();
  fault = (fd, text, write) => write(fd, text.slice(0, 5));
  journal.append('a', 'cut', false);
  journal.flush();
  expect(onError).toHaveBeenCalledOnce();
  fault = null;
  journal.append('b', 'whole', false);
  journal.flush();
  expect(Object.fromEntries(open().recovered)).toEqual({ b: 'whole' });
});

test('a next segment that cannot be made is told, and the full one goes on', () => {
  const { journal } = open();
  rmSync(dir, { recursive: true });
  for (let n = 0; n < 3; n++) {
    journal.append('a', 'y'.repeat(9 * 1024 * 1024), false);
    expect(() => journal.flush()).not.toThrow();
  }
  expect(onError).toHaveBeenCalled();
  expect(onError.mock.calls[0]?.[0]).toMatchObject({ code: 'ENOENT' });
});
