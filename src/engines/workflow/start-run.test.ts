import { describe, expect, test } from 'vitest';
import { edges, fakeKind, node, play, readOrThrow } from './workflow.fixture.ts';

const start = node('start', 'start', { variables: [{ variable: 'query' }] });
const end = (...names: string[]) =>
  node('end', 'end', {
    outputs: names.map((name) => ({ variable: name, value_selector: name.split('.') })),
  });

describe('a run', () => {
  test('gives back what it was given', async () => {
    const graph = readOrThrow([start, end('start.query')], edges('start -> end'));
    const { outcome, story } = await play(graph, { inputs: { query: 'héllo' }, system: { user_id: 'u' } });
    expect(outcome).toMatchObject({
      status: 'succeeded',
      outputs: { 'start.query': 'héllo' },
      error: null,
      steps: 2,
    });
    expect(story).toEqual(['start start', '"héllo"', 'finish start', 'start end', 'finish end']);
  });

  test('joins what runs side by side, and skips what no branch leads to', async () => {
    const graph = readOrThrow(
      [
        start,
        node('if', 'if-else', {
          cases: [
            {
              case_id: 'true',
              conditions: [
                { variable_selector: ['start', 'query'], comparison_operator: 'contains', value: 'a' },
              ],
            },
          ],
        }),
        node('a', 'give', { gives: { v: 'A' } }),
        node('b', 'give', { gives: { v: 'B' } }),
        node('c', 'give', { gives: { v: 'C' } }),
        node('last', 'give', { gives: { v: 'L' } }),
        end('a.v', 'b.v', 'c.v'),
      ],
      edges(
        'start -> if',
        'start -> c',
        'if:true -> a',
        'if:false -> b -> last',
        'a -> end',
        'last -> end',
        'c -> end',
      ),
    );
    const { outcome, story } = await play(graph, { inputs: { query: 'cat' } });
    expect(outcome.outputs).toEqual({ 'a.v': 'A', 'b.v': null, 'c.v': 'C' });
    expect(story.filter((line) => line.startsWith('start'))).toEqual([
      ...['start start', 'start if', 'start c', 'start a', 'start end'],
    ]);
  });

  test('ends quietly when a branch has no edge', async () => {
    const graph = readOrThrow(
      [start, node('if', 'if-else', { cases: [] }), end('start.query')],
      edges('start -> if', 'if:true -> end'),
    );
    const { outcome } = await play(graph, { inputs: { query: 'x' } });
    expect(outcome).toMatchObject({ status: 'succeeded', outputs: {} });
  });

  test('fails with the error of the first node that fails, and stops the others', async () => {
    let aborted: unknown;
    const slow = fakeKind('slow', (_, { signal }) => {
      signal.addEventListener('abort', () => {
        aborted = signal.reason;
      });
      return new Promise(() => {});
    });
    const graph = readOrThrow(
      [start, node('slow', 'slow'), node('bad', 'give', { fails: 'no luck' }), end('start.query')],
      edges('start -> slow -> end', 'start -> bad -> end'),
      { kinds: [slow] },
    );
    const { outcome, story } = await play(graph);
    expect(outcome).toMatchObject({ status: 'failed', error: 'no luck', exceptions: 0 });
    expect(story.at(-1)).toBe('failed bad');
    expect(aborted).toBeInstanceOf(DOMException);
  });

  test('starts no more nodes of a level at once than it may', async () => {
    let now = 0;
    let most = 0;
    const wait = fakeKind('wait', async () => {
      now += 1;
      most = Math.max(most, now);
      await new Promise((resolve) => setImmediate(resolve));
      now -= 1;
      return { outputs: {} };
    });
    const ids = Array.from({ length: 30 }, (_, at) => `n${at}`);
    const graph = readOrThrow(
      [start, ...ids.map((id) => node(id, 'wait'))],
      edges(...ids.map((id) => `start -> ${id}`)),
      { kinds: [wait] },
    );
    const { outcome } = await play(graph, { limits: { concurrency: 4 } });
    expect(outcome).toMatchObject({ status: 'succeeded', steps: 31 });
    expect(most).toBe(4);
  });
});

test('secrets of the environment are told by no event, unless an answer says them', async () => {
  const secret = 'sk-"quoted" & secret';
  const graph = readOrThrow(
    [
      start,
      node('t', 'template-transform', {
        template: 'k={{ k }}',
        variables: [{ variable: 'k', value_selector: ['env', 'KEY'] }],
      }),
      node('if', 'if-else', {
        cases: [
          {
            case_id: 'true',
            conditions: [
              { variable_selector: ['t', 'output'], comparison_operator: 'is', value: '{{#env.KEY#}}' },
            ],
          },
        ],
      }),
      node('bad', 'template-transform', {
        template: '{{ k[{}.x] }}{{ 1 + k }}',
        variables: [{ variable: 'k', value_selector: ['env', 'KEY'] }],
      }),
    ],
    edges('start -> t -> if', 'if:false -> bad'),
  );
  const fail = fakeKind('give', (_, { pool }) => {
    throw new Error(`no such key: ${pool.get(['env', 'KEY'])?.value}`);
  });
  const env = [
    [
      'env',
      [
        ['KEY', { value: secret, type: 'secret' as const }],
        ['n', { value: 'a' }],
      ],
    ],
  ] as const;
  const { events, outcome } = await play(graph, { variables: env });
  expect(outcome.status).toBe('failed');
  const failing = readOrThrow([start, node('x', 'give')], edges('start -> x'), { kinds: [fail] });
  const failed = await play(failing, { variables: env });
  expect(failed.outcome.error).toBe(`no such key: ${'*'.repeat(20)}`);
  const text = JSON.stringify([events, failed.events]);
  expect(text).toContain('k=*****');
  expect(text).not.toContain(JSON.stringify(secret).slice(1, -1));
  expect(text).not.toContain('quoted');
  const said = readOrThrow([start, node('a', 'answer', { answer: '{{#env.KEY#}}' })], edges('start -> a'));
  expect((await play(said, { variables: env })).outcome.outputs.answer).toBe(secret);
});
