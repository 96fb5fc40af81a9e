import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type MockProvider, startMockProvider } from '../support/mock-provider/start-mock-provider.ts';
import { storedTurn } from '../support/parley/stored-runs.ts';
import { textOf, type Wire } from '../support/parley/turns.ts';
import { withinTime } from '../support/tools/within-time.ts';
import { answerNode, endNode, graphApp, llmNode, startNode, templateNode } from './graph-app.ts';
import {
  endsOf,
  expectStopped,
  followed,
  HALF,
  httpNode,
  modelsAsked,
  Reading,
  readRun,
  runningTask,
  type SlowWorld,
  SUCCESS,
  sendRun,
  settled,
  startSlowWorld,
  stopTask,
} from './stop-support.ts';

const ROUNDS = 40;

/** A template that keeps the whole process busy for some time. */
const BUSY = '{% for i in range(50) %}{% for j in range(1000) %}{% set x = i %}{% endfor %}{% endfor %}';
const loop = {
  ...{ type: 'loop', loop_count: 200, break_conditions: [], logical_operator: 'and' },
  ...{ loop_variables: [], start_node_id: 'ls' },
};
const loopStart = { type: 'loop-start', parent: 'loop' };

const moderated = {
  sensitive_word_avoidance: {
    enabled: true,
    type: 'api',
    config: {
      api_based_extension_id: 'guard',
      inputs_config: { enabled: true, preset_response: '' },
      outputs_config: { enabled: false },
    },
  },
};

function apps(url: string): Record<string, string> {
  const end = endNode({});
  const flow = (features = {}) =>
    graphApp('workflow', { start: startNode(), n: llmNode('wait'), end }, { features });
  const chat = (features = {}) =>
    graphApp(
      'advanced-chat',
      { start: startNode(), n: llmNode(HALF), answer: answerNode('Well, {{#n.text#}}') },
      { features },
    );
  return {
    flow: flow(),
    other: flow(),
    guarded: flow(moderated),
    chat: chat(),
    chat_guarded: chat(moderated),
    many: followed(
      url,
      {
        ...{ loop, ls: loopStart },
        in: httpNode(`${url}/quick`, { parent: 'loop' }),
        t: { ...templateNode('x'), parent: 'loop' },
      },
      'start -> loop -> after',
      'ls -> in -> t',
    ),
    templates: followed(
      url,
      { loop, ls: loopStart, t: { ...templateNode(BUSY), parent: 'loop' } },
      'start -> loop -> after',
      'ls -> t',
    ),
    short: graphApp('workflow', { start: startNode(), t: templateNode('x'), end }),
  };
}

let world: SlowWorld;
/** A moderation extension that never answers. */
let extension: MockProvider;

beforeAll(async () => {
  extension = await startMockProvider({ reply: { hold: true } });
  world = await startSlowWorld(apps, {
    api_extensions: { guard: { endpoint: `${extension.baseUrl}/moderations`, api_key: 'guard-key' } },
    app_settings: { flow: { max_concurrency: 1 } },
  });
});
afterAll(async () => {
  await world.close();
  await extension.close();
});

const begun = ({ event }: Wire) => event === 'workflow_started';

/** What the run's own page, and the list of all, say of it. */
async function statusesOf(app: string, runId: unknown): Promise<unknown[]> {
  const { parley } = world;
  const detail = await (await parley.request(app, 'GET', `/workflows/run/${runId}`)).json();
  const logs = await (await parley.request(app, 'GET', `/workflows/logs?keyword=${runId}`)).json();
  const { status, error } = detail as { status: string; error: string | null };
  const [found] = (logs as { data: { workflow_run: { status: string; error: string | null } }[] }).data;
  return [status, error, found?.workflow_run.status, found?.workflow_run.error];
}

