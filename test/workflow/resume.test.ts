import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Store } from '../../src/store/open-store.ts';
import { type MockProvider, startMockProvider } from '../support/mock-provider/start-mock-provider.ts';
import { openTestStore } from '../support/parley/open-test-store.ts';
import type { EventReader, Frame } from '../support/parley/read-events.ts';
import { startParley, type TestParley } from '../support/parley/start-parley.ts';
import { endedTurn } from '../support/parley/stored-runs.ts';
import { readStream, sendChat } from '../support/parley/turns.ts';
import {
  answerNode,
  endNode,
  graphApp,
  llmNode,
  startNode,
  type TestNode,
  templateNode,
} from './graph-app.ts';
import {
  dataOf,
  type Fields,
  finishedIn,
  runWorkflow,
  sendWorkflow,
  shownIn,
  streamChatflow,
  streamWorkflow,
} from './workflow-turns.ts';

let provider: MockProvider;
let parley: TestParley;
let store: Store;

/** A loop comes before the model: not all that happens in it is told. */
function nodes(last: TestNode): Readonly<Record<string, TestNode>> {
  return {
    start: startNode(),
    loop: {
      type: 'loop',
      loop_count: 2,
      start_node_id: 'loopstart',
      loop_variables: [],
      break_conditions: [],
    },
    loopstart: { type: 'loop-start', parent: 'loop' },
    inner: { ...templateNode('x'), parent: 'loop' },
    llm: llmNode('Say something.'),
    after: templateNode('after {{ text }}', { text: ['llm', 'text'] }),
    last,
  };
}

beforeAll(async () => {
  provider = await startMockProvider();
  const edges = [
    ...[
      ['start', 'loop'],
      ['loopstart', 'inner'],
      ['loop', 'llm'],
    ],
    ...[
      ['llm', 'after'],
      ['after', 'last'],
    ],
  ] as unknown as readonly [string, string][];
  const keywords = { keywords: 'bomb', inputs_config: { enabled: true, preset_response: 'No.' } };
  parley = await startParley({
    provider: provider.baseUrl,
    apps: {
      workflow: graphApp('workflow', nodes(endNode({ text: ['llm', 'text'] })), { edges }),
      chatflow: graphApp('advanced-chat', nodes(answerNode('{{#llm.text#}}')), { edges }),
      moderated: graphApp(
        'advanced-chat',
        { start: startNode(), answer: answerNode('Yes.') },
        { features: { sensitive_word_avoidance: { enabled: true, type: 'keywords', config: keywords } } },
      ),
      other: graphApp('workflow', { start: startNode(), end: endNode({}) }),
      leaving: graphApp('workflow', nodes(endNode({ text: ['llm', 'text'] })), { edges }),
    },
    config: { app_settings: { leaving: { on_disconnect: 'stop' } } },
  });
  store = await openTestStore(parley);
});
beforeEach(() => provider.reply({ tokens: ['one ', 'two ', 'three'] }));
afterAll(async () => {
  await store.destroy();
  await parley.close();
  await provider.close();
});

type Kind = 'workflow' | 'chatflow';
const send = (kind: Kind) =>
  kind === 'workflow'
    ? sendWorkflow(parley, { response_mode: 'streaming' })
    : sendChat(parley, { response_mode: 'streaming' }, 'chatflow');
const eventsOf = (kind: Kind, taskId: unknown, query = 'after=0', app: string = kind) =>
  parley.request(
    app,
    'GET',
    `/${kind === 'workflow' ? 'workflows/tasks' : 'chat-messages'}/${taskId}/events?user=u1&${query}`,
  );
const comeBack = async (kind: Kind, taskId: unknown, after: number): Promise<EventReader> =>
  readStream(await eventsOf(kind, taskId, `after=${after}`));

/** The data frames of a stream to the byte. */
async function framesOf(reader: EventReader): Promise<string[]> {
  const raw: string[] = [];
  for (let frame: Frame | null = await reader.next(); frame; frame = await reader.next())
    if (frame.data) raw.push(frame.raw);
  return raw;
}

