import { EventEmitter } from 'node:events';
import type { FastifyReply } from 'fastify';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Run, type RunFacts } from '../../src/runs/run.ts';
import { NO_USAGE, type RunOutcome } from '../../src/runs/run-event.ts';
import { RunLog } from '../../src/runs/run-log.ts';
import { type StreamFormat, streamRun } from '../../src/surfaces/stream-run.ts';

const outcome: RunOutcome = {
  status: 'succeeded',
  answer: '',
  usage: NO_USAGE,
  error: null,
  stoppedBy: null,
  endedAt: 0,
  canceledAt: null,
  thoughts: [],
  files: [],
  followUps: [],
  spoken: false,
  workflow: null,
};
const format: StreamFormat = {
  encode: (event) => (event.kind === 'text' ? event.text : '<end>'),
  ping: '<ping>',
  pingMs: 10_000,
};

/** A response whose reader takes only what the test lets it take. */
class FakeResponse extends EventEmitter {
  readonly written: string[] = [];
  taking = true;
  closed = false;
  destroyed = false;
  ended = false;
  readonly socket = { destroySoon: () => this.destroy() };
  writeHead(): void {}
  flushHeaders(): void {}
  write(text: string): boolean {
    if (this.ended || this.destroyed) throw new Error('write after end');
    this.written.push(text);
    // As a socket does: more than its high-water mark always asks to wait for `drain`.
    return this.taking && text.length < 16_384;
  }
  end(text: string): void {
    this.written.push(text);
    this.ended = true;
    if (!this.taking) return;
    this.emit('finish');
    this.close();
  }
  destroy(): void {
    this.destroyed = true;
    this.close();
  }
  close(): void {
    if (this.closed) return;
    this.closed = true;
    this.emit('close');
  }
  get text(): string {
    return this.written.join('');
  }
}

function setUp({ listening = true } = {}) {
  const deserted = vi.fn();
  const run = new Run({} as RunFacts, new RunLog(() => {}), deserted);
  const raw = new FakeResponse();
  const reply = { raw, hijack() {}, getHeaders: () => ({}), server: { server: { listening } } };
  return { run, raw, deserted, reply: reply as unknown as FastifyReply };
}

const say = (run: Run, text: string) => run.log.append({ kind: 'text', text });
/** Readers wake in a microtask of the turn in which events came. */
const turn = () => Promise.resolve().then(() => Promise.resolve());

beforeEach(
  () => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval'] }),
);
afterEach(() => void vi.useRealTimers());

test('every 10 s a ping, also before the first token; none after the end', async () => {
  const { run, raw, reply } = setUp();
  streamRun(reply, run, format);
  vi.advanceTimersByTime(9_999);
  expect(raw.text).toBe('');
  vi.advanceTimersByTime(1);
  expect(raw.text).toBe('<ping>');
  vi.advanceTimersByTime(15_000);
  expect(raw.text).toBe('<ping><ping>');
  say(run, 'a');
  run.end(outcome);
  await turn();
  vi.advanceTimersByTime(60_000);
  expect(raw.text).toBe('<ping><ping>a<end>');
  expect(vi.getTimerCount()).toBe(0);
});

test('a reader that does not read is handed one portion, whatever is said meanwhile', async () => {
  const { run, raw, reply } = setUp();
  raw.taking = false;
  streamRun(reply, run, format);
  const piece = 'x'.repeat(10_000);
  for (let n = 0; n < 2000; n++) {
    say(run, piece);
    if (n % 100 === 0) await turn();
  }
  await turn();
  expect(raw.text.length).toBeLessThanOrEqual(256 * 1024 + piece.length);
  vi.advanceTimersByTime(100_000);
  expect(raw.text).not.toContain('<ping>');
  run.end(outcome);
  await turn();
  raw.taking = true;
  // The socket writes each portion out and asks for more.
  for (let n = 0; n < 100 && !raw.ended; n++) raw.emit('drain');
  expect(raw.text === `${piece.repeat(2000)}<end>`, 'everything, in order').toBe(true);
});

test('late readers each get everything from where they ask', async () => {
  const { run, raw, reply } = setUp();
  for (const text of ['a', 'b', 'c']) say(run, text);
  streamRun(reply, run, format, { after: 1 });
  expect(raw.text).toBe('bc');
  const second = setUp();
  streamRun(second.reply, run, format);
  expect(second.raw.text).toBe('abc');
  run.end(outcome);
  await turn();
  expect([raw.text, second.raw.text]).toEqual(['bc<end>', 'abc<end>']);
});

test('a stalled reader is dropped after two minutes; the run and other readers go on', async () => {
  const { run, raw, reply } = setUp();
  raw.taking = false;
  streamRun(reply, run, format);
  const other = setUp();
  streamRun(other.reply, run, format);
  say(run, 'a');
  await turn();
  vi.advanceTimersByTime(119_999);
  expect(raw.destroyed).toBe(false);
  vi.advanceTimersByTime(1);
  expect(raw.destroyed).toBe(true);
  say(run, 'b');
  run.end(outcome);
  await turn();
  expect(other.raw.text.replaceAll('<ping>', '')).toBe('ab<end>');
  expect(run.signal.aborted).toBe(false);
});

test('a reader that stalls over the last portion is dropped too', async () => {
  const { run, raw, reply } = setUp();
  streamRun(reply, run, format);
  raw.taking = false;
  say(run, 'a');
  run.end(outcome);
  await turn();
  expect(raw.ended).toBe(true);
  vi.advanceTimersByTime(120_000);
  expect(raw.destroyed).toBe(true);
  expect(vi.getTimerCount()).toBe(0);
});

test('a client that left before the stream began leaves nothing behind, and counts as gone', async () => {
  const { run, raw, reply, deserted } = setUp();
  raw.destroy();
  streamRun(reply, run, format);
  say(run, 'a');
  await turn();
  expect(run.readers).toBe(0);
  expect(deserted).toHaveBeenCalledOnce();
  expect(vi.getTimerCount()).toBe(0);
});

test('a server that shuts down closes the connection after the last event, and waits little for a stalled reader', async () => {
  const { run, raw, reply } = setUp({ listening: false });
  streamRun(reply, run, format);
  run.end(outcome);
  await turn();
  expect(raw.destroyed).toBe(true);

  const stalled = setUp({ listening: false });
  stalled.raw.taking = false;
  streamRun(stalled.reply, stalled.run, format);
  say(stalled.run, 'a');
  await turn();
  stalled.run.end(outcome);
  await turn();
  vi.advanceTimersByTime(2_000);
  expect(stalled.raw.destroyed).toBe(true);
});
