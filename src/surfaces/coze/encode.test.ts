import { EventEmitter } from 'node:events';
import type { FastifyReply } from 'fastify';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { ParleyError } from '../../errors.ts';
import { Run, type RunFacts } from '../../runs/run.ts';
import { NO_USAGE, type RunEvent, type RunOutcome } from '../../runs/run-event.ts';
import { RunLog } from '../../runs/run-log.ts';
import type { Thought, ToolUse } from '../../runs/thought.ts';
import { streamRun } from '../stream-run.ts';
import { cozeStream } from './encode.ts';

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

function aRun(): Run {
  const facts = {
    id: '01a1fa4c-2136-71d9-874a-a6a8c68cb562',
    messageId: '01a1fa4c-2136-71d9-874a-a6a8c68cb563',
    conversationId: '01a1fa4c-2136-71d9-874a-a6a8c68cb564',
    app: { id: 'chat' },
    section: null,
    metadata: null,
    createdAt: Date.UTC(2026, 0),
  } as unknown as RunFacts;
  return new Run(facts, new RunLog(() => {}), () => {});
}

interface Data {
  readonly [name: string]: unknown;
  readonly type?: string;
  readonly content?: string;
  readonly reasoning_content?: string;
}

function read(body: string): { event: string; data: Data }[] {
  return Array.from(body.matchAll(/event:(?:conversation\.)?(.+)\ndata:(.+)\n\n/gy), ([, event, data]) => ({
    event: String(event),
    data: JSON.parse(String(data)),
  }));
}

/** What a run tells by these events, after its opening. */
function told(...events: readonly RunEvent[]) {
  const format = cozeStream(aRun());
  return read(events.map((event, n) => format.encode(event, n + 1)).join(''));
}

const text = (said: string): RunEvent => ({ kind: 'text', text: said });
const ended = (more: Partial<RunOutcome> = {}): RunEvent => ({
  kind: 'ended',
  outcome: { ...outcome, ...more },
});
const names = (frames: readonly { event: string }[]) => frames.map(({ event }) => event);

test('a piece of text is a frame, an empty one is none, nor is sound', () => {
  expect(told(text(''), { kind: 'audio', data: 'AAAA' })).toEqual([]);
  expect(told(text('a'), text('b')).map(({ data }) => data.content)).toEqual(['a', 'b']);
});

test('a piece with reasoning and text is a frame of each', () => {
  expect(
    told(text('<think>\nHm\n</think>\n\nSo')).map(({ event, data }) => [
      event,
      data.content,
      data.reasoning_content,
    ]),
  ).toEqual([
    ['message.delta', '', 'Hm'],
    ['message.delta', 'So', undefined],
  ]);
});

test('what may have become a tag is told before the message is complete', () => {
  const frames = told(text('a <thi'), ended({ answer: 'a <thi' }));
  expect(names(frames).slice(0, 3)).toEqual(['message.delta', 'message.delta', 'message.completed']);
  expect(frames.slice(0, 3).map(({ data }) => data.content)).toEqual(['a ', '<thi', 'a <thi']);
});

test('what was taken back is not told any more; what stands in its place is, when it is complete', () => {
  const replaced: RunEvent = { kind: 'text_replaced', text: 'No.', reason: 'output_moderation' };
  const frames = told(text('a <thi'), replaced, ended({ answer: 'No.' }));
  expect(frames.filter(({ event }) => event === 'message.delta').map(({ data }) => data.content)).toEqual([
    'a ',
  ]);
  expect(frames[1]?.data).toMatchObject({ type: 'answer', content: 'No.' });
});

test('the answer is complete once, before what follows it', () => {
  const frames = told(
    text('a'),
    { kind: 'answered', answer: 'a' },
    { kind: 'follow_up', text: 'b?' },
    { kind: 'follow_up', text: 'c?' },
    ended({ answer: 'a', followUps: ['b?', 'c?'] }),
  );
  expect(names(frames)).toEqual([
    ...['message.delta', 'message.completed', 'message.completed', 'message.completed', 'message.completed'],
    ...['chat.completed', 'done'],
  ]);
  expect(frames.slice(1, 5).map(({ data }) => data.type)).toEqual([
    ...['answer', 'verbose', 'follow_up', 'follow_up'],
  ]);
  expect(new Set(frames.slice(1, 5).map(({ data }) => data.id)).size).toBe(4);
});

