import { appendFileSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Journal } from './journal.ts';
import { type Made, type MadeChange, NOTHING_MADE, withChange } from './made.ts';
import type { RunFile } from './run-file.ts';
import type { Thought } from './thought.ts';

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

const open = () => {
  const { journal, recovered: made, ...rest } = Journal.open(dir, onError);
  const recovered = new Map([...made].map(([id, { answer }]) => [id, answer]));
  const answers = new Map<string, string>();
  return {
    ...rest,
    recovered,
    flush: () => journal.flush(),
    release: (runId: string) => journal.release(runId),
    close: () => journal.close(),
    /** As a run says it: with the whole answer at hand. */
    say(runId: string, text: string, replaces = false) {
      answers.set(runId, replaces ? text : (answers.get(runId) ?? '') + text);
      const made = () => ({ ...NOTHING_MADE, answer: answers.get(runId) as string });
      journal.append(runId, { kind: replaces ? 'replaced' : 'text', text }, made);
    },
  };
};
const fullDisk = () => {
  throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });
};
const journals = () => readdirSync(dir).filter((name) => name.endsWith('.journal'));

test('what was flushed is found by the next process, in order, with replacements, until it is cleared', () => {
  const journal = open();
  journal.say('a', 'one ');
  journal.say('b', 'bad');
  journal.say('a', 'two\n"\u2028日本');
  journal.say('b', 'good', true);
  journal.say('b', '!');
  journal.flush();
  journal.say('a', 'never flushed');
  const second = open();
  expect(Object.fromEntries(second.recovered)).toEqual({ a: 'one two\n"\u2028日本', b: 'good!' });
  expect(Object.fromEntries(open().recovered)).toEqual(Object.fromEntries(second.recovered));
  second.clear();
  expect(journals().length).toBeGreaterThan(0);
  expect(onError).not.toHaveBeenCalled();
});

test('nothing is left where every run was released', () => {
  const journal = open();
  journal.say('a', 'x');
  journal.flush();
  journal.release('a');
  journal.close();
  expect(journals()).toEqual([]);
  expect(open().recovered.size).toBe(0);
});

test('a journal that nobody needs is emptied, and one that is full gives way to the next', () => {
  const journal = open();
  journal.say('a', 'x'.repeat(100_000));
  journal.flush();
  journal.release('a');
  expect(journals().map((name) => statSync(join(dir, name)).size)).toEqual([0]);
  for (let n = 0; n < 5; n++) {
    journal.say('b', 'y'.repeat(8 * 1024 * 1024));
    journal.flush();
  }
  expect(journals().length).toBe(3);
  journal.say('c', 'z');
  journal.flush();
  expect(open().recovered.get('b')?.length).toBe(5 * 8 * 1024 * 1024);
  journal.release('b');
  const left = journals().map((name) => statSync(join(dir, name)).size);
  expect(Math.max(...left)).toBeLessThan(16 * 1024 * 1024);
});

test('a line cut off by the end of a process costs no other', () => {
  const journal = open();
  journal.say('a', 'whole');
  journal.flush();
  appendFileSync(join(dir, journals()[0] as string), '["a","ha');
  expect(Object.fromEntries(open().recovered)).toEqual({ a: 'whole' });
});

test('a full disk is told once, and what it swallowed is written when there is room again', () => {
  const journal = open();
  journal.say('a', 'before');
  journal.flush();
  fault = fullDisk;
  for (const text of [' lost', ' too']) {
    journal.say('a', text);
    expect(() => journal.flush()).not.toThrow();
  }
  expect(onError).toHaveBeenCalledExactlyOnceWith(expect.objectContaining({ code: 'ENOSPC' }));
  expect(Object.fromEntries(open().recovered)).toEqual({ a: 'before' });
  fault = null;
  journal.say('a', ' and after');
  journal.flush();
  journal.say('a', '.');
  journal.flush();
  expect(Object.fromEntries(open().recovered)).toEqual({ a: 'before lost too and after.' });
  fault = fullDisk;
  journal.say('a', '!');
  journal.flush();
  expect(onError).toHaveBeenCalledTimes(2);
});

test('what one run lost is written with what another says', () => {
  const journal = open();
  fault = fullDisk;
  journal.say('a', 'lost');
  journal.say('ended', 'lost');
  journal.flush();
  expect(() => journal.release('ended')).not.toThrow();
  fault = null;
  journal.say('b', 'after');
  journal.flush();
  expect(Object.fromEntries(open().recovered)).toEqual({ a: 'lost', b: 'after' });
});

