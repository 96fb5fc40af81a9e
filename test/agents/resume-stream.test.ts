import { afterAll, beforeAll, expect, test } from 'vitest';
import { inTurn } from '../support/mock-provider/in-turn.ts';
import { type MockProvider, startMockProvider } from '../support/mock-provider/start-mock-provider.ts';
import { kindsOf, saidIn, thoughtsIn } from '../support/parley/agent-events.ts';
import { agentApp } from '../support/parley/apps.ts';
import { startParley, type TestParley } from '../support/parley/start-parley.ts';
import { readStream, stop, streamChat, type Wire } from '../support/parley/turns.ts';
import { textParameter, writeOpenApi } from '../support/tools/openapi-document.ts';
import { type Callee, startCallee } from '../support/tools/start-callee.ts';

const lookup = (q: string) => ({ name: 'lookup', arguments: JSON.stringify({ q }) });
const ANSWER = 'I look.\nThere it is.';

let provider: MockProvider;
let callee: Callee;
let document: Awaited<ReturnType<typeof writeOpenApi>>;
let parley: TestParley;

beforeAll(async () => {
  provider = await startMockProvider();
  callee = await startCallee();
  document = await writeOpenApi(callee.url, {
    lookup: { path: '/lookup', parameters: [textParameter('q')] },
  });
  const tools = [{ type: 'api', provider: 'service', tool: 'lookup' }];
  parley = await startParley({
    provider: provider.baseUrl,
    apps: {
      agent: agentApp(tools),
      react: agentApp(tools, { agent: { strategy: 'react' } }),
    },
    config: { tools: [{ name: 'service', openapi: document.file }] },
  });
});
afterAll(async () => {
  await parley.close();
  await document.remove();
  await callee.close();
  await provider.close();
});

const picture = { body: new Uint8Array([1, 2, 3]), headers: { 'content-type': 'image/png' } };

async function resume(taskId: unknown, after: number, app = 'agent') {
  return readStream(
    await parley.request(app, 'GET', `/chat-messages/${taskId}/events?user=u1&after=${after}`),
  );
}

async function readBack(taskId: unknown, after: number, app = 'agent') {
  return (await (await resume(taskId, after, app)).readAll()) as Wire[];
}

/** A whole turn with a tool that makes a picture. */
async function drawn(): Promise<Wire[]> {
  callee.reply(picture);
  provider.reply(inTurn({ tokens: ['I look.'], toolCalls: [lookup('x')] }, { tokens: ['There', ' it is.'] }));
  return (await (await streamChat(parley, {}, 'agent')).readAll()) as Wire[];
}

test('after the end: from any event on, all that follows is told again', async () => {
  const events = await drawn();
  const task = events[0]?.task_id;
  for (let after = 0; after <= events.length; after++) {
    const again = await readBack(task, after);
    expect(kindsOf(again)).toEqual(kindsOf(events.slice(Math.min(after, events.length - 1))));
    expect(thoughtsIn(again)).toEqual(thoughtsIn(events.slice(Math.min(after, events.length - 1))));
  }
});

test('while a tool works: the thought is there, and what comes of it follows', async () => {
  callee.reply({ hold: 'headers', body: 'found' });
  provider.reply(inTurn({ tokens: ['I look.'], toolCalls: [lookup('held')] }, { tokens: ['There it is.'] }));
  const reader = await streamChat(parley, {}, 'agent');
  const before = (await reader.readUntil(({ tool }) => tool === 'lookup')) as Wire[];
  await reader.cancel();
  const request = await callee.nextRequest(({ path }) => path.endsWith('held'));
  const whole = await resume(before[0]?.task_id, 0);
  const rest = await resume(before[0]?.task_id, before.length);
  const again = await whole.readUntil(({ tool }) => tool === 'lookup');
  expect(again).toEqual(before);
  request.release();
  const following = (await rest.readAll()) as Wire[];
  expect(await whole.readAll()).toEqual(following);
  expect(following[0]).toMatchObject({ event: 'agent_thought', observation: '{"lookup":"found"}' });
  expect(saidIn([...before, ...following])).toBe(ANSWER);
});

