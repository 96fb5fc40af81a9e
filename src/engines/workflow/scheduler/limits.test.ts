import { describe, expect, test } from 'vitest';
import { edges, fakeKind, node, play, readOrThrow } from '../workflow.fixture.ts';

const start = node('start', 'start', { variables: [{ variable: 'query' }] });

describe('limits and stops', () => {
  test('too many steps end the run', async () => {
    const ids = Array.from({ length: 8 }, (_, at) => `n${at}`);
    const graph = readOrThrow(
      [start, ...ids.map((id) => node(id, 'give', { gives: {} }))],
      edges(['start', ...ids].join(' -> ')),
    );
    const { outcome, story } = await play(graph, { limits: { maxSteps: 5 } });
    expect(outcome).toMatchObject({ status: 'failed', error: 'Maximum execution steps exceeded: 6 > 5' });
    expect(story.at(-1)).toBe('finish n4');
  });

  test('a node gives so much and no more, and has spent what it has', async () => {
    const list = Array(100).fill('x'.repeat(100_000));
    const usage = { tokens: 7, price: '0.1', currency: 'USD' };
    const large = fakeKind('large', ({ times }) => ({
      outputs: Object.fromEntries(Array.from({ length: Number(times) }, (_, at) => [`v${at}`, list])),
      usage,
    }));
    const run = (times: number, more: object = {}) =>
      play(
        readOrThrow([start, node('n', 'large', { times, ...more })], edges('start -> n'), { kinds: [large] }),
      );
    expect((await run(1)).outcome.status).toBe('succeeded');
    const error = 'The outputs of the node are larger than 16000000 characters.';
    expect((await run(2)).outcome).toMatchObject({ status: 'failed', error, usage });
    const { outcome, events } = await run(1000, { error_strategy: 'fail-branch' });
    expect(outcome.status).toBe('partial-succeeded');
    expect(events.find((event) => event.kind === 'node_finished' && event.nodeId === 'n')).toMatchObject({
      outputs: { error_message: error, error_type: 'OutputTooLargeError' },
    });
  });

  test('too much time ends the run, and what it waits for', async () => {
    let aborted = false;
    const hang = fakeKind('hang', (_, { signal }) => {
      signal.addEventListener('abort', () => {
        aborted = true;
      });
      return new Promise(() => {});
    });
    const graph = readOrThrow([start, node('hang', 'hang')], edges('start -> hang'), { kinds: [hang] });
    const { outcome } = await play(graph, { limits: { maxMs: 20 } });
    expect(outcome.status).toBe('failed');
    expect(outcome.error).toMatch(/^Maximum execution time exceeded: 0\.0\ds > 0\.02s$/);
    expect(aborted).toBe(true);
  });

  test('a stop reaches every node in the same turn, containers and retries included; nothing starts after it', async () => {
    const controller = new AbortController();
    const told: string[] = [];
    let open = 0;
    const hang = fakeKind('hang', (_, { node: { id }, signal }) => {
      open += 1;
      signal.addEventListener('abort', () => told.push(`${id}: ${(signal.reason as Error).message}`));
      if (open === 4) setImmediate(() => controller.abort(new Error('Stopped by user.')));
      return new Promise(() => {});
    });
    const retry_config = { retry_enabled: true, max_retries: 9, retry_interval: 60_000 };
    const graph = readOrThrow(
      [
        start,
        node('a', 'hang'),
        node('moody', 'give', { fails: 'again', retry_config }),
        node('each', 'iteration', {
          iterator_selector: ['start', 'query'],
          start_node_id: 'es',
          is_parallel: true,
          parallel_nums: 2,
        }),
        node('es', 'iteration-start', {}, 'each'),
        node('b', 'hang', {}, 'each'),
        node('round', 'loop', { loop_count: 3, start_node_id: 'ls' }),
        node('ls', 'loop-start', {}, 'round'),
        node('c', 'hang', {}, 'round'),
        node('never', 'give', { gives: {} }),
      ],
      edges(
        'start -> a -> never',
        'start -> moody',
        'start -> each -> never',
        'start -> round',
        'es -> b',
        'ls -> c',
      ),
      { kinds: [hang] },
    );
    const { outcome, events } = await play(graph, {
      inputs: { query: [1, 2, 3] },
      signal: controller.signal,
    });
    expect(outcome).toMatchObject({ status: 'stopped', error: 'Stopped by user.' });
    expect(told.toSorted()).toEqual(['a', 'b', 'b', 'c'].map((id) => `${id}: Stopped by user.`));
    expect(events.at(-1)?.kind).toBe('run_finished');
    expect(events.filter(({ kind }) => kind === 'run_finished')).toHaveLength(1);
    expect(open).toBe(4);
  });

  test('a stop comes through work that never waits', async () => {
    const controller = new AbortController();
    const burn = fakeKind('burn', () => {
      for (const end = performance.now() + 2; performance.now() < end; );
      return { outputs: {} };
    });
    const ids = Array.from({ length: 400 }, (_, at) => `n${at}`);
    const graph = readOrThrow(
      [start, ...ids.map((id) => node(id, 'burn'))],
      edges(['start', ...ids].join(' -> ')),
      { kinds: [burn] },
    );
    setTimeout(() => controller.abort(new Error('Stopped by user.')), 5);
    const { outcome } = await play(graph, { signal: controller.signal });
    expect(outcome.status).toBe('stopped');
    expect(outcome.steps).toBeLessThan(100);
  });

  test('a kind that gives back nonsense fails the run, not the process', async () => {
    const broken = fakeKind('broken', async ({ gives }) => gives as never);
    for (const gives of [null, {}, { outputs: 5, writes: 5 }]) {
      const graph = readOrThrow([start, node('x', 'broken', { gives })], edges('start -> x'), {
        kinds: [broken],
      });
      expect((await play(graph)).outcome.status).toBe('failed');
    }
  });

  test('a signal that has aborted before stops the run before its first node', async () => {
    const graph = readOrThrow([start], []);
    const { outcome, events } = await play(graph, {
      signal: AbortSignal.abort(new Error('Stopped by user.')),
    });
    expect(outcome).toMatchObject({ status: 'stopped', steps: 0 });
    expect(events.map(({ kind }) => kind)).toEqual(['run_finished']);
  });
});
