import { describe, expect, test } from 'vitest';
import { edges, fakeKind, node, play, readOrThrow } from '../workflow.fixture.ts';

const start = node('start', 'start', { variables: [{ variable: 'items' }] });
const end = node('end', 'end', { outputs: [{ variable: 'out', value_selector: ['each', 'output'] }] });

const work = fakeKind('work', async (_, { node: { id }, pool, signal }) => {
  const item = pool.get(['each', 'item'])?.value;
  const index = pool.get(['each', 'index'])?.value as number;
  await new Promise((resolve) => setImmediate(resolve));
  signal.throwIfAborted();
  if (item === 'bad') throw new Error(`no ${id} for ${index}`);
  return { outputs: { v: Array.isArray(item) ? item : `${item}@${index}` } };
});

function iteration(data: object = {}, inner: readonly object[] = [], lines: readonly string[] = ['s -> w']) {
  return readOrThrow(
    [
      start,
      node('each', 'iteration', {
        iterator_selector: ['start', 'items'],
        output_selector: ['w', 'v'],
        start_node_id: 's',
        ...data,
      }),
      node('s', 'iteration-start', {}, 'each'),
      node('w', 'work', {}, 'each'),
      ...(inner as Record<string, unknown>[]),
      end,
    ],
    edges('start -> each -> end', ...lines),
    { kinds: [work] },
  );
}

