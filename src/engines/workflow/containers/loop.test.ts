import { describe, expect, test } from 'vitest';
import { edges, fakeKind, node, play, readOrThrow } from '../workflow.fixture.ts';

const start = node('start', 'start', { variables: [{ variable: 'n' }] });
const count = { label: 'i', var_type: 'number', value_type: 'constant', value: 0 };
const add = (id = 'add') =>
  node(
    id,
    'assigner',
    {
      version: '2',
      items: [{ variable_selector: ['loop', 'i'], input_type: 'constant', operation: '+=', value: 1 }],
    },
    'loop',
  );
const until = (value: string) => [{ variable_selector: ['loop', 'i'], comparison_operator: '≥', value }];
const end = (...names: string[]) =>
  node('end', 'end', { outputs: names.map((name) => ({ variable: name, value_selector: name.split('.') })) });

function loop(
  data: object,
  inner: readonly Record<string, unknown>[],
  lines: readonly string[],
  last = end('loop.i', 'loop.loop_round'),
) {
  return readOrThrow(
    [
      start,
      node('loop', 'loop', {
        loop_count: 10,
        loop_variables: [count],
        logical_operator: 'and',
        break_conditions: [],
        start_node_id: 's',
        ...data,
      }),
      node('s', 'loop-start', {}, 'loop'),
      ...inner,
      last,
    ],
    edges('start -> loop -> end', ...lines),
    { kinds: [probe] },
  );
}

/** Tells whether a variable is there. */
const probe = fakeKind('probe', ({ asks }, { pool }) => ({
  outputs: { found: pool.get((asks as string).split('.')) !== undefined },
}));

