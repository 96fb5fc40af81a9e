import { describe, expect, test } from 'vitest';
import { readGraph } from '../graph/read-graph.ts';
import { nodeKinds } from '../node-kinds.ts';
import type { VariableWrite } from '../node-result.ts';
import type { Value } from '../values/value.ts';
import { edges, fakeKind, node, play, readOrThrow } from '../workflow.fixture.ts';

type Data = Readonly<Record<string, unknown>>;

const start = node('start', 'start', { variables: [{ variable: 'v' }] });
const item = (operation: string, selector: readonly string[], value: unknown, input_type = 'variable') => ({
  ...{ variable_selector: selector, operation, input_type, value },
});
const C = ['conversation', 'c'];

/** One assigner after the start. */
async function assign(data: Data, before: Value, given: Value = null) {
  const graph = readOrThrow([start, node('set', 'assigner', data)], edges('start -> set'));
  const { outcome, events } = await play(graph, { conversation: { c: before }, inputs: { v: given } });
  const set = events.flatMap((event) => (event.kind === 'variable_set' ? [event.variable.value] : []));
  return { outcome, set };
}

/** What is wrong with a graph in which `data` is an assigner, inside a loop or not. */
function problemsOf(data: Data, inside = false, lines: readonly string[] = []) {
  const loop = [
    node('loop', 'loop', {
      loop_count: 2,
      start_node_id: 's',
      loop_variables: [{ label: 'i', var_type: 'number', value_type: 'constant', value: 0 }],
    }),
    node('s', 'loop-start', {}, 'loop'),
  ];
  const set = node('set', 'assigner', data, inside ? 'loop' : undefined);
  const ways = lines.length > 0 ? lines : inside ? ['start -> loop', 's -> set'] : ['start -> loop -> set'];
  const read = readGraph({ nodes: [start, ...loop, set], edges: edges(...ways) }, nodeKinds);
  return read.kind === 'graph' ? [] : read.problems.map(({ nodeId, message }) => `${nodeId}: ${message}`);
}

describe('how much a variable holds', () => {
  const big = 'x'.repeat(150_000);

  test.each<readonly [string, Data, Value, Value]>([
    ['over-write', { version: '2', items: [item('over-write', C, ['start', 'v'])] }, '', big + big],
    ['append', { version: '2', items: [item('append', C, ['start', 'v'])] }, [big], big],
    ['extend', { version: '2', items: [item('extend', C, ['start', 'v'])] }, [big], [big]],
    ['set', { version: '2', items: [item('set', C, big + big, 'constant')] }, '', null],
    [
      'old over-write',
      { assigned_variable_selector: C, input_variable_selector: ['start', 'v'] },
      '',
      big + big,
    ],
    [
      'old append',
      { assigned_variable_selector: C, input_variable_selector: ['start', 'v'], write_mode: 'append' },
      [big],
      big,
    ],
  ])('of the conversation: %s', async (_, data, before, given) => {
    const { outcome, set } = await assign(data, before, given);
    expect(outcome).toMatchObject({ status: 'failed', error: expect.stringMatching(TOO_LARGE) });
    expect(set).toEqual([]);
  });
  const TOO_LARGE = /^variable size 3000\d\d exceeds limit 204800$/;

  test('what fits is taken, and what is too large can be made smaller', async () => {
    const fits = await assign({ version: '2', items: [item('append', C, ['start', 'v'])] }, ['a'], big);
    expect(fits.set).toEqual([['a', big]]);
    const items = [item('remove-first', C, null), item('append', C, ['start', 'v'])];
    const smaller = await assign({ version: '2', items }, [big, 'a'], big);
    expect(smaller.set).toEqual([['a', big]]);
  });

  test('of a loop that doubles it each round', async () => {
    const graph = readOrThrow(
      [
        start,
        node('loop', 'loop', {
          loop_count: 100,
          start_node_id: 's',
          loop_variables: [
            { label: 'l', var_type: 'array[string]', value_type: 'constant', value: '["abcdefgh"]' },
          ],
        }),
        node('s', 'loop-start', {}, 'loop'),
        node(
          'set',
          'assigner',
          { version: '2', items: [item('extend', ['loop', 'l'], ['loop', 'l'])] },
          'loop',
        ),
      ],
      edges('start -> loop', 's -> set'),
    );
    const { outcome, events } = await play(graph);
    expect(outcome.error).toMatch(/^variable size \d+ exceeds limit 2097152$/);
    expect(events.filter((event) => event.kind === 'node_started' && event.nodeId === 'set')).toHaveLength(
      18,
    );
  });

  test('of one assigner that doubles it again and again', async () => {
    const items = Array.from({ length: 400 }, () => item('extend', C, C));
    const { outcome } = await assign({ version: '2', items }, ['a']);
    expect(outcome.error).toMatch(/^variable size \d+ exceeds limit 204800$/);
  });
});

