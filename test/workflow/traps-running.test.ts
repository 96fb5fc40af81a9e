import { describe, expect, test } from 'vitest';
import { sendChat } from '../support/parley/turns.ts';
import {
  assignNode,
  C,
  CONVERSATION,
  httpNode,
  ifNode,
  iterationNodes,
  loopNodes,
  openFactLab,
  returning,
  X_IS_YES,
} from './fact-lab.ts';
import { answerNode, endNode, llmNode, startNode, type TestNode, templateNode } from './graph-app.ts';
import { dataOf, type Fields, finishedIn } from './workflow-turns.ts';

/** The rules of `facts/dify-dsl-engine.md` §12 about how a graph runs, and how that is told: 6 to 8, and 12 to 14. */
const lab = await openFactLab();

const start = startNode('x');
const failing: TestNode = {
  ...{ type: 'code', code_language: 'javascript', variables: [], outputs: { out: { type: 'string' } } },
  code: 'function main() { throw new Error("it is bad") }',
};
const list = returning({ items: ['a', 'b'] }, { items: 'array[string]' });

describe('12.6 joins and branches', () => {
  const join = lab.workflow(
    {
      start,
      if: ifNode(X_IS_YES),
      a: templateNode('a'),
      b: templateNode('b'),
      always: llmNode('x'),
      end: endNode({ a: ['a', 'output'], b: ['b', 'output'], always: ['always', 'text'] }),
    },
    {
      edges: [
        ['start', 'if'],
        ['start', 'always'],
        ['if', 'a', 'true'],
        ['if', 'b', 'false'],
        ['a', 'end'],
        ['b', 'end'],
        ['always', 'end'],
      ],
    },
  );
  test('a node waits for all edges that are taken, and for none that is skipped', async () => {
    expect(await join.outputs({ x: 'yes' })).toEqual({ a: 'a', b: null, always: 'Hello there' });
    expect(await join.outputs({ x: 'no' })).toEqual({ a: null, b: 'b', always: 'Hello there' });
  });

  const unmatched = lab.workflow(
    { start, if: ifNode(X_IS_YES), a: templateNode('a'), end: endNode({ a: ['a', 'output'] }) },
    {
      edges: [
        ['start', 'if'],
        ['if', 'a', 'true'],
        ['a', 'end'],
      ],
    },
  );
  test('a branch that leads nowhere ends the run well', async () => {
    const events = await unmatched.stream({ x: 'no' });
    expect(finishedIn(events)).toMatchObject({
      status: 'succeeded',
      outputs: {},
      error: null,
      total_steps: 2,
    });
    expect(dataOf(events, 'node_started').map(({ node_id }) => node_id)).toEqual(['start', 'if']);
  });
});

describe('12.7 handles', () => {
  const any = lab.workflow(
    {
      start,
      text: templateNode('x'),
      a: templateNode('a'),
      b: templateNode('b'),
      end: endNode({ a: ['a', 'output'], b: ['b', 'output'] }),
    },
    {
      edges: [
        ['start', 'text', 'whatever'],
        ['text', 'a', 'false'],
        ['text', 'b', 'fail-branch'],
        ['a', 'end'],
        ['b', 'end'],
      ],
    },
  );
  test('mean nothing where nothing branches', async () => {
    expect(await any.outputs()).toEqual({ a: 'a', b: 'b' });
  });

  const ends = { good: endNode({ out: ['code', 'out'] }), bad: endNode({ type: ['code', 'error_type'] }) };
  const expecting = (code: TestNode, handle: string) =>
    lab.workflow(
      { start, code: { ...code, error_strategy: 'fail-branch' }, ...ends },
      {
        edges: [
          ['start', 'code'],
          ['code', 'good', handle],
          ['code', 'bad', 'fail-branch'],
        ],
      },
    );
  const fine = returning({ out: 'fine' }, { out: 'string' });
  const good = expecting(fine, 'source');
  const old = expecting(fine, 'success-branch');
  const bad = expecting(failing, 'source');
  test('of a node that may fail: source, or whatever else is not fail-branch', async () => {
    expect(await good.outputs()).toEqual({ out: 'fine' });
    expect(await old.outputs()).toEqual({ out: 'fine' });
    expect(await bad.run()).toMatchObject({
      status: 'partial-succeeded',
      outputs: { type: 'CodeExecutionError' },
    });
  });
});

describe('12.8 the status of an HTTP request', () => {
  const flow = (more: Fields) =>
    lab.workflow({
      start,
      http: httpNode(lab.page.url, more),
      end: endNode({ status: ['http', 'status_code'], type: ['http', 'error_type'] }),
    });
  const plain = flow({});
  const retried = flow({ retry_config: { retry_enabled: true, max_retries: 1, retry_interval: 1 } });
  const expecting = flow({ error_strategy: 'default-value', default_value: [] });
  test('fails the node only when it says what to do then', async () => {
    lab.page.reply({ status: 404, body: 'not here' });
    expect(await plain.outputs()).toEqual({ status: 404, type: null });
    expect(await retried.error()).toBe('Request failed with status code 404');
    expect(await expecting.run()).toMatchObject({
      status: 'partial-succeeded',
      outputs: { type: 'HTTPResponseCodeError' },
    });
  });
});