describe.each<Kind>(['workflow', 'chatflow'])('a client that comes back to a %s', (kind) => {
  test('gets what it has not had, to the byte, wherever it was', async () => {
    const frames = await framesOf(await readStream(await send(kind)));
    expect(frames.some((frame) => frame.includes('"event":"loop_next"'))).toBe(true);
    const taskId = JSON.parse((frames[0] as string).slice(6)).task_id;
    // The end is told to everybody: of a chatflow it is two frames.
    const ends = kind === 'workflow' ? 1 : 2;
    for (let after = 0; after <= frames.length + 1; after += 1) {
      const expected = frames.slice(Math.min(after, frames.length - ends));
      expect(await framesOf(await comeBack(kind, taskId, after)), `after ${after}`).toEqual(expected);
    }
    const response = await eventsOf(kind, taskId);
    expect(await response.text()).toBe(`event: ping\n\n${frames.join('')}`);
  });

  test('finds that the run went on without it', async () => {
    provider.reply({ gate: true });
    const reader = await readStream(await send(kind));
    const upstream = await provider.nextRequest((request) => !request.isOver);
    upstream.send('one ');
    const seen = await reader.readUntil((event) => shownIn([event]) === 'one ');
    await reader.cancel();
    upstream.send('two ');
    const taskId = seen[0]?.task_id;
    const back = await comeBack(kind, taskId, seen.length);
    expect(shownIn(await back.readUntil((event) => shownIn([event]) !== ''))).toBe('two ');
    await back.cancel();
    upstream.send('three');
    upstream.finish();
    const again = await comeBack(kind, taskId, seen.length + 1);
    const rest = await again.readAll();
    expect(shownIn(rest)).toBe('three');
    expect(finishedIn(rest)).toMatchObject({ status: 'succeeded' });
    expect(rest.at(-1)?.event).toBe('workflow_finished');
  });

  test('is told from the store after a restart', async () => {
    const events = await (kind === 'workflow' ? streamWorkflow : streamChatflow)(parley);
    const task_id = events[0]?.task_id;
    const finished = finishedIn(events);
    await parley.restart();
    const told = await (await comeBack(kind, task_id, 0)).readAll();
    expect(shownIn(told)).toBe('one two three');
    const { elapsed_time, ...ended } = finishedIn(told);
    expect(finished).toMatchObject(ended);
    expect(elapsed_time).toBeCloseTo(Number(finished.elapsed_time), 2);
    expect(told.at(-1)?.event).toBe('workflow_finished');
    if (kind === 'chatflow') expect(told.at(-2)).toEqual(events.at(-2));
    const replaced = await (await comeBack(kind, task_id, 3)).readAll();
    expect(replaced[0]?.event).toBe(kind === 'workflow' ? 'text_replace' : 'message_replace');
    expect(shownIn(replaced)).toBe('one two three');
  });

  test('must be who it was', async () => {
    const events = await (kind === 'workflow' ? streamWorkflow : streamChatflow)(parley);
    const none = { code: 'not_found', message: 'Task Not Exists.', status: 404 };
    const foreign = await parley.request(
      kind,
      'GET',
      `/${kind === 'workflow' ? 'workflows/tasks' : 'chat-messages'}/${events[0]?.task_id}/events?user=u2`,
    );
    expect(await foreign.json()).toEqual(none);
    expect(await (await eventsOf(kind, 'nothing')).json()).toEqual(none);
    if (kind === 'workflow')
      expect(await (await eventsOf(kind, events[0]?.task_id, '', 'other')).json()).toEqual(none);
  });
});

test('a run that nobody waits for is stored like any other', async () => {
  provider.reply({ gate: true });
  const leaving = new AbortController();
  const gone = fetch(`${parley.url}/v1/workflows/run`, {
    method: 'POST',
    headers: { authorization: `Bearer ${parley.key('workflow')}`, 'content-type': 'application/json' },
    body: JSON.stringify({ inputs: {}, user: 'leaver', response_mode: 'blocking' }),
    signal: leaving.signal,
  }).catch((error: Error) => error.name);
  const upstream = await provider.nextRequest((request) => !request.isOver);
  leaving.abort();
  expect(await gone).toBe('AbortError');
  upstream.send('kept');
  upstream.finish();
  const log = async () => {
    const path = '/workflows/logs?created_by_end_user_session_id=leaver';
    return ((await (await parley.request('workflow', 'GET', path)).json()) as { data: Fields[] }).data;
  };
  await expect
    .poll(log, { interval: 10, timeout: 5000 })
    .toMatchObject([{ workflow_run: { status: 'succeeded', total_tokens: expect.any(Number) } }]);
  const [entry] = (await log()) as [{ workflow_run: Fields }];
  const run = await parley.request('workflow', 'GET', `/workflows/run/${entry.workflow_run.id}`);
  expect(await run.json()).toMatchObject({ outputs: { text: 'kept' } });
});

test('an app that says so stops when its client has gone', async () => {
  provider.reply({ gate: true });
  const reader = await readStream(await sendWorkflow(parley, { response_mode: 'streaming' }, 'leaving'));
  const upstream = await provider.nextRequest((request) => !request.isOver);
  const [started] = await reader.readUntil(() => true);
  await reader.cancel();
  await upstream.aborted();
  const row = await store
    .selectFrom('runs')
    .select('message_id')
    .where('id', '=', String(started?.task_id))
    .executeTakeFirstOrThrow();
  expect(await endedTurn(store, row.message_id)).toMatchObject({ run: 'stopped', stoppedBy: 'disconnect' });
  const run = await parley.request('leaving', 'GET', `/workflows/run/${started?.workflow_run_id}`);
  expect(await run.json()).toMatchObject({ status: 'stopped', error: expect.stringMatching(/^Stopped/) });
});

test('a run that failed is told so after a restart', async () => {
  provider.reply({ status: 400, error: { message: 'no such model' } });
  const events = await streamChatflow(parley);
  expect(events.at(-1)?.event).toBe('error');
  const blocking = await runWorkflow(parley);
  await parley.restart();
  const chatflow = await (await comeBack('chatflow', events[0]?.task_id, 0)).readAll();
  expect(chatflow.slice(-2).map(({ event }) => event)).toEqual(['workflow_finished', 'error']);
  expect(chatflow.at(-1)).toEqual(events.at(-1));
  const workflow = await (await comeBack('workflow', blocking.task_id, 0)).readAll();
  expect(dataOf(workflow, 'workflow_finished')).toMatchObject([
    { status: 'failed', error: blocking.data.error },
  ]);
  expect(workflow.at(-1)?.event).toBe('workflow_finished');
});

test('of a chatflow whose input was refused no workflow is told, then or later', async () => {
  const events = await streamChatflow(parley, { query: 'a bomb' }, 'moderated');
  expect(events.map(({ event }) => event)).toEqual(['message', 'message_end']);
  await parley.restart();
  const back = await readStream(await eventsOf('chatflow', events[0]?.task_id, 'after=0', 'moderated'));
  expect(await back.readAll()).toEqual(events);
});