test('from the store, after a restart: thoughts, file and answer, each once and as it was in the end', async () => {
  const events = await drawn();
  const { task_id } = events[0] as Wire;
  await parley.restart();
  const again = await readBack(task_id, 0);
  expect(kindsOf(again)).toEqual([
    'agent_thought',
    'agent_thought',
    'message_file',
    'agent_message',
    'message_end',
  ]);
  expect(thoughtsIn(again)).toEqual(thoughtsIn(events));
  expect(saidIn(again)).toBe(ANSWER);
  const fileIn = (all: readonly Wire[]) => ({
    ...all.find(({ event }) => event === 'message_file'),
    url: '',
  });
  expect(fileIn(again)).toEqual(fileIn(events));
  const { url } = again.find(({ event }) => event === 'message_file') as Wire;
  expect((await fetch(String(url))).status).toBe(200);
  expect(again.at(-1)?.metadata).toEqual(events.at(-1)?.metadata);
  expect(again.at(-1)?.files).toMatchObject([{ type: 'image', transfer_method: 'tool_file' }]);
  // A client that has some of it is told the whole in its place.
  const later = await readBack(task_id, 3);
  expect(kindsOf(later)).toEqual([
    'agent_thought',
    'agent_thought',
    'message_file',
    'message_replace',
    'message_end',
  ]);
  expect(saidIn([...events.slice(0, 3), ...later])).toBe(ANSWER);
});

test('a stopped run and a failed one, from the store', async () => {
  callee.reply({ hold: 'headers' });
  provider.reply({ tokens: ['I look.'], toolCalls: [lookup('stopped')] });
  const reader = await streamChat(parley, {}, 'agent');
  const [first] = (await reader.readUntil(() => true)) as [Wire];
  await callee.nextRequest(({ path }) => path.endsWith('stopped'));
  await stop(parley, first.task_id, 'u1', 'agent');
  const stopped = [first, ...((await reader.readAll()) as Wire[])];
  callee.reply();
  provider.reply({ tokens: ['Again.'], toolCalls: [lookup('x')] });
  const failed = (await (await streamChat(parley, {}, 'agent')).readAll()) as Wire[];
  await parley.restart();
  const backFromStop = await readBack(first.task_id, 0);
  expect(kindsOf(backFromStop)).toEqual(['agent_thought', 'agent_message', 'message_end']);
  expect(thoughtsIn(backFromStop)).toEqual(thoughtsIn(stopped));
  const backFromFailure = await readBack(failed[0]?.task_id, 0);
  expect(kindsOf(backFromFailure).slice(-2)).toEqual(['agent_message', 'error']);
  expect(thoughtsIn(backFromFailure)).toEqual(thoughtsIn(failed));
  expect(backFromFailure.at(-1)).toEqual(failed.at(-1));
});

test('an agent that writes its actions: live as it was said, from the store its answer', async () => {
  callee.reply();
  const json = (action: string, input: unknown) => JSON.stringify({ action, action_input: input });
  provider.reply(
    inTurn(
      { tokens: [`Thought: I look.\nAction: ${json('lookup', 'x')}`] },
      { tokens: ['Thought: It is so.'] },
    ),
  );
  const events = (await (await streamChat(parley, {}, 'react')).readAll()) as Wire[];
  expect(saidIn(events)).toBe('I look.\nIt is so.');
  const task = events[0]?.task_id;
  expect(await readBack(task, 0, 'react')).toEqual(events);
  await parley.restart();
  const again = await readBack(task, 0, 'react');
  expect(saidIn(again)).toBe('It is so.');
  expect(thoughtsIn(again)).toEqual(thoughtsIn(events));
});

test('nobody else’s', async () => {
  const events = await drawn();
  const path = `/chat-messages/${events[0]?.task_id}/events`;
  expect((await parley.request('agent', 'GET', `${path}?user=stranger`)).status).toBe(404);
  expect((await parley.request('react', 'GET', `${path}?user=u1`)).status).toBe(404);
});