describe('12.12 what rounds leave behind', () => {
  const inner = (parent: string, item: readonly string[]): Readonly<Record<string, TestNode>> => ({
    made: { ...templateNode('{{ old }}{{ item }}', { item, old: ['made', 'output'] }), parent },
    note: { ...assignNode([C, 'over-write', 'variable', ['made', 'output']]), parent },
  });
  const show = answerNode('{{#conversation.c#}} {{#made.output#}}|');
  const each = lab.chatflow(
    {
      start,
      list,
      ...iterationNodes('each', ['list', 'items'], ['made', 'output']),
      ...inner('each', ['each', 'item']),
      show,
    },
    {
      ...CONVERSATION,
      edges: [
        ['start', 'list'],
        ['list', 'each'],
        ['eachstart', 'made'],
        ['made', 'note'],
        ['each', 'show'],
      ],
    },
  );
  test('an iteration keeps its inner results to itself, but not what was said to the conversation', async () => {
    const [finished] = dataOf(await each.stream(), 'workflow_finished');
    expect(finished?.outputs).toMatchObject({ answer: 'Noneb made.output|' });
  });

  const loop = lab.chatflow(
    { start, ...loopNodes('loop', 2), ...inner('loop', ['loop', 'item']), show },
    {
      ...CONVERSATION,
      edges: [
        ['start', 'loop'],
        ['loopstart', 'made'],
        ['made', 'note'],
        ['loop', 'show'],
      ],
    },
  );
  test('a loop forgets between rounds, and leaves what the last one made', async () => {
    expect(await loop.answer()).toBe('NoneNone NoneNone|');
  });
});

describe('12.13 containers on the wire', () => {
  const nodes = (code: TestNode) => ({
    start,
    list,
    ...iterationNodes('each', ['list', 'items'], ['code', 'out']),
    ...loopNodes('loop', 1),
    code: { ...code, parent: 'each' },
    stop: { type: 'loop-end', parent: 'loop' },
  });
  const edges = [
    ['start', 'list'],
    ['list', 'each'],
    ['eachstart', 'code'],
    ['each', 'loop'],
    ['loopstart', 'stop'],
  ] as const;
  const well = lab.workflow(nodes(returning({ out: 'x' }, { out: 'string' })), { edges });
  const badly = lab.workflow(nodes(failing), { edges });
  test('have events of their own, under the id of their node', async () => {
    const events = await well.stream();
    for (const name of ['node_started', 'node_finished'])
      expect(dataOf(events, name).map(({ node_id }) => node_id)).toEqual([
        'start',
        'list',
        'code',
        'code',
        'stop',
      ]);
    for (const name of ['iteration_started', 'iteration_next', 'iteration_completed'])
      for (const data of dataOf(events, name)) expect(data).toMatchObject({ id: 'each', node_id: 'each' });
    for (const name of ['loop_started', 'loop_completed'])
      expect(dataOf(events, name)).toMatchObject([{ id: 'loop', node_id: 'loop' }]);
  });
  test('tell no error of theirs, even when they fail', async () => {
    const events = await badly.stream();
    expect(dataOf(events, 'iteration_completed')).toMatchObject([{ status: 'failed', error: null }]);
    expect(finishedIn(events)).toMatchObject({
      status: 'failed',
      error: expect.stringContaining('it is bad'),
    });
  });
});

describe('12.14 how a chatflow ends', () => {
  const fine = lab.chatflow({ start, answer: answerNode('fine') });
  const fails = lab.chatflow({ start, failing, answer: answerNode('{{#failing.out#}}') });
  const ending = (events: readonly Fields[]) => events.slice(-2).map(({ event }) => event);
  test('well: message_end, then workflow_finished', async () => {
    expect(ending(await fine.stream())).toEqual(['message_end', 'workflow_finished']);
  });
  test('badly: workflow_finished, then error, and no message_end', async () => {
    const events = await fails.stream();
    expect(ending(events)).toEqual(['workflow_finished', 'error']);
    expect(events.map(({ event }) => event)).not.toContain('message_end');
    expect(events.at(-1)).toMatchObject({
      code: 'invalid_param',
      status: 400,
      message: expect.stringMatching(/^Run failed: .*it is bad/s),
    });
    expect(finishedIn(events)).toMatchObject({ status: 'failed' });
    expect((await sendChat(lab.parley, {}, fails.id)).status).toBe(400);
  });
});
