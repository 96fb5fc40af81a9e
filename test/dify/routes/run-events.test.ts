import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type MockProvider, startMockProvider } from '../../support/mock-provider/start-mock-provider.ts';
import { chatApp, completionApp } from '../../support/parley/apps.ts';
import type { EventReader } from '../../support/parley/read-events.ts';
import { startParley, type TestParley } from '../../support/parley/start-parley.ts';
import {
  answered,
  firstEvent,
  readStream,
  sendCompletion,
  stop,
  streamChat,
  textOf,
} from '../../support/parley/turns.ts';
import { failure, readAnswer } from './read-answer.ts';

let provider: MockProvider;
let parley: TestParley;

beforeAll(async () => {
  provider = await startMockProvider();
  parley = await startParley({
    apps: { chat: chatApp(), other: chatApp(), completion: completionApp() },
    provider: provider.baseUrl,
  });
});
afterAll(async () => {
  await parley.close();
  await provider.close();
});
beforeEach(() => provider.reply());

const events = (taskId: string, query: string, app = 'chat') =>
  parley.request(
    app,
    'GET',
    `/${app === 'completion' ? 'completion' : 'chat'}-messages/${taskId}/events?${query}`,
  );
const resume = async (taskId: string, after: number, user = 'u1', app = 'chat'): Promise<EventReader> =>
  readStream(await events(taskId, `user=${user}&after=${after}`, app));
const nextUpstream = () => provider.nextRequest((request) => !request.isOver);

/** A stream that has said `a` and `b` and waits; its client has read both. */
async function halfway(user: string) {
  provider.reply({ gate: true });
  const reader = await streamChat(parley, { user });
  const upstream = await nextUpstream();
  upstream.send('a');
  const first = await firstEvent(reader);
  upstream.send('b');
  const [second] = await reader.readUntil(() => true);
  return { reader, upstream, first, read: [first, second] };
}

describe('coming back to a stream', () => {
  test('in the middle: what is missing follows, to the byte, and then goes on live', async () => {
    const { reader, upstream, first, read } = await halfway('mid');
    await reader.cancel();
    const back = await resume(first.task_id, 1, 'mid');
    const again = await back.readUntil(() => true);
    expect(again).toEqual([read[1]]);
    upstream.send('c');
    upstream.finish();
    const rest = await back.readAll();
    expect(rest.map((event) => event.event)).toEqual(['message', 'message_end']);
    expect(textOf([read[0] as object as Record<string, unknown>, ...again, ...rest])).toBe('abc');
    for (const event of rest) {
      expect(event).toMatchObject({
        task_id: first.task_id,
        message_id: first.message_id,
        created_at: first.created_at,
      });
    }
  });

  test('twice at once, from the start and from what has not happened yet', async () => {
    const { reader, upstream, first } = await halfway('twice');
    const [whole, future] = [
      await resume(first.task_id, 0, 'twice'),
      await resume(first.task_id, 1000, 'twice'),
    ];
    upstream.send('c');
    upstream.finish();
    const original = [first, ...(await reader.readAll())];
    expect(textOf(await whole.readAll())).toBe('abc');
    const late = await future.readAll();
    expect(late.map((event) => event.event)).toEqual(['message', 'message_end']);
    expect(late).toEqual(original.slice(-2));
  });

  test('after the end, every piece is still there; the end is told to everybody', async () => {
    const reader = await streamChat(parley, { user: 'end' });
    const original = await reader.readAll();
    const task = String(original[0]?.task_id);
    for (let after = 0; after < original.length; after++) {
      expect(await (await resume(task, after, 'end')).readAll()).toEqual(original.slice(after));
    }
    for (const after of [original.length, original.length + 7]) {
      expect(await (await resume(task, after, 'end')).readAll()).toEqual(original.slice(-1));
    }
    const response = await events(task, 'user=end');
    expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
    expect(await (await readStream(response)).readAll()).toEqual(original);
  });

  test('of a stopped run: what was said, and message_end', async () => {
    const { reader, first } = await halfway('stopped');
    await stop(parley, first.task_id, 'stopped');
    const original = [first, ...(await reader.readAll())];
    const back = await (await resume(first.task_id, 0, 'stopped')).readAll();
    expect(textOf(back)).toBe('ab');
    expect(back.at(-1)).toEqual(original.at(-1));
  });

  test('of a completion, also one that was asked for as a whole', async () => {
    provider.reply({ tokens: ['x', 'y'] });
    const blocking = await answered(sendCompletion(parley, { response_mode: 'blocking', user: 'whole' }));
    const back = await (await resume(blocking.task_id, 0, 'whole', 'completion')).readAll();
    expect(textOf(back)).toBe('xy');
    expect(back.at(-1)).toMatchObject({ event: 'message_end', message_id: blocking.message_id });
    expect(back[0]).not.toHaveProperty('conversation_id');
  });
});

