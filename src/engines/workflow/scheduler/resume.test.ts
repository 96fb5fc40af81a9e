import { describe, expect, test } from 'vitest';
import type { WorkflowEvent } from '../events.ts';
import type { Graph } from '../graph/graph.ts';
import { edges, fakeKind, node, type PlayOptions, play, readOrThrow, written } from '../workflow.fixture.ts';
import type { RunState } from './run-state.ts';

const start = node('start', 'start', { variables: [{ variable: 'v' }] });
const answer = (id: string, text: string, parent?: string) => node(id, 'answer', { answer: text }, parent);

/** Events as they must be whether a run was interrupted or not: without ids and times. */
function essence(event: WorkflowEvent): unknown {
  const { executionId, at, startedAt, elapsedMs, ...rest } = event as unknown as Record<string, unknown>;
  const text = JSON.stringify(rest, (key, value) => (/duration_map|elapsedMs/.test(key) ? undefined : value));
  return JSON.parse(text);
}

/** Interrupts a run after each node and goes on from what was written down: what follows must be the same each time. */
async function interrupt(graph: Graph, options: PlayOptions): Promise<number> {
  const states: { readonly state: RunState; readonly told: number }[] = [];
  let told = 0;
  const whole = await play(graph, {
    ...options,
    onEvent(event, run) {
      told += 1;
      if (event.kind === 'node_finished') states.push({ state: written(run.snapshot()), told });
    },
  });
  expect(whole.outcome.status).toMatch(/succeeded/);
  for (const { state, told: before } of states) {
    const rest = await play(graph, { ...options, state });
    const { elapsedMs: _, ...outcome } = rest.outcome;
    expect(whole.outcome).toMatchObject(outcome);
    expect(rest.events[0]).toMatchObject({ kind: 'run_started', reason: 'resumption' });
    expect(rest.events.slice(1).map(essence)).toEqual(whole.events.slice(before).map(essence));
  }
  return states.length;
}