describe('who may stop', () => {
  test('a blocking request of the same user is stopped by another client', () =>
    withinTime(async () => {
      const { parley, store } = world;
      const blocking = sendRun(parley, 'flow', { response_mode: 'blocking', user: 'blocker' });
      const { ended } = await modelsAsked(world);
      const task = await runningTask(store, 'blocker');
      const at = performance.now();
      expect(await stopTask(parley, task, 'flow', 'blocker')).toEqual(SUCCESS);
      const response = await blocking;
      const lag = Math.max((await ended()) - at, performance.now() - at);
      expect(response.status).toBe(200);
      expect(await response.json()).toMatchObject({
        task_id: task,
        data: { status: 'stopped', error: 'Stopped by user.' },
      });
      return lag;
    }));

  test('a blocking chat answers with what had been said', async () => {
    const { parley, store } = world;
    const blocking = sendRun(parley, 'chat', { response_mode: 'blocking', user: 'chatter' });
    const { ended } = await modelsAsked(world);
    const task = await runningTask(store, 'chatter');
    const [request] = world.provider.requests.slice(-1);
    await expect.poll(() => request?.tokensSent).toBe(2);
    await settled(parley, 'chat');
    expect(await stopTask(parley, task, 'chat', 'chatter')).toEqual(SUCCESS);
    await ended();
    const response = await blocking;
    expect([response.status, await response.json()]).toMatchObject([200, { answer: 'Well, He said' }]);
  });

  test.each([
    ['another user', 'flow', 'somebody'],
    ['another app’s key', 'other', 'u1'],
    ['the other app’s user of another name', 'other', 'somebody'],
  ])('%s is told success, and stops nothing', async (_, app, user) => {
    const { parley, provider } = world;
    const reading = await readRun(parley, 'flow');
    const { task_id } = await reading.until(begun);
    const request = await provider.nextRequest(({ isOver }) => !isOver);
    expect(await stopTask(parley, task_id, app, user)).toEqual(SUCCESS);
    await settled(parley, 'flow');
    expect(request.wasAborted).toBe(false);
    request.send('done');
    request.finish();
    await reading.whole;
    expect(reading.events.at(-1)).toMatchObject({
      event: 'workflow_finished',
      data: { status: 'succeeded' },
    });
    // The one place that there is for runs of the app is free again, and a run that has ended stays as it ended.
    expect(await stopTask(parley, task_id, 'flow')).toEqual(SUCCESS);
    const { workflow_run_id } = reading.events[0] as Wire;
    expect(await statusesOf('flow', workflow_run_id)).toEqual(['succeeded', null, 'succeeded', null]);
  });

  test.each(['no-such-task', '01a22e5e-662b-7bbe-bb46-d5b563439ed8', '..%2f..', 'a'.repeat(500)])(
    'a task %s that is unknown is success',
    async (task) => {
      expect(await stopTask(world.parley, task, 'flow')).toEqual(SUCCESS);
      expect(await stopTask(world.parley, task, 'chat')).toEqual(SUCCESS);
    },
  );

  test('the route of another kind of app stops nothing', async () => {
    const { parley } = world;
    const reading = await readRun(parley, 'chat');
    const { task_id } = await reading.until(begun);
    await modelsAsked(world);
    const response = await parley.request('chat', 'POST', `/workflows/tasks/${task_id}/stop`, { user: 'u1' });
    expect([response.status, await response.json()]).toMatchObject([400, { code: 'not_workflow_app' }]);
    expect(await stopTask(parley, task_id, 'chat')).toEqual(SUCCESS);
    await reading.whole;
    await expectStopped(world, 'chat', reading.events);
  });
});