describe('what can be set', () => {
  const to = (selector: readonly string[]) => ({
    version: '2',
    items: [item('over-write', selector, 'x', 'constant')],
  });
  const cannot = (name: string) =>
    `set: ${name} cannot be set: only variables of the conversation, and of a loop that the node is in, can.`;

  test.each([
    [['env', 'k'], false, [cannot("['env', 'k']")]],
    [['sys', 'query'], false, [cannot("['sys', 'query']")]],
    [['start', 'v'], false, [cannot("['start', 'v']")]],
    [['loop', 'i'], false, [cannot("['loop', 'i']")]],
    [['loop', 'i'], true, []],
    [['conversation', 'c'], true, []],
    [['start', 'v'], true, [cannot("['start', 'v']")]],
    [['gone', 'x'], false, []],
  ])('%j, inside the loop: %s', (selector, inside, problems) => {
    expect(problemsOf(to(selector), inside)).toEqual(problems);
    const old = { assigned_variable_selector: selector, input_variable_selector: ['start', 'v'] };
    expect(problemsOf(old, inside)).toEqual(problems);
  });

  test('a node that no run comes to does no harm', () => {
    expect(problemsOf(to(['start', 'v']), false, ['start -> loop'])).toEqual([]);
  });

  test('is a variable as a whole, not a part of it', async () => {
    const { outcome, set } = await assign(to(['conversation', 'c', 'key']), { key: 'a' });
    expect(outcome.error).toBe(
      'Invalid selector: expected 2 elements (node_id, variable_name), got 3 elements',
    );
    expect(set).toEqual([]);
  });
});

describe('which form it is', () => {
  const once = { assigned_variable_selector: C, input_variable_selector: ['start', 'v'] };
  const items = [item('over-write', C, 'by items', 'constant')];

  test.each<readonly [string, Data, Value[]]>([
    ['left-over empty items', { ...once, items: [] }, ['given']],
    ['version 1 with items', { ...once, version: '1', items }, ['given']],
    ['version 2', { ...once, version: '2', items }, ['by items']],
    ['a number for a version', { ...once, version: 2, items }, ['by items']],
    ['version 2 without items', { ...once, version: '2', items: null }, []],
    ['no version, items', { ...once, items }, ['by items']],
    ['no version, only items', { items }, ['by items']],
    ['nulls', { ...once, version: null, items: null, write_mode: null }, ['given']],
    ['nothing', {}, []],
  ])('%s', async (_, data, after) => {
    const { outcome, set } = await assign(data, '', 'given');
    expect([outcome.status, set]).toEqual(['succeeded', after]);
  });

  test('what the file leaves empty has its default', async () => {
    const bare = { variable_selector: C, input_type: null, operation: '', value: ['start', 'v'] };
    const { set } = await assign({ version: '2', items: [bare] }, '', 'given');
    expect(set).toEqual(['given']);
  });

  test('what is wrong is told with its place', () => {
    const wrong = { version: '2', items: [items[0], { ...items[0], operation: 'twist' }] };
    expect(problemsOf(wrong).join()).toMatch(/^set: ✖ Invalid option: .*→ at items\[1\]\.operation$/s);
    const old = { ...once, write_mode: 'twist' };
    expect(problemsOf(old).join()).toMatch(/^set: ✖ Invalid option: .*→ at write_mode$/s);
    const many = { version: '2', items: Array.from({ length: 501 }, () => items[0]) };
    expect(problemsOf(many).join()).toMatch(/<=500 items.*→ at items$/s);
  });
});

test('many variables are set at the cost of each, and told in order', async () => {
  const writes = Array.from(
    { length: 30_000 },
    (_, at): VariableWrite => ({ selector: ['conversation', `c${at}`], variable: { value: at } }),
  );
  const sets = fakeKind('sets', () => ({ outputs: {}, writes }));
  const graph = readOrThrow([start, node('set', 'sets')], edges('start -> set'), { kinds: [sets] });
  const { events } = await play(graph);
  const set = events.flatMap((event) => (event.kind === 'variable_set' ? [event.variable.value] : []));
  expect(set).toEqual(writes.map(({ variable }) => variable.value));
});