describe('an iteration', () => {
  test('runs its nodes for each item, in order, and tells each round', async () => {
    const { outcome, story, events } = await play(iteration(), { inputs: { items: ['a', 'b'] } });
    expect(outcome).toMatchObject({ status: 'succeeded', outputs: { out: ['a@0', 'b@1'] }, steps: 3 });
    expect(story.filter((line) => !line.includes('"'))).toEqual([
      ...['start start', 'finish start', 'start each', 'rounds_started each'],
      ...['round each 0', 'start s', 'finish s', 'start w', 'finish w'],
      ...['round each 1', 'start s', 'finish s', 'start w', 'finish w'],
      ...['rounds_completed each', 'finish each', 'start end', 'finish end'],
    ]);
    const finished = events.filter((event) => event.kind === 'node_finished' && event.nodeId === 'w');
    expect(finished.map((event) => 'round' in event && event.round)).toEqual([
      { containerId: 'each', containerType: 'iteration', index: 0, outer: null },
      { containerId: 'each', containerType: 'iteration', index: 1, outer: null },
    ]);
    expect(
      events.find((event) => event.kind === 'node_reported' && event.report.kind === 'rounds_completed'),
    ).toMatchObject({
      report: {
        status: 'succeeded',
        steps: 2,
        outputs: { output: ['a@0', 'b@1'] },
        inputs: { iterator_selector: ['a', 'b'] },
      },
    });
  });

  test('also in the old form, which begins with its first real node', async () => {
    const graph = readOrThrow(
      [
        start,
        node('each', 'iteration', {
          iterator_selector: ['start', 'items'],
          output_selector: ['w', 'v'],
          start_node_id: 'w',
        }),
        node('w', 'work', { isIterationStart: true }, 'each'),
        end,
      ],
      edges('start -> each -> end'),
      { kinds: [work] },
    );
    const { outcome } = await play(graph, { inputs: { items: ['a', 'b'] } });
    expect(outcome.outputs).toEqual({ out: ['a@0', 'b@1'] });
  });

  test('keeps what is inside to itself', async () => {
    const graph = readOrThrow(
      [
        start,
        node('each', 'iteration', {
          iterator_selector: ['start', 'items'],
          output_selector: ['w', 'v'],
          start_node_id: 's',
        }),
        node('s', 'iteration-start', {}, 'each'),
        node('w', 'work', {}, 'each'),
        node('end', 'end', {
          outputs: [
            { variable: 'inner', value_selector: ['w', 'v'] },
            { variable: 'item', value_selector: ['each', 'item'] },
          ],
        }),
      ],
      edges('start -> each -> end', 's -> w'),
      { kinds: [work] },
    );
    const { outcome } = await play(graph, { inputs: { items: ['a'] } });
    expect(outcome.outputs).toEqual({ inner: null, item: null });
  });

  test.each([
    [true, [[1], [2, 3]], [1, 2, 3]],
    [false, [[1], [2, 3]], [[1], [2, 3]]],
    [true, [[1], 'x'], [[1], 'x@1']],
  ])('flattens lists when told to (%s)', async (flatten_output, items, expected) => {
    const { outcome } = await play(iteration({ flatten_output }), { inputs: { items } });
    expect(outcome.outputs.out).toEqual(expected);
  });

  test('an empty list, and null, are no rounds', async () => {
    for (const items of [[], null]) {
      const { outcome, story } = await play(iteration(), { inputs: { items } });
      expect(outcome.outputs).toEqual({ out: [] });
      expect(story).toContain('rounds_started each');
      expect(story).toContain('rounds_completed each');
    }
  });

  test('refuses what is no list', async () => {
    const { outcome } = await play(iteration(), { inputs: { items: 'abc' } });
    expect(outcome.error).toBe('invalid iterator value: abc, please provide a list.');
    const missing = await play(iteration());
    expect(missing.outcome.error).toBe("iterator variable ['start', 'items'] not found");
  });

  test.each([
    ['terminated', 'failed', {}, 'no w for 1'],
    ['continue-on-error', 'succeeded', { out: ['a@0', null, 'c@2'] }, null],
    ['remove-abnormal-output', 'succeeded', { out: ['a@0', 'c@2'] }, null],
  ])('%s', async (error_handle_mode, status, outputs, error) => {
    for (const is_parallel of [false, true]) {
      const { outcome } = await play(iteration({ error_handle_mode, is_parallel }), {
        inputs: { items: ['a', 'bad', 'c'] },
      });
      expect(outcome).toMatchObject({ status, outputs, error });
    }
  });

  test('its own error strategy holds for what fails inside it', async () => {
    const graph = iteration({
      error_strategy: 'default-value',
      default_value: [{ key: 'output', type: 'array[string]', value: '["x"]' }],
    });
    const { outcome } = await play(graph, { inputs: { items: ['bad'] } });
    expect(outcome).toMatchObject({ status: 'partial-succeeded', outputs: { out: ['x'] } });
  });

  test('runs no more rounds at once than it may, and keeps the order', async () => {
    let now = 0;
    let most = 0;
    const uneven = fakeKind('work', async (_, { pool }) => {
      const index = pool.get(['each', 'index'])?.value as number;
      now += 1;
      most = Math.max(most, now);
      for (let turn = 0; turn < 5 - index; turn += 1) await new Promise((resolve) => setImmediate(resolve));
      now -= 1;
      return { outputs: { v: index } };
    });
    const graph = readOrThrow(
      [
        start,
        node('each', 'iteration', {
          iterator_selector: ['start', 'items'],
          output_selector: ['w', 'v'],
          start_node_id: 's',
          is_parallel: true,
          parallel_nums: 3,
        }),
        node('s', 'iteration-start', {}, 'each'),
        node('w', 'work', {}, 'each'),
        end,
      ],
      edges('start -> each -> end', 's -> w'),
      { kinds: [uneven] },
    );
    const { outcome } = await play(graph, { inputs: { items: [0, 0, 0, 0, 0] } });
    expect(outcome.outputs).toEqual({ out: [0, 1, 2, 3, 4] });
    expect(most).toBe(3);
  });

  test.each([
    ['terminated', false],
    ['continue-on-error', true],
  ])('collects so much and no more: %s', async (error_handle_mode, is_parallel) => {
    const large = fakeKind('work', () => ({ outputs: { v: 'x'.repeat(3_000_000) } }));
    const graph = readOrThrow(
      [
        start,
        node('each', 'iteration', {
          iterator_selector: ['start', 'items'],
          output_selector: ['w', 'v'],
          start_node_id: 's',
          ...{ is_parallel, parallel_nums: 0, error_handle_mode },
        }),
        node('s', 'iteration-start', {}, 'each'),
        node('w', 'work', {}, 'each'),
      ],
      edges('start -> each', 's -> w'),
      { kinds: [large] },
    );
    const few = await play(graph, { inputs: { items: [1, 2, 3, 4, 5] } });
    expect(few.outcome.status).toBe('succeeded');
    const { outcome } = await play(graph, { inputs: { items: Array(100).fill(1) } });
    const error = 'The items of the output are larger than 16000000 characters.';
    expect(outcome).toMatchObject({ status: 'failed', error });
  });

  test('a round that fails stops the ones beside it', async () => {
    let aborted = 0;
    const half = fakeKind('work', (_, { pool, signal }) => {
      if (pool.get(['each', 'index'])?.value === 1) throw new Error('enough');
      return new Promise((_, reject) => {
        signal.addEventListener('abort', () => {
          aborted += 1;
          reject(signal.reason);
        });
      });
    });
    const graph = readOrThrow(
      [
        start,
        node('each', 'iteration', {
          iterator_selector: ['start', 'items'],
          start_node_id: 's',
          is_parallel: true,
          parallel_nums: 3,
          error_strategy: 'fail-branch',
        }),
        node('s', 'iteration-start', {}, 'each'),
        node('w', 'work', {}, 'each'),
      ],
      edges('start -> each', 's -> w'),
      { kinds: [half] },
    );
    const { outcome } = await play(graph, { inputs: { items: [0, 1, 2, 3] } });
    expect(outcome).toMatchObject({ status: 'partial-succeeded' });
    expect(aborted).toBe(2);
  });

  test('copies what it sets of the conversation back', async () => {
    const inner = [
      node(
        'set',
        'assigner',
        {
          version: '2',
          items: [
            {
              variable_selector: ['conversation', 'all'],
              operation: 'append',
              input_type: 'variable',
              value: ['each', 'item'],
            },
          ],
        },
        'each',
      ),
    ];
    const graph = iteration({}, inner, ['s -> w -> set']);
    const seen: unknown[] = [];
    const { outcome } = await play(graph, {
      inputs: { items: ['a', 'b'] },
      variables: [['conversation', [['all', { value: [], type: 'array[string]' }]]]],
      onEvent: (event) => event.kind === 'variable_set' && seen.push(event.variable.value),
    });
    expect(outcome.status).toBe('succeeded');
    expect(seen).toEqual([['a'], ['a', 'b']]);
  });

  test('adds up the usage of its rounds once', async () => {
    const inner = [node('m', 'llm', { chunks: ['x', 'y'] }, 'each')];
    const { outcome, events } = await play(iteration({}, inner, ['s -> w -> m']), {
      inputs: { items: ['a', 'b'] },
    });
    expect(outcome.usage).toEqual({ tokens: 4, price: '0.002', currency: 'USD' });
    expect(events.find((event) => event.kind === 'node_finished' && event.nodeId === 'each')).toMatchObject({
      usage: { tokens: 4, price: '0.002' },
    });
  });

  test('iterations nest, each round with its own items', async () => {
    const graph = readOrThrow(
      [
        start,
        node('each', 'iteration', {
          iterator_selector: ['start', 'items'],
          output_selector: ['inner', 'output'],
          start_node_id: 's',
          flatten_output: false,
        }),
        node('s', 'iteration-start', {}, 'each'),
        node(
          'inner',
          'iteration',
          { iterator_selector: ['each', 'item'], output_selector: ['t', 'output'], start_node_id: 'si' },
          'each',
        ),
        node('si', 'iteration-start', {}, 'inner'),
        node(
          't',
          'template-transform',
          {
            template: '{{ o }}.{{ i }}',
            variables: [
              { variable: 'o', value_selector: ['each', 'index'] },
              { variable: 'i', value_selector: ['inner', 'item'] },
            ],
          },
          'inner',
        ),
        end,
      ],
      edges('start -> each -> end', 's -> inner', 'si -> t'),
    );
    const { outcome, events } = await play(graph, { inputs: { items: [['a', 'b'], ['c']] } });
    expect(outcome.outputs).toEqual({ out: [['0.a', '0.b'], ['1.c']] });
    const last = events.findLast((event) => event.kind === 'node_finished' && event.nodeId === 't');
    expect(last).toMatchObject({
      round: { containerId: 'inner', index: 0, outer: { containerId: 'each', index: 1 } },
    });
  });
});