describe('a run that was written down goes on as if nothing had happened', () => {
  test('branches, joins, errors, answers', async () => {
    const cases = [
      {
        case_id: 'true',
        conditions: [{ variable_selector: ['start', 'v'], comparison_operator: 'contains', value: 'a' }],
      },
    ];
    const graph = readOrThrow(
      [
        start,
        node('if', 'if-else', { cases }),
        node('bad', 'give', { fails: 'oh', error_strategy: 'fail-branch' }),
        node('m', 'llm', { chunks: ['x', 'y'] }),
        answer('one', '1 {{#m.text#}} {{#bad.error_message#}}\n'),
        answer('no', 'no'),
        answer('two', '2 {{#m.text#}}'),
      ],
      edges(
        'start -> if',
        'if:true -> bad',
        'if:false -> no',
        'bad:fail-branch -> m -> one -> two',
        'no -> two',
      ),
    );
    expect(await interrupt(graph, { inputs: { v: 'a' } })).toBe(6);
    await interrupt(graph, { inputs: { v: 'b' } });
  });

  test('iterations and loops, nested', async () => {
    const append = {
      variable_selector: ['loop', 'all'],
      operation: 'append',
      input_type: 'variable',
      value: ['t', 'output'],
    };
    const graph = readOrThrow(
      [
        start,
        node('each', 'iteration', {
          iterator_selector: ['start', 'v'],
          output_selector: ['loop', 'all'],
          start_node_id: 's',
          flatten_output: false,
        }),
        node('s', 'iteration-start', {}, 'each'),
        node(
          'loop',
          'loop',
          {
            loop_count: 2,
            start_node_id: 'ls',
            loop_variables: [
              { label: 'all', var_type: 'array[string]', value_type: 'constant', value: '[]' },
            ],
          },
          'each',
        ),
        node('ls', 'loop-start', {}, 'loop'),
        node(
          't',
          'template-transform',
          { template: '{{ x }}!', variables: [{ variable: 'x', value_selector: ['each', 'item'] }] },
          'loop',
        ),
        node('add', 'assigner', { version: '2', items: [append] }, 'loop'),
        node(
          'c',
          'assigner',
          { version: '2', items: [{ ...append, variable_selector: ['conversation', 'seen'] }] },
          'loop',
        ),
        answer('say', '{{#t.output#}} ', 'loop'),
        answer('done', '{{#conversation.seen#}}'),
      ],
      edges('start -> each -> done', 's -> loop', 'ls -> t -> add -> c -> say'),
    );
    const options: PlayOptions = {
      inputs: { v: ['a', 'b'] },
      variables: [['conversation', [['seen', { value: [], type: 'array[string]' }]]]],
    };
    const { outcome } = await play(graph, options);
    expect(outcome.outputs.answer).toBe('- a!\n- a!\n- b!\n- b!');
    expect(await interrupt(graph, options)).toBeGreaterThan(20);
  });

  test('a node that was running runs again, under its old id and without a second start', async () => {
    const seen: string[] = [];
    let hang = true;
    const slow = fakeKind('slow', (_, { executionId, node: { id } }) => {
      seen.push(`${id} ${executionId}`);
      return hang ? new Promise(() => {}) : Promise.resolve({ outputs: { v: id } });
    });
    const graph = readOrThrow(
      [
        start,
        node('each', 'iteration', {
          iterator_selector: ['start', 'v'],
          output_selector: ['in', 'v'],
          start_node_id: 's',
          is_parallel: true,
          parallel_nums: 2,
        }),
        node('s', 'iteration-start', {}, 'each'),
        node('in', 'slow', {}, 'each'),
        node('out', 'slow'),
        node('end', 'end', {
          outputs: [
            { variable: 'e', value_selector: ['each', 'output'] },
            { variable: 'o', value_selector: ['out', 'v'] },
          ],
        }),
      ],
      edges('start -> each -> end', 's -> in', 'start -> out -> end'),
      { kinds: [slow] },
    );
    const controller = new AbortController();
    let state: RunState | null = null;
    await play(graph, {
      inputs: { v: [1, 2, 3] },
      signal: controller.signal,
      onEvent(_, run) {
        if (seen.length < 2) return;
        setImmediate(() => {
          state ??= written(run.snapshot());
          controller.abort(new Error('crash'));
        });
      },
    });
    const first = [...seen];
    expect(first).toHaveLength(3);
    seen.length = 0;
    hang = false;
    const { outcome, story } = await play(graph, { state: state as unknown as RunState });
    expect(outcome).toMatchObject({
      status: 'succeeded',
      outputs: { e: ['in', 'in', 'in'], o: 'out' },
      steps: 4,
    });
    expect(seen.slice(0, 3).toSorted()).toEqual(first.toSorted());
    expect(story.filter((line) => line === 'start in')).toHaveLength(1);
    expect(story).not.toContain('start out');
  });

  test('what a model had said in part is taken back, and said again', async () => {
    const graph = readOrThrow(
      [start, node('m', 'llm', { chunks: ['he', 'l', 'lo'] }), answer('say', '<{{#m.text#}}>')],
      edges('start -> m -> say'),
    );
    let state: RunState | null = null;
    let told = '';
    const listen = (event: WorkflowEvent) => {
      if (event.kind === 'text_chunk') told += event.text;
      if (event.kind === 'text_withdrawn') told = told.slice(0, -event.length);
    };
    await play(graph, {
      onEvent(event, run) {
        if (state === null) listen(event);
        if (event.kind === 'text_chunk' && event.text === 'l') state = written(run.snapshot());
      },
    });
    expect(told).toBe('<hel');
    const { outcome } = await play(graph, { state: state as unknown as RunState, onEvent: listen });
    expect([told, outcome.outputs.answer]).toEqual(['<hello>', '<hello>']);
  });

  test('a snapshot does not change while its run goes on', async () => {
    const graph = readOrThrow(
      [
        start,
        node('each', 'iteration', {
          iterator_selector: ['start', 'v'],
          output_selector: ['t', 'output'],
          start_node_id: 's',
        }),
        node('s', 'iteration-start', {}, 'each'),
        node('t', 'template-transform', { template: 'x' }, 'each'),
        answer('say', '{{#each.output#}}'),
      ],
      edges('start -> each -> say', 's -> t'),
    );
    const taken: { readonly state: RunState; readonly text: string }[] = [];
    await play(graph, {
      inputs: { v: [1, 2, 3] },
      onEvent(event, run) {
        if (event.kind !== 'node_finished') return;
        const state = run.snapshot();
        taken.push({ state, text: JSON.stringify(state) });
      },
    });
    expect(taken).toHaveLength(9);
    for (const { state, text } of taken) expect(JSON.stringify(state)).toBe(text);
  });

  test('a failed run stays failed', async () => {
    const graph = readOrThrow([start, node('bad', 'give', { fails: 'no' })], edges('start -> bad'));
    let state: RunState | null = null;
    await play(graph, {
      onEvent(event, run) {
        if (event.kind === 'node_finished' && event.status === 'failed') state = written(run.snapshot());
      },
    });
    const { outcome } = await play(graph, { state: state as unknown as RunState });
    expect(outcome).toMatchObject({ status: 'failed', error: 'no' });
  });

  test('the environment is not written down, and comes from whoever goes on', async () => {
    const variables = [{ variable: 'k', value_selector: ['env', 'KEY'] }];
    const graph = readOrThrow(
      [start, node('t', 'template-transform', { variables, template: '{{ k }}' })],
      edges('start -> t'),
    );
    let state: RunState | null = null;
    const env = (value: string): PlayOptions => ({
      variables: [['env', [['KEY', { value, type: 'secret' }]]]],
    });
    await play(graph, {
      ...env('sk-secret-1'),
      onEvent(event, run) {
        if (event.kind === 'node_finished') state ??= written(run.snapshot());
      },
    });
    expect(JSON.stringify(state)).not.toContain('sk-secret-1');
    const outputs: unknown[] = [];
    const { outcome } = await play(graph, {
      ...env('sk-secret-2'),
      state: state as unknown as RunState,
      onEvent: (event) => event.kind === 'node_finished' && outputs.push(event.outputs),
    });
    expect([outcome.status, outputs]).toEqual(['succeeded', [{ output: '*'.repeat(20) }]]);
  });

  test('a retry that was waiting counts on', async () => {
    let attempts: number[] = [];
    const moody = fakeKind('moody', (_, { attempt }) => {
      attempts.push(attempt);
      throw new Error('no');
    });
    const retry_config = { retry_enabled: true, max_retries: 2, retry_interval: 1 };
    const graph = readOrThrow(
      [start, node('moody', 'moody', { retry_config }), node('other', 'llm', { chunks: [] })],
      edges('start -> moody', 'start -> other'),
      { kinds: [moody] },
    );
    let state: RunState | null = null;
    await play(graph, {
      onEvent(event, run) {
        if (event.kind === 'node_retried')
          setImmediate(() => {
            state ??= written(run.snapshot());
          });
      },
    });
    expect(attempts).toEqual([0, 1, 2]);
    attempts = [];
    const { outcome } = await play(graph, { state: state as unknown as RunState });
    expect(outcome.error).toBe('no');
    expect(attempts).toEqual([1, 2]);
  });
});