describe('a loop', () => {
  test('goes on until its conditions hold', async () => {
    const { outcome, story, events } = await play(
      loop({ break_conditions: until('3') }, [add()], ['s -> add']),
    );
    expect(outcome.outputs).toEqual({ 'loop.i': 3, 'loop.loop_round': 3 });
    expect(story.filter((line) => line.includes('round'))).toEqual([
      ...['rounds_started loop', 'round loop 1', 'round loop 2', 'rounds_completed loop'],
    ]);
    const reports = events.flatMap((event) => (event.kind === 'node_reported' ? [event.report] : []));
    expect(reports[0]).toEqual({ kind: 'rounds_started', length: 10, inputs: { loop_count: 10, i: 0 } });
    expect(reports[1]).toEqual({ kind: 'round', index: 1, before: { i: 1, loop_round: 1 } });
    expect(reports[3]).toMatchObject({
      steps: 10,
      metadata: { completed_reason: 'loop_break', loop_variable_map: { 0: { i: 1 }, 2: { i: 3 } } },
    });
  });

  test('ends after its last permitted round', async () => {
    const { outcome, events } = await play(loop({ loop_count: 2 }, [add()], ['s -> add']));
    expect(outcome.outputs).toEqual({ 'loop.i': 2, 'loop.loop_round': 2 });
    const completed = events.flatMap((event) =>
      event.kind === 'node_reported' && event.report.kind === 'rounds_completed' ? [event.report] : [],
    );
    expect(completed[0]?.metadata.completed_reason).toBe('loop_completed');
  });

  test('does not begin when its conditions hold before', async () => {
    const { outcome, story, events } = await play(
      loop({ break_conditions: until('0') }, [add()], ['s -> add']),
    );
    expect(JSON.stringify(events)).toContain('"steps":0');
    expect(outcome.outputs).toEqual({ 'loop.i': 0, 'loop.loop_round': null });
    expect(story).not.toContain('start add');
  });

  test('conditions on nodes inside do not hold before the first round, and fail the loop when the node is missing after one', async () => {
    const on = (id: string) => [
      { variable_selector: [id, 'found'], comparison_operator: 'is', value: 'true' },
    ];
    const asks = node('p', 'probe', { asks: 'loop.i' }, 'loop');
    const { outcome } = await play(loop({ break_conditions: on('p') }, [asks], ['s -> p']));
    expect(outcome).toMatchObject({ status: 'succeeded', outputs: { 'loop.loop_round': 1 } });
    const missing = await play(loop({ break_conditions: on('nobody') }, [asks], ['s -> p']));
    expect(missing.outcome).toMatchObject({
      status: 'failed',
      error: "Variable ['nobody', 'found'] not found",
    });
  });

  test('a loop-end ends it with its round', async () => {
    const cond = { case_id: 'true', logical_operator: 'and', conditions: until('2') };
    const inner = [
      add(),
      node('if', 'if-else', { cases: [cond] }, 'loop'),
      node('out', 'loop-end', {}, 'loop'),
    ];
    const { outcome } = await play(loop({}, inner, ['s -> add -> if', 'if:true -> out']));
    expect(outcome.outputs).toEqual({ 'loop.i': 2, 'loop.loop_round': 2 });
  });

  test('erases what is inside before each round, and leaves the last round to those after it', async () => {
    const inner = [
      node('p', 'probe', { asks: 'late.found' }, 'loop'),
      node('late', 'probe', { asks: 'loop.i' }, 'loop'),
    ];
    const { outcome, events } = await play(
      loop({ loop_count: 3 }, inner, ['s -> p -> late'], end('late.found')),
    );
    expect(outcome.outputs).toEqual({ 'late.found': true });
    const found = events.flatMap((event) =>
      event.kind === 'node_finished' && event.nodeId === 'p' ? [event.outputs.found] : [],
    );
    expect(found).toEqual([false, false, false]);
  });

  test('fails with what fails inside it', async () => {
    const inner = [node('bad', 'give', { fails: 'no luck' }, 'loop')];
    const { outcome, events } = await play(loop({}, inner, ['s -> bad']));
    expect(outcome).toMatchObject({ status: 'failed', error: 'no luck' });
    const completed = events.flatMap((event) =>
      event.kind === 'node_reported' && event.report.kind === 'rounds_completed' ? [event.report] : [],
    );
    expect(completed[0]).toMatchObject({
      status: 'failed',
      error: 'no luck',
      metadata: { completed_reason: 'error' },
    });
  });

  test('takes its variables from constants and from others, and refuses what does not fit', async () => {
    const variables = [
      { label: 'i', var_type: 'number', value_type: 'variable', value: ['start', 'n'] },
      { label: 'list', var_type: 'array[string]', value_type: 'constant', value: '["a"]' },
      { label: 'map', var_type: 'object', value_type: 'constant', value: '{"k": 1}' },
    ];
    const last = end('loop.i', 'loop.list', 'loop.map');
    const { outcome } = await play(
      loop({ loop_variables: variables, loop_count: 1 }, [add()], ['s -> add'], last),
      { inputs: { n: 5 } },
    );
    expect(outcome.outputs).toEqual({ 'loop.i': 6, 'loop.list': ['a'], 'loop.map': { k: 1 } });
    const missing = await play(loop({ loop_variables: variables }, [add()], ['s -> add']));
    expect(missing.outcome.error).toBe('Invalid value for loop variable i');
    const wrong = { label: 'i', var_type: 'number', value_type: 'constant', value: 'many' };
    const refused = await play(loop({ loop_variables: [wrong] }, [add()], ['s -> add']));
    expect(refused.outcome.error).toBe('Invalid value for loop variable i');
  });

  test.each([
    ['array[string]', '', []],
    ['array[object]', null, []],
    ['boolean', 'True', true],
    ['boolean', 'False', false],
  ])('a constant of the type %s that the file writes as %j', async (var_type, value, read) => {
    const variables = [{ label: 'v', var_type, value_type: 'constant', value }];
    const { outcome } = await play(
      loop(
        { loop_variables: variables, loop_count: 1 },
        [node('p', 'probe', { asks: 'loop.v' }, 'loop')],
        ['s -> p'],
        end('loop.v'),
      ),
    );
    expect(outcome).toMatchObject({ status: 'succeeded', outputs: { 'loop.v': read } });
  });

  test('the record of its variables ends where it gets too long', async () => {
    const variables = [
      { label: 'v', var_type: 'string', value_type: 'constant', value: 'x'.repeat(300_000) },
    ];
    const asks = node('p', 'probe', { asks: 'loop.v' }, 'loop');
    const { outcome, events } = await play(
      loop({ loop_variables: variables, loop_count: 50 }, [asks], ['s -> p'], end('loop.loop_round')),
    );
    expect(outcome.outputs).toEqual({ 'loop.loop_round': 50 });
    const finished = events.find((event) => event.kind === 'node_finished' && event.nodeId === 'loop');
    const map = finished?.kind === 'node_finished' ? finished.metadata.loop_variable_map : {};
    expect(Object.keys(map as object)).toEqual(['0', '1', '2']);
  });

  test('what answers in it say is bounded', async () => {
    const text = 'x'.repeat(3_000_000);
    const inner = [
      node('give', 'give', { gives: { text } }, 'loop'),
      node('say', 'answer', { answer: '{{#give.text#}}' }, 'loop'),
    ];
    const { outcome } = await play(loop({}, inner, ['s -> give -> say']));
    expect(outcome.error).toBe('The answers in the loop are larger than 16000000 characters.');
  });

  test('what answers in it say belongs to the run', async () => {
    const inner = [add(), node('say', 'answer', { answer: '{{#loop.i#}}\n' }, 'loop')];
    const last = node('end', 'answer', { answer: '{{#start.n#}} + {{#loop.i#}}' });
    const { outcome, chunks } = await play(
      loop({ break_conditions: until('2') }, inner, ['s -> add -> say'], last),
      { inputs: { n: 1 } },
    );
    expect(outcome.outputs).toEqual({ answer: '1\n2\n1 + 2', files: [] });
    expect(chunks.join('')).toBe('1\n2\n1 + 2');
  });
});