describe('after a restart', () => {
  test('the answer is told from the store: once from the start, as a replacement otherwise', async () => {
    const original = await (await streamChat(parley, { user: 'restart' })).readAll();
    const first = original[0] as Record<string, unknown>;
    const end = original.at(-1);
    await parley.restart();
    const whole = await (await resume(String(first.task_id), 0, 'restart')).readAll();
    expect(whole).toEqual([{ ...first, answer: textOf(original) }, end]);
    const rest = await (await resume(String(first.task_id), 2, 'restart')).readAll();
    const { id: _, from_variable_selector: __, ...frame } = first;
    expect(rest).toEqual([{ ...frame, event: 'message_replace', answer: textOf(original), reason: '' }, end]);
    expect(Object.keys(rest[0] ?? {})).toEqual([
      ...['event', 'conversation_id', 'message_id', 'created_at', 'task_id', 'answer', 'reason'],
    ]);
  });

  test('a run that failed ends with its error', async () => {
    provider.reply({ tokens: ['so ', 'far'], error: { message: 'it broke' } });
    const original = await (await streamChat(parley, { user: 'failed' })).readAll();
    expect(original.at(-1)).toMatchObject({ event: 'error', message: 'it broke' });
    await parley.restart();
    const back = await (await resume(String(original[0]?.task_id), 0, 'failed')).readAll();
    expect(back).toEqual([
      { ...original[0], answer: 'so far' },
      { ...original.at(-1), code: 'completion_request_error', status: 400 },
    ]);
  });

  test('a deleted conversation cannot be told', async () => {
    const [first] = await (await streamChat(parley, { user: 'deleted' })).readAll();
    await parley.request('chat', 'DELETE', `/conversations/${first?.conversation_id}`, { user: 'deleted' });
    await parley.restart();
    expect((await events(String(first?.task_id), 'user=deleted')).status).toBe(404);
  });
});

describe('refusals', () => {
  const none = failure(404, 'not_found', 'Task Not Exists.');

  test('unknown tasks and those of others, in memory and in the store', async () => {
    const [first] = await (await streamChat(parley, { user: 'mine' })).readAll();
    const task = String(first?.task_id);
    const check = async () => {
      expect(await readAnswer(events('nothing', 'user=mine'))).toEqual(none);
      expect(await readAnswer(events(task, 'user=else'))).toEqual(none);
      expect(await readAnswer(events(task, 'user=mine', 'other'))).toEqual(none);
      expect((await events(task, 'user=mine')).status).toBe(200);
    };
    await check();
    await parley.restart();
    await check();
  });

  test('user, mode, position', async () => {
    expect(await readAnswer(events('x', 'after=1'))).toEqual(
      failure(400, 'invalid_param', 'Arg user must be provided.'),
    );
    const wrong = await readAnswer(parley.request('completion', 'GET', '/chat-messages/x/events?user=u1'));
    expect(wrong.body.code).toBe('not_chat_app');
    const other = await readAnswer(parley.request('chat', 'GET', '/completion-messages/x/events?user=u1'));
    expect(other.body.code).toBe('app_unavailable');
    for (const after of ['-1', 'x', '1.5']) {
      expect((await readAnswer(events('x', `user=u1&after=${after}`))).body.message).toContain(
        'for RunEventsQuery',
      );
    }
  });
});