describe('the work of an agent', () => {
  const use = (id: string, output: string | null, executedBy: ToolUse['executedBy'] = 'server'): ToolUse => ({
    ...{ id, provider: 'p', name: `tool_${id}`, label: {}, arguments: '{}' },
    ...{ output, executedBy },
  });
  const thought = (...uses: readonly ToolUse[]): Thought => ({
    ...{ id: '01a1fa4c-2137-71d9-874a-a6a8c68cb565', position: 1, text: 'Hm', uses },
    ...{ files: [], createdAt: Date.UTC(2026, 0) + 1 },
  });
  const shows = (...uses: readonly ToolUse[]): RunEvent => ({ kind: 'thought', thought: thought(...uses) });
  const types = (frames: readonly { data: Data }[]) => frames.map(({ data }) => data.type);
  const asked = thought(use('a', 'A'), use('b', null, 'caller'), use('c', null, 'caller'));

  test('calls and responses are told once, however often the thought comes', () => {
    const one = shows(use('a', null), use('b', null));
    const two = shows(use('a', null), use('b', 'B'));
    const three = shows(use('a', 'A'), use('b', 'B'));
    expect(told(shows())).toEqual([]);
    expect(types(told(shows(), one))).toEqual(['function_call', 'function_call']);
    const frames = told(one, one, two, two, three, three);
    expect(types(frames)).toEqual(['function_call', 'function_call', 'tool_response', 'tool_response']);
    expect(frames.slice(2).map(({ data }) => data.content)).toEqual(['B', 'A']);
    expect(names(frames)).toEqual(Array(4).fill('message.completed'));
    expect(told(three)).toHaveLength(4);
  });

  test('asides and files are not told', () => {
    const file = { id: 'f', filename: 'a.png' } as never;
    expect(told({ kind: 'aside', text: 'thinking' }, { kind: 'file', file })).toEqual([]);
  });

  test('a pause ends the stream with what is asked for, and no answer is complete', () => {
    const frames = told(
      text('Wait <thi'),
      ended({ status: 'paused', answer: 'Wait <thi', thoughts: [asked] }),
    );
    expect(names(frames)).toEqual(['message.delta', 'message.delta', 'chat.requires_action', 'done']);
    // What may have become a tag is told before.
    expect(frames.slice(0, 2).map(({ data }) => data.content)).toEqual(['Wait ', '<thi']);
    const calls = ['b', 'c'].map((id) => ({
      id,
      type: 'function',
      function: { name: `tool_${id}`, arguments: '{}' },
    }));
    expect(frames[2]?.data.required_action).toEqual({
      type: 'submit_tool_outputs',
      submit_tool_outputs: { tool_calls: calls },
    });
    expect(frames[2]?.data).toMatchObject({ status: 'requires_action', completed_at: null });
  });

  test('a pause of a canceled chat asks for nothing', () => {
    const frames = told(ended({ status: 'paused', canceledAt: 5000, thoughts: [asked] }));
    expect(names(frames)).toEqual(['message.completed', 'message.completed', 'chat.completed', 'done']);
    expect(frames[2]?.data).toMatchObject({
      status: 'canceled',
      required_action: { type: '', submit_tool_outputs: { tool_calls: [] } },
    });
  });

  test('one that goes on begins with the responses that its caller brought', () => {
    const thoughts = [thought(use('a', 'A'), use('b', 'B', 'caller'), use('c', '', 'caller'))];
    const outputs = new Map([
      ['c', ''],
      ['b', 'B'],
    ]);
    const opening = read(String(cozeStream(aRun(), { thoughts, outputs }).opening));
    expect(names(opening)).toEqual([
      'chat.created',
      'chat.in_progress',
      ...Array(2).fill('message.completed'),
    ]);
    expect(opening.slice(2).map(({ data }) => [data.type, data.content])).toEqual([
      ['tool_response', 'B'],
      ['tool_response', ''],
    ]);
    // As the lists have them.
    const all = told(shows(...(thoughts[0]?.uses ?? [])));
    expect(opening.slice(2).map(({ data }) => data)).toEqual(all.slice(4).map(({ data }) => data));
  });
});

