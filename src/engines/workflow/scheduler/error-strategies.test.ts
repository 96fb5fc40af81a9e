import { describe, expect, test } from 'vitest';
import { edges, fakeKind, node, play, readOrThrow } from '../workflow.fixture.ts';

const start = node('start', 'start', { variables: [{ variable: 'query' }] });
const end = (...names: string[]) =>
  node('end', 'end', {
    outputs: names.map((name) => ({ variable: name, value_selector: name.split('.') })),
  });

describe('error strategies', () => {
  const failing = (more: object) => node('bad', 'give', { fails: 'no luck', ...more });

  test('a fail branch goes on with the error', async () => {
    const graph = readOrThrow(
      [
        start,
        failing({ error_strategy: 'fail-branch' }),
        node('ok', 'give', { gives: {} }),
        end('bad.error_message', 'bad.error_type'),
      ],
      edges('start -> bad', 'bad:source -> ok', 'bad:fail-branch -> end'),
    );
    const { outcome, events, story } = await play(graph);
    expect(outcome).toMatchObject({ status: 'partial-succeeded', exceptions: 1, error: null });
    expect(outcome.outputs).toEqual({
      'bad.error_message': 'no luck',
      'bad.error_type': 'WorkflowNodeError',
    });
    expect(story).not.toContain('start ok');
    expect(events.find((event) => event.kind === 'node_finished' && event.nodeId === 'bad')).toMatchObject({
      status: 'exception',
      error: 'no luck',
      outputs: { error_message: 'no luck', error_type: 'WorkflowNodeError' },
      metadata: { error_strategy: 'fail-branch' },
    });
  });

  test('without an error, every handle but fail-branch is the way of success', async () => {
    const graph = readOrThrow(
      [
        start,
        node('good', 'give', { gives: { v: 1 }, error_strategy: 'fail-branch' }),
        node('ok', 'give', { gives: {} }),
        node('no', 'give', { gives: {} }),
      ],
      edges('start -> good', 'good:success-branch -> ok', 'good:fail-branch -> no'),
    );
    const { outcome, story } = await play(graph);
    expect(outcome.status).toBe('succeeded');
    expect(story).toContain('start ok');
    expect(story).not.toContain('start no');
  });

  test('default values stand in, with the error beside them', async () => {
    const defaults = [
      { key: 'text', type: 'string', value: 'sorry' },
      { key: 'list', type: 'array[number]', value: '[1, 2]' },
    ];
    const graph = readOrThrow(
      [
        start,
        failing({ error_strategy: 'default-value', default_value: defaults }),
        end('bad.text', 'bad.list', 'bad.error_message'),
      ],
      edges('start -> bad -> end'),
    );
    const { outcome } = await play(graph);
    expect(outcome).toMatchObject({ status: 'partial-succeeded', exceptions: 1 });
    expect(outcome.outputs).toEqual({
      'bad.text': 'sorry',
      'bad.list': [1, 2],
      'bad.error_message': 'no luck',
    });
  });

  test('a branch with default values takes the way that nobody goes', async () => {
    const cases = [
      { case_id: 'true', conditions: [{ variable_selector: ['gone', 'x'], comparison_operator: 'empty' }] },
    ];
    const graph = readOrThrow(
      [
        start,
        node('if', 'if-else', { cases, error_strategy: 'default-value', default_value: [] }),
        node('a', 'give', { gives: {} }),
      ],
      edges('start -> if', 'if:true -> a', 'if:false -> a'),
    );
    const { outcome, story } = await play(graph);
    expect(outcome).toMatchObject({ status: 'partial-succeeded', exceptions: 1 });
    expect(story).not.toContain('start a');
  });

  test('retries come first, under one execution id and one start', async () => {
    const seen: number[] = [];
    const moody = fakeKind('moody', (_, { attempt }) => {
      seen.push(attempt);
      if (attempt < 2) throw new Error(`attempt ${attempt}`);
      return { outputs: { attempt } };
    });
    const retry_config = { retry_enabled: true, max_retries: 3, retry_interval: 1 };
    const graph = readOrThrow(
      [start, node('moody', 'moody', { retry_config }), end('moody.attempt')],
      edges('start -> moody -> end'),
      {
        kinds: [moody],
      },
    );
    const { outcome, events, story } = await play(graph);
    expect(outcome).toMatchObject({ status: 'succeeded', outputs: { 'moody.attempt': 2 }, exceptions: 0 });
    expect(seen).toEqual([0, 1, 2]);
    expect(story.slice(2, 6)).toEqual(['start moody', 'retry moody 1', 'retry moody 2', '"2"']);
    const ids = events.flatMap((event) =>
      'nodeId' in event && event.nodeId === 'moody' && 'executionId' in event ? [event.executionId] : [],
    );
    expect(new Set(ids).size).toBe(1);
    expect(events.find((event) => event.kind === 'node_retried')).toMatchObject({
      error: 'attempt 0',
      retry: 1,
    });
  });

  test('a node fails for good when its retries are used up', async () => {
    const retry_config = { retry_enabled: true, max_retries: 2, retry_interval: 0 };
    const graph = readOrThrow([start, failing({ retry_config })], edges('start -> bad'));
    const { outcome, story } = await play(graph);
    expect(outcome).toMatchObject({ status: 'failed', error: 'no luck' });
    expect(story.slice(2)).toEqual(['start bad', 'retry bad 1', 'retry bad 2', 'failed bad']);
  });
});
