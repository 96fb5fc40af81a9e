import { afterAll, beforeAll, expect, test } from 'vitest';
import { storedTurn } from '../support/parley/stored-runs.ts';
import { withinTime } from '../support/tools/within-time.ts';
import { answerNode, endNode, graphApp, llmNode, startNode } from './graph-app.ts';
import {
  expectStopped,
  HALF,
  modelsAsked,
  readRun,
  runningTask,
  type SlowWorld,
  sendRun,
  startSlowWorld,
} from './stop-support.ts';

const flow = graphApp('workflow', { start: startNode(), n: llmNode('wait'), end: endNode({}) });
const chat = graphApp('advanced-chat', {
  ...{ start: startNode(), n: llmNode(HALF), answer: answerNode('Well, {{#n.text#}}') },
});

let world: SlowWorld;

beforeAll(async () => {
  world = await startSlowWorld(() => ({ flow, chat, other: flow, leaving: flow }), {
    app_settings: { leaving: { on_disconnect: 'stop' } },
    limits: { drain_time: '1ms' },
  });
});
afterAll(() => world.close());

test('a client that is gone, of an app that stops then', () =>
  withinTime(async () => {
    const { parley, store } = world;
    const leave = new AbortController();
    const response = await fetch(`${parley.url}/v1/workflows/run`, {
      method: 'POST',
      headers: { authorization: `Bearer ${parley.key('leaving')}`, 'content-type': 'application/json' },
      body: JSON.stringify({ inputs: {}, user: 'leaver', response_mode: 'streaming' }),
      signal: leave.signal,
    });
    const { ended } = await modelsAsked(world);
    const task = await runningTask(store, 'leaver');
    const at = performance.now();
    leave.abort();
    await response.text().catch(() => {});
    const lag = (await ended()) - at;
    const run = () =>
      store
        .selectFrom('workflow_runs')
        .select(['status', 'error'])
        .where('run_id', '=', task)
        .executeTakeFirst();
    await expect.poll(run).toEqual({ status: 'stopped', error: 'Stopped: the client was gone.' });
    return lag;
  }));

test('the end of the server', () =>
  withinTime(async () => {
    const { parley } = world;
    const flow = await readRun(parley, 'flow');
    const chat = await readRun(parley, 'chat');
    await chat.until(({ answer }) => answer === ' said');
    const { ended } = await modelsAsked(world, 2);
    const at = performance.now();
    const restarted = parley.restart();
    const lag = (await ended()) - at;
    await Promise.all([flow.whole, chat.whole, restarted]);
    const error = 'Stopped: the server was shut down.';
    await expectStopped(world, 'flow', flow.events, error);
    await expectStopped(world, 'chat', chat.events, error);
    expect(await storedTurn(world.store, chat.events[0]?.message_id)).toMatchObject({
      ...{ run: 'stopped', stoppedBy: 'shutdown', answer: 'Well, He said' },
    });
    return lag;
  }));

test('the limit of time', async () => {
  const { parley } = world;
  await parley.restart({ limits: { max_execution_time: '1s', drain_time: '1ms' } });
  const flow = await readRun(parley, 'flow');
  const chat = await readRun(parley, 'chat');
  const other = sendRun(parley, 'other', { response_mode: 'blocking' });
  const { ended } = await modelsAsked(world, 3);
  await Promise.all([flow.whole, chat.whole, ended()]);
  const error = 'Stopped: the execution time limit was reached.';
  await expectStopped(world, 'flow', flow.events, error);
  await expectStopped(world, 'chat', chat.events, error);
  expect(await (await other).json()).toMatchObject({ data: { status: 'stopped', error } });
  expect(await storedTurn(world.store, chat.events[0]?.message_id)).toMatchObject({ stoppedBy: 'timeout' });
  await parley.restart();
});