test('a write that ends early is told, and the line it cut off takes no other with it', () => {
  const journal = open();
  // Room for a little, then for nothing: the line break that would end the torn line is lost as well.
  fault = (fd, text, write) => {
    fault = fullDisk;
    return write(fd, text.slice(0, 20));
  };
  journal.say('a', 'first');
  journal.say('b', 'cut');
  journal.flush();
  journal.say('b', ' short');
  journal.flush();
  expect(onError).toHaveBeenCalledOnce();
  expect(Object.fromEntries(open().recovered)).toEqual({ a: 'first' });
  fault = null;
  journal.say('b', ' and mended');
  journal.flush();
  expect(Object.fromEntries(open().recovered)).toEqual({ a: 'first', b: 'cut short and mended' });
});

test('a write that fails while the answer is replaced leaves the new answer', () => {
  const journal = open();
  journal.say('a', 'secret');
  journal.flush();
  fault = fullDisk;
  journal.say('a', 'refused', true);
  journal.flush();
  fault = null;
  journal.say('a', '.');
  journal.flush();
  expect(Object.fromEntries(open().recovered)).toEqual({ a: 'refused.' });
});

test('a next segment that cannot be made is told once, and the full one goes on', () => {
  const journal = open();
  rmSync(dir, { recursive: true });
  for (let n = 0; n < 4; n++) {
    journal.say('a', 'y'.repeat(9 * 1024 * 1024));
    expect(() => journal.flush()).not.toThrow();
  }
  expect(onError).toHaveBeenCalledExactlyOnceWith(expect.objectContaining({ code: 'ENOENT' }));
});

/** Notes changes of runs as they make them, with all that each has made at hand. */
function notes() {
  const { journal } = Journal.open(dir, onError);
  const made = new Map<string, Made>();
  const note = (runId: string, ...changes: readonly MadeChange[]) => {
    for (const change of changes) {
      made.set(runId, withChange(made.get(runId) ?? NOTHING_MADE, change));
      journal.append(runId, change, () => made.get(runId) as Made);
    }
    journal.flush();
  };
  return { note, made };
}
const recovered = () => Journal.open(dir, onError).recovered;
const text = (of: string): MadeChange => ({ kind: 'text', text: of });
const thought = (id: string, position: number, of = ''): MadeChange & { thought: Thought } => {
  return { kind: 'thought', thought: { id, position, text: of, uses: [], files: [], createdAt: 1 } };
};
const file = (id: string): MadeChange & { file: RunFile } => ({
  kind: 'file',
  file: {
    ...{ id, type: 'image', transferMethod: 'tool_file', uploadId: id, url: null },
    ...{ filename: 'a.png', extension: 'png', mimeType: 'image/png', size: 1 },
  },
});

test('thoughts are found as they last were, files in their order, beside the text', () => {
  const { note, made } = notes();
  note('a', thought('t1', 1), text('I look.'), thought('t1', 1, 'I look.'), file('f1'));
  note('b', thought('t1', 1, 'of another run'));
  note('a', thought('t2', 2), file('f2'), text('\nDone.'), thought('t1', 1, 'again'));
  expect(recovered()).toEqual(made);
  expect(recovered().get('a')).toEqual({
    answer: 'I look.\nDone.',
    thoughts: [thought('t1', 1, 'again').thought, thought('t2', 2).thought],
    files: [file('f1').file, file('f2').file],
  });
});

test('a replaced answer leaves the thoughts and the files', () => {
  const { note } = notes();
  note('a', text('bad'), thought('t1', 1), file('f1'), { kind: 'replaced', text: 'good' });
  expect(recovered().get('a')).toMatchObject({
    answer: 'good',
    thoughts: [{ id: 't1' }],
    files: [{ id: 'f1' }],
  });
});

test('what a full disk swallowed of thoughts and files is there again afterwards, each once', () => {
  const { note, made } = notes();
  note('a', text('before'), thought('t1', 1), file('f1'));
  fault = fullDisk;
  note('a', thought('t1', 1, 'lost'), file('f2'), text(' lost'), thought('t2', 2, 'lost too'));
  expect(recovered().get('a')).toMatchObject({
    answer: 'before',
    thoughts: [{ text: '' }],
    files: [{ id: 'f1' }],
  });
  fault = null;
  note('a', file('f3'));
  expect(recovered()).toEqual(made);
  expect(
    recovered()
      .get('a')
      ?.files.map(({ id }) => id),
  ).toEqual(['f1', 'f2', 'f3']);
});

test('text that looks like a line of another kind is text', () => {
  const { note, made } = notes();
  note('a', text('["b","x",1]\n["b",{"id":"t9"},2]\n'), thought('t1', 1, '["b","x"]\n'));
  expect(recovered()).toEqual(made);
});
