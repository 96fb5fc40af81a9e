import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Store } from '../../src/store/open-store.ts';
import { type Child, type Home, makeHome } from '../crash/serve.ts';
import type { MockRequest } from '../support/mock-provider/mock-request.ts';
import { type MockProvider, startMockProvider } from '../support/mock-provider/start-mock-provider.ts';
import { openTestStore } from '../support/parley/open-test-store.ts';
import { EventReader } from '../support/parley/read-events.ts';
import { answerNode, endNode, graphApp, llmNode, startNode, templateNode } from './graph-app.ts';
import { dataOf, type Fields, finishedIn, shownIn } from './workflow-turns.ts';

const KEYS = { workflow: 'app-crashworkflow00000000000000', chatflow: 'app-crashchatflow00000000000000' };
type Kind = keyof typeof KEYS;
const STREAMS = 4;

let provider: MockProvider;
let home: Home;
let server: Child;
let store: Store;

beforeAll(async () => {
  provider = await startMockProvider();
  const ready = templateNode('ready');
  const slow = llmNode('Say something without end.');
  const shown = { text: ['slow', 'text'], ready: ['ready', 'output'] };
  const set = {
    ...{ type: 'assigner', version: '2' },
    items: [
      {
        ...{ variable_selector: ['conversation', 'last'], input_type: 'variable', operation: 'over-write' },
        value: ['sys', 'query'],
      },
    ],
  };
  home = await makeHome({
    provider: provider.baseUrl,
    apps: {
      workflow: graphApp('workflow', { start: startNode('q'), ready, slow, end: endNode(shown) }),
      chatflow: graphApp(
        'advanced-chat',
        { start: startNode(), ready, set, slow, answer: answerNode('{{#slow.text#}}') },
        {
          conversation_variables: [
            { id: 'v1', name: 'last', value_type: 'string', value: '', description: '' },
          ],
        },
      ),
    },
    config: { keys: Object.entries(KEYS).map(([app, key]) => ({ app, key })) },
  });
  server = await home.serve();
  store = await openTestStore(home);
});
afterAll(async () => {
  await store.destroy();
  await home.remove();
  await provider.close();
});

function request(kind: Kind, method: string, path: string, body?: object): Promise<Response> {
  return fetch(`${server.url}/v1${path}`, {
    method,
    headers: { authorization: `Bearer ${KEYS[kind]}`, 'content-type': 'application/json' },
    ...(body ? { body: JSON.stringify(body) } : {}),
  });
}
const get = async (kind: Kind, path: string): Promise<Fields> =>
  (await (await request(kind, 'GET', path)).json()) as Fields;

/** What a client has received of a stream that goes on until the server dies. */
async function follow(kind: Kind, user: string) {
  const response = await request(kind, 'POST', kind === 'workflow' ? '/workflows/run' : '/chat-messages', {
    ...{ inputs: { q: `of ${user}` }, user, response_mode: 'streaming' },
    ...(kind === 'chatflow' ? { query: `of ${user}`, auto_generate_name: false } : {}),
  });
  const reader = new EventReader(response);
  const events: Fields[] = [];
  const busy = Promise.withResolvers<void>();
  const over = (async () => {
    try {
      for (let frame = await reader.next(); frame; frame = await reader.next()) {
        if (frame.data) events.push(frame.data);
        if (shownIn(events).length > 20) busy.resolve();
      }
    } catch {
      // The server was killed: the connection broke.
    }
  })();
  return { kind, user, events, over, busy: busy.promise };
}

const executions = (runId: unknown) =>
  store
    .selectFrom('node_executions')
    .select(['node_id', 'status', 'outputs'])
    .where('workflow_run_id', '=', String(runId))
    .orderBy('position')
    .execute();