describe('when', () => {
  // No workflow has begun then, and of a chatflow none is told.
  test.each([
    ['guarded', ['workflow_finished']],
    ['chat_guarded', ['message_end']],
  ])('before the first event of %s', (app, ends) =>
    withinTime(async () => {
      const { parley, store, provider } = world;
      const asked = provider.requests.length;
      const sending = sendRun(parley, app, { user: 'early' });
      const checking = await extension.nextRequest(({ isOver }) => !isOver);
      const task = await runningTask(store, 'early');
      const at = performance.now();
      expect(await stopTask(parley, task, app, 'early')).toEqual(SUCCESS);
      const reading = new Reading(await sending);
      await Promise.all([reading.whole, checking.aborted()]);
      const lag = performance.now() - at;
      expect(provider.requests.length).toBe(asked);
      const events = reading.events.filter(({ answer }) => answer !== '');
      expect(events.map(({ event }) => event)).toEqual(ends);
      if (app === 'guarded') await expectStopped(world, app, events);
      const run = await store
        .selectFrom('workflow_runs')
        .select(['status', 'error'])
        .where('run_id', '=', task)
        .executeTakeFirst();
      expect(run).toEqual({ status: 'stopped', error: 'Stopped by user.' });
      return lag;
    }),
  );

  test('before the first event of a blocking request', async () => {
    const { parley, store } = world;
    const blocking = sendRun(parley, 'guarded', { user: 'early', response_mode: 'blocking' });
    await extension.nextRequest(({ isOver }) => !isOver);
    const task = await runningTask(store, 'early');
    expect(await stopTask(parley, task, 'guarded', 'early')).toEqual(SUCCESS);
    expect(await (await blocking).json()).toMatchObject({
      task_id: task,
      data: { status: 'stopped', error: 'Stopped by user.', outputs: {}, total_steps: 0 },
    });
  });

  test('twice, and at once by several', async () => {
    const { parley } = world;
    const reading = await readRun(parley, 'chat');
    const { task_id, message_id } = await reading.until(begun);
    await reading.until(({ answer }) => answer === ' said');
    await modelsAsked(world);
    const all = await Promise.all(Array.from({ length: 5 }, () => stopTask(parley, task_id, 'chat')));
    await reading.whole;
    expect([...all, await stopTask(parley, task_id, 'chat')]).toEqual(Array(6).fill(SUCCESS));
    await expectStopped(world, 'chat', reading.events);
    const ends = reading.events.filter(({ event }) => endsOf('chat').includes(String(event)));
    expect(ends).toHaveLength(2);
    expect(await storedTurn(world.store, message_id)).toMatchObject({
      answer: textOf(reading.events),
      run: 'stopped',
    });
  });

  test('while node after node begins', async () => {
    const { parley, callee } = world;
    for (let n = 1; n <= 15; n++) {
      const reading = await readRun(parley, 'many', { user: `many-${n}` });
      const { task_id } = await reading.until(begun);
      await reading.until(
        ({ event, data }) => event === 'loop_next' && (data as { index: number }).index >= n,
      );
      expect(await stopTask(parley, task_id, 'many', `many-${n}`)).toEqual(SUCCESS);
      const asked = callee.requests.length;
      await reading.whole;
      await expectStopped(world, 'many', reading.events);
      // A request may have been on its way when the stop was answered; none goes out afterwards.
      await settled(parley, 'many');
      expect(callee.requests.length - asked).toBeLessThanOrEqual(1);
      const kept = await world.store
        .selectFrom('node_executions')
        .select('node_id')
        .where('workflow_run_id', '=', (reading.events[0] as Started).workflow_run_id)
        .execute();
      const told = reading.events.filter(({ event }) => event === 'node_finished').length;
      expect(kept.filter(({ node_id }) => node_id !== 'ls').length).toBe(told);
    }
    expect(callee.requests.filter(({ path }) => path === '/after')).toEqual([]);
  });

  test('while templates take all the time there is', () =>
    withinTime(async () => {
      const { parley, callee } = world;
      const reading = await readRun(parley, 'templates');
      const { task_id } = await reading.until(begun);
      await reading.until(
        ({ event, data }) => event === 'loop_next' && (data as { index: number }).index >= 3,
      );
      expect(await stopTask(parley, task_id, 'templates')).toEqual(SUCCESS);
      const answeredAt = performance.now();
      await reading.whole;
      const lag = performance.now() - answeredAt;
      await expectStopped(world, 'templates', reading.events);
      expect(callee.requests.filter(({ path }) => path === '/after')).toEqual([]);
      return lag;
    }));

  test('at the end: one of them wins, for everybody who asks', async () => {
    const { parley, provider } = world;
    const race = async (n: number) => {
      const user = `racer-${n}`;
      const app = n % 4 === 3 ? 'short' : 'other';
      const reading = await readRun(parley, app, { user });
      const { task_id, workflow_run_id } = (await reading.until(begun)) as Started;
      const request = app === 'short' ? null : await provider.nextRequest(({ isOver }) => !isOver);
      request?.send('said');
      if (n % 4 === 0) request?.finish();
      const stopping = stopTask(parley, task_id, app, user);
      if (n % 4 === 1) request?.finish();
      expect(await stopping).toEqual(SUCCESS);
      request?.finish();
      await reading.whole;
      const ends = reading.events.filter(({ event }) => event === 'workflow_finished');
      expect(ends).toHaveLength(1);
      expect(reading.events.at(-1)).toBe(ends[0]);
      const { status, error } = (ends[0] as Wire).data as { status: string; error: string | null };
      expect(await statusesOf(app, workflow_run_id)).toEqual([status, error, status, error]);
      return status;
    };
    const statuses = await Promise.all(Array.from({ length: ROUNDS }, (_, n) => race(n)));
    expect([...new Set(statuses)].sort()).toEqual(['stopped', 'succeeded']);
  });
});

type Started = Wire & { readonly workflow_run_id: string };