describe('the end', () => {
  const error = new ParleyError('provider_rate_limited', 400, 'slow down');
  test.each<[string, Partial<RunOutcome>, string, object]>([
    ['succeeded', {}, 'chat.completed', { status: 'completed', last_error: { code: 0, msg: '' } }],
    [
      'failed',
      { status: 'failed', error },
      'chat.failed',
      { status: 'failed', completed_at: null, last_error: { code: 4013, msg: 'slow down' } },
    ],
    ['canceled', { canceledAt: 5000 }, 'chat.completed', { status: 'canceled' }],
    [
      'canceled and failed',
      { canceledAt: 5000, status: 'failed', error },
      'chat.completed',
      { status: 'canceled', failed_at: null, last_error: { code: 0, msg: '' } },
    ],
    [
      'stopped by its user',
      { status: 'stopped', stoppedBy: 'user' },
      'chat.completed',
      { status: 'completed' },
    ],
    [
      'stopped as its client left',
      { status: 'stopped', stoppedBy: 'disconnect' },
      'chat.completed',
      { status: 'completed' },
    ],
    [
      'too long',
      { status: 'stopped', stoppedBy: 'timeout' },
      'chat.failed',
      { status: 'failed', last_error: { code: 5000, msg: expect.stringMatching(/longer/) } },
    ],
    [
      'cut off by the end of the server',
      { status: 'stopped', stoppedBy: 'shutdown' },
      'chat.failed',
      { status: 'failed', last_error: { code: 5000, msg: expect.stringMatching(/shut down/) } },
    ],
  ])('%s', (_, more, event, data) => {
    const frames = told(text('said'), ended({ answer: 'said', ...more }));
    const last = frames.slice(-2);
    expect(names(last)).toEqual([event, 'done']);
    expect(last[0]?.data).toMatchObject(data);
    const completed = names(frames).filter((name) => name === 'message.completed');
    expect(completed).toHaveLength(event === 'chat.failed' ? 0 : 2);
    const verbose = frames.find((frame) => frame.data.type === 'verbose');
    if (verbose)
      expect(JSON.parse(JSON.parse(String(verbose.data.content)).data).finish_reason).toBe(
        more.status === 'stopped' ? 1 : 0,
      );
  });

  test('is two frames, of which the last is to the byte', () => {
    const format = cozeStream(aRun());
    expect(format.encode(ended(), 1)).toMatch(/\}\n\nevent:done\ndata:"\[DONE\]"\n\n$/);
  });
});

test('readers have a state of their own: a late one is told the same', () => {
  const run = aRun();
  const [one, other] = [cozeStream(run), cozeStream(run)];
  const events = [text('<thi'), text('nk>a</think>b'), ended({ answer: '<think>a</think>b' })];
  const told = (format: typeof one) => events.map((event, n) => format.encode(event, n + 1)).join('');
  expect(told(one)).toBe(told(other));
  expect(one.opening).toBe(other.opening);
  expect(read(String(one.opening)).map(({ event, data }) => [event, data.status])).toEqual([
    ['chat.created', 'created'],
    ['chat.in_progress', 'in_progress'],
  ]);
});

describe('on a connection', () => {
  beforeEach(
    () => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval'] }),
  );
  afterEach(() => void vi.useRealTimers());

  class FakeResponse extends EventEmitter {
    text = '';
    closed = false;
    destroyed = false;
    readonly socket = { destroySoon() {} };
    writeHead(): void {}
    flushHeaders(): void {}
    write(text: string): boolean {
      this.text += text;
      return true;
    }
    end(text: string): void {
      this.text += text;
      this.emit('close');
    }
  }

  test('the opening at once; every 10 s of silence a ping that all SDKs survive; nothing after done', async () => {
    const run = aRun();
    const raw = new FakeResponse();
    const reply = { raw, hijack() {}, getHeaders: () => ({}), server: { server: { listening: true } } };
    const format = cozeStream(run);
    streamRun(reply as unknown as FastifyReply, run, format);
    expect(raw.text).toBe(format.opening);
    vi.advanceTimersByTime(9_999);
    expect(raw.text).toBe(format.opening);
    vi.advanceTimersByTime(1);
    expect(raw.text).toBe(`${format.opening}event:ping\ndata:{}\n\n`);
    vi.advanceTimersByTime(20_000);
    expect(raw.text).toBe(`${format.opening}${'event:ping\ndata:{}\n\n'.repeat(3)}`);
    run.end(outcome);
    await Promise.resolve().then(() => Promise.resolve());
    expect(raw.text).toMatch(/event:done\ndata:"\[DONE\]"\n\n$/);
    const { text: all } = raw;
    vi.advanceTimersByTime(60_000);
    expect(raw.text).toBe(all);
    expect(read(all).map(({ event }) => event)).toEqual([
      ...['chat.created', 'chat.in_progress', 'ping', 'ping', 'ping'],
      ...['message.completed', 'message.completed', 'chat.completed', 'done'],
    ]);
  });
});