test('kill -9: runs are failed, what was sent is kept, and what nodes did', async () => {
  provider.reply({ tokens: Array.from({ length: 100_000 }, (_, n) => `t${n} `), delayMs: 5 });
  const kinds: readonly Kind[] = ['workflow', 'chatflow'];
  const clients = await Promise.all(
    kinds.flatMap((kind) => Array.from({ length: STREAMS }, (_, n) => follow(kind, `${kind}-${n}`))),
  );
  await Promise.all(clients.map(({ busy }) => busy));
  const ended = { workflow: ['start', 'ready'], chatflow: ['start', 'ready', 'set'] };
  const idsOf = async (runId: unknown) => (await executions(runId)).map(({ node_id }) => node_id);
  // Nodes are stored together, within a second of their end.
  for (const { kind, events } of clients)
    await expect
      .poll(() => idsOf(events[0]?.workflow_run_id), { interval: 20, timeout: 5000 })
      .toEqual(ended[kind]);
  const running = await store
    .selectFrom('workflow_runs')
    .select('id')
    .where('status', '=', 'running')
    .execute();
  expect(running).toHaveLength(2 * STREAMS);
  // Told to the client, but too young to be stored.
  provider.reply((asked: MockRequest) => (asked.isOver ? {} : { hold: 0 }));
  const late = await follow('workflow', 'late');
  await expect
    .poll(() => dataOf(late.events, 'node_finished').length, { interval: 5, timeout: 5000 })
    .toBe(2);

  await server.kill();
  await Promise.all([...clients, late].map(({ over }) => over));
  server = await home.serve();

  for (const table of ['workflow_runs', 'runs'] as const)
    expect(await store.selectFrom(table).select('id').where('status', '=', 'running').execute()).toEqual([]);
  for (const { kind, user, events } of [...clients, late]) {
    const runId = events[0]?.workflow_run_id;
    const run = await get(kind, `/workflows/run/${runId}`);
    expect(run, user).toMatchObject({
      ...{ id: runId, status: 'failed', error: expect.stringMatching(/interrupted/) },
      finished_at: expect.any(Number),
    });
    expect(JSON.parse(String(run.inputs))).toMatchObject({
      ...(kind === 'workflow' ? { q: `of ${user}` } : {}),
    });
    const rows = await executions(runId);
    expect(rows.filter(({ status }) => status !== 'succeeded')).toEqual([]);
    if (user !== 'late') expect(rows.map(({ node_id }) => node_id)).toEqual(ended[kind]);
    const made = rows.find(({ node_id }) => node_id === 'ready');
    if (made) expect(JSON.parse(String(made.outputs))).toEqual({ output: 'ready' });
  }
  const logs = await get('workflow', '/workflows/logs?status=failed&limit=100');
  expect(logs.total).toBe(STREAMS + 1);

  for (const { user, events } of clients.filter(({ kind }) => kind === 'chatflow')) {
    const received = shownIn(events);
    const conversation = `conversation_id=${events[0]?.conversation_id}`;
    const { data } = (await get('chatflow', `/messages?user=${user}&${conversation}`)) as { data: Fields[] };
    expect(data).toMatchObject([{ query: `of ${user}`, status: 'error' }]);
    const kept = String(data[0]?.answer);
    expect(kept.startsWith(received), `${user} saw more than is kept`).toBe(true);
  }

  // Who comes back is told how it ended.
  for (const { kind, user, events } of clients) {
    const family = kind === 'workflow' ? 'workflows/tasks' : 'chat-messages';
    const response = await request(
      kind,
      'GET',
      `/${family}/${events[0]?.task_id}/events?user=${user}&after=0`,
    );
    const told = await new EventReader(response).readAll();
    expect(finishedIn(told)).toMatchObject({ status: 'failed', error: expect.stringMatching(/interrupted/) });
    expect(told.at(-1)?.event).toBe(kind === 'workflow' ? 'workflow_finished' : 'error');
    expect(shownIn(told).startsWith(shownIn(events))).toBe(true);
  }
});

test('conversations go on, with what their variables held', async () => {
  const { data } = (await get('chatflow', '/conversations?user=chatflow-0')) as { data: Fields[] };
  const id = data[0]?.id;
  const variables = await get('chatflow', `/conversations/${id}/variables?user=chatflow-0`);
  expect(variables.data).toMatchObject([{ name: 'last', value: 'of chatflow-0' }]);
  provider.reply({ tokens: ['welcome back'] });
  const response = await request('chatflow', 'POST', '/chat-messages', {
    ...{ inputs: {}, query: 'again', user: 'chatflow-0', conversation_id: id, auto_generate_name: false },
  });
  expect(await response.json()).toMatchObject({ answer: 'welcome back', conversation_id: id });
});

test('SIGTERM: runs are stopped, and their streams end as others do', async () => {
  provider.reply({ gate: true });
  const clients = [await follow('workflow', 'drained'), await follow('chatflow', 'drained')];
  for (const _ of clients) {
    const upstream = await provider.nextRequest((asked) => !asked.isOver);
    upstream.send('a sentence with more than twenty letters');
  }
  await Promise.all(clients.map(({ busy }) => busy));
  const code = server.end();
  await Promise.all(clients.map(({ over }) => over));
  for (const { kind, events } of clients) {
    const last = events.slice(kind === 'workflow' ? -1 : -2).map(({ event }) => event);
    expect(last).toEqual(kind === 'workflow' ? ['workflow_finished'] : ['message_end', 'workflow_finished']);
    expect(finishedIn(events)).toMatchObject({
      ...{ status: 'stopped', error: 'Stopped: the server was shut down.' },
    });
  }
  expect(await code).toBe(0);
  const rows = await store
    .selectFrom('workflow_runs')
    .select('status')
    .where(
      'id',
      'in',
      clients.map(({ events }) => String(events[0]?.workflow_run_id)),
    )
    .execute();
  expect(rows).toEqual([{ status: 'stopped' }, { status: 'stopped' }]);
  server = await home.serve();
});
