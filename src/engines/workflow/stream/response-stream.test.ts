import { describe, expect, test } from 'vitest';
import { edges, fakeKind, node, play, readOrThrow } from '../workflow.fixture.ts';

const start = node('start', 'start', { variables: [{ variable: 'v' }] });
const answer = (id: string, text: string, parent?: string) => node(id, 'answer', { answer: text }, parent);
const ifV = (id: string, value = 'a') =>
  node(id, 'if-else', {
    cases: [
      {
        case_id: 'true',
        conditions: [{ variable_selector: ['start', 'v'], comparison_operator: 'contains', value }],
      },
    ],
  });
const comesBefore = (story: readonly string[], first: string, second: string) => {
  expect(story).toContain(first);
  expect(story).toContain(second);
  expect(story.indexOf(first)).toBeLessThan(story.indexOf(second));
};

describe('what the client is told, and when', () => {
  test('a static answer is told before the start node has finished', async () => {
    const graph = readOrThrow([start, answer('say', 'prefix{{#sys.query#}}suffix')], edges('start -> say'));
    const { story, outcome, events } = await play(graph, { system: { query: 'Hello, AI!' } });
    expect(story).toEqual([
      ...['start start', '"prefix"', '"Hello, AI!"', '"suffix"', 'finish start', 'start say', 'finish say'],
    ]);
    expect(outcome.outputs).toEqual({ answer: 'prefixHello, AI!suffix', files: [] });
    const chunks = events.filter((event) => event.kind === 'text_chunk');
    expect(chunks.map(({ selector, nodeId }) => [selector, nodeId])).toEqual([
      [['say', 'answer'], 'say'],
      [['sys', 'query'], 'say'],
      [['say', 'answer'], 'say'],
    ]);
    const started = events.find((event) => event.kind === 'node_started' && event.nodeId === 'say');
    expect(new Set(chunks.map(({ executionId }) => executionId))).toEqual(
      new Set([started && 'executionId' in started && started.executionId]),
    );
  });

  test('pieces of a model come one by one, the empty last one too, before it has finished', async () => {
    const graph = readOrThrow(
      [start, node('m', 'llm', { chunks: ['a', 'b'] }), answer('say', '<{{#m.text#}}>')],
      edges('start -> m -> say'),
    );
    const { story, events } = await play(graph);
    expect(story).toEqual([
      ...[
        'start start',
        '"<"',
        'finish start',
        'start m',
        '"a"',
        '"b"',
        '""',
        '">"',
        'finish m',
        'start say',
        'finish say',
      ],
    ]);
    const piece = events.find((event) => event.kind === 'text_chunk' && event.text === 'a');
    expect(piece).toMatchObject({ selector: ['m', 'text'], nodeId: 'm' });
  });

  test('of two models side by side, the one that comes first in the answer is told first', async () => {
    const graph = readOrThrow(
      [
        start,
        node('slow', 'llm', { chunks: ['s1', 's2', 's3', 's4'] }),
        node('fast', 'llm', { chunks: ['f1'] }),
        answer('say', '{{#slow.text#}}{{#fast.text#}}'),
      ],
      edges('start -> slow -> say', 'start -> fast -> say'),
    );
    const { chunks, story } = await play(graph);
    expect(chunks).toEqual(['s1', 's2', 's3', 's4', '', 'f1', '']);
    comesBefore(story, 'finish fast', '"f1"');
  });

  test('nothing is told of a branch before it is taken, then what was held back', async () => {
    const graph = readOrThrow(
      [
        start,
        node('m', 'llm', { chunks: ['a', 'b'] }),
        ifV('if'),
        answer('yes', 'yes {{#m.text#}}'),
        answer('no', 'no {{#m.text#}}'),
      ],
      edges('start -> m -> if', 'if:true -> yes', 'if:false -> no'),
    );
    const { story, chunks, outcome } = await play(graph, { inputs: { v: 'cat' } });
    expect(chunks).toEqual(['yes ', 'a', 'b', '']);
    comesBefore(story, 'finish m', '"yes "');
    comesBefore(story, '""', 'finish if');
    expect(outcome.outputs.answer).toBe('yes ab');
  });

  test('an answer after another waits for it; two at once go by their ids', async () => {
    const graph = readOrThrow(
      [start, answer('b', 'B'), answer('a', 'A'), answer('c', 'C')],
      edges('start -> b -> c', 'start -> a -> c'),
    );
    const { chunks, outcome } = await play(graph);
    expect(chunks).toEqual(['A', 'B', 'C']);
    expect(outcome.outputs.answer).toBe('BAC');
  });

  test.each([[['start -> a', 'start -> b']], [['start -> b', 'start -> a']]])(
    'whatever the order of edges: %j',
    async (lines) => {
      const graph = readOrThrow([start, answer('b', 'B'), answer('a', 'A')], edges(...lines));
      expect((await play(graph)).chunks).toEqual(['A', 'B']);
    },
  );

  test('also when the later one has the smaller id', async () => {
    const graph = readOrThrow([start, answer('z', 'Z'), answer('a', 'A')], edges('start -> z -> a'));
    expect((await play(graph)).chunks).toEqual(['Z', 'A']);
  });

  test('a variable that an assigner sets is told after it, others are not held up', async () => {
    const set = node('set', 'assigner', {
      version: '2',
      items: [
        { variable_selector: ['conversation', 'x'], input_type: 'constant', operation: 'set', value: 'new' },
      ],
    });
    const graph = readOrThrow(
      [start, set, answer('say', '{{#conversation.x#}}')],
      edges('start -> set -> say'),
    );
    const { story } = await play(graph, { conversation: { x: 'old' } });
    expect(story).toEqual([
      'start start',
      'finish start',
      'start set',
      '"new"',
      'finish set',
      'start say',
      'finish say',
    ]);
    const other = readOrThrow(
      [start, set, answer('say', '{{#conversation.y#}}')],
      edges('start -> set -> say'),
    );
    const free = await play(other, { conversation: { x: 'old', y: 'same' } });
    comesBefore(free.story, '"same"', 'finish start');
  });

  test('a variable of a node that was skipped is left out; one of a node that never comes holds the rest back', async () => {
    const graph = readOrThrow(
      [
        start,
        ifV('if'),
        node('skipped', 'give', { gives: { v: 1 } }),
        answer('say', '[{{#skipped.v#}}{{#start.v#}}]'),
        node('orphan', 'give', { gives: { v: 1 } }),
      ],
      edges('start -> if', 'if:false -> skipped -> say', 'if:true -> say'),
    );
    const { chunks, outcome } = await play(graph, { inputs: { v: 'a' } });
    expect(chunks).toEqual(['[', 'a', ']']);
    expect(outcome.outputs.answer).toBe('[skipped.va]');
    const held = readOrThrow(
      [start, answer('say', 'x{{#orphan.v#}}y'), node('orphan', 'give', { gives: { v: 1 } })],
      edges('start -> say'),
    );
    const stuck = await play(held);
    expect(stuck.chunks).toEqual(['x']);
    expect(stuck.outcome).toMatchObject({ status: 'succeeded', outputs: { answer: 'xorphan.vy' } });
  });

  test('a value without pieces is told whole, as Markdown', async () => {
    const gives = { o: { a: [1, true, null] }, l: ['x', 'y'], f: 1e22, b: false, n: null };
    const graph = readOrThrow(
      [start, node('g', 'give', { gives }), answer('say', '{{#g.o#}}{{#g.l#}}{{#g.f#}}{{#g.b#}}{{#g.n#}}')],
      edges('start -> g -> say'),
    );
    const { chunks } = await play(graph);
    expect(chunks).toEqual([
      '{\n  "a": [\n    1,\n    true,\n    null\n  ]\n}',
      '- x\n- y',
      '1e+22',
      'False',
      '',
    ]);
  });

  test('ends tell their variables with line breaks between them', async () => {
    const outputs = [
      { variable: 'q', value_selector: ['start', 'v'] },
      { variable: 't', value_selector: ['m', 'text'] },
    ];
    const graph = readOrThrow(
      [start, node('m', 'llm', { chunks: ['a', 'b'] }), node('end', 'end', { outputs })],
      edges('start -> m -> end'),
    );
    const { chunks } = await play(graph, { inputs: { v: 'q' } });
    expect(chunks).toEqual(['q', '\n', 'a', 'b', '']);
  });

  test('what a failed node held back is not told; its default value is', async () => {
    const defaults = {
      error_strategy: 'default-value',
      default_value: [{ key: 'text', type: 'string', value: 'sorry' }],
    };
    const graph = readOrThrow(
      [
        start,
        node('m', 'llm', { chunks: ['a'], fails: 'broken', ...defaults }),
        answer('say', '{{#m.text#}}'),
      ],
      edges('start -> m -> say'),
    );
    const { chunks, outcome } = await play(graph);
    expect(chunks).toEqual(['a', 'sorry']);
    expect(outcome).toMatchObject({ status: 'partial-succeeded', outputs: { answer: 'sorry' } });
  });

  test('what a model said before it failed is taken back when it is tried again', async () => {
    const moody = fakeKind('moody', async (_, { attempt, emit }) => {
      emit('text', 'he');
      emit('text', 'l');
      if (attempt === 0) throw new Error('cut off');
      emit('text', 'lo', { final: true });
      return { outputs: { text: 'hello' } };
    });
    const retry_config = { retry_enabled: true, max_retries: 1, retry_interval: 0 };
    const graph = readOrThrow(
      [start, node('m', 'moody', { retry_config }), answer('say', '<{{#m.text#}}>')],
      edges('start -> m -> say'),
      { kinds: [moody] },
    );
    const { events } = await play(graph);
    let told = '';
    for (const event of events) {
      if (event.kind === 'text_chunk') told += event.text;
      if (event.kind === 'text_withdrawn') told = told.slice(0, -event.length);
    }
    expect(events.filter(({ kind }) => kind === 'text_withdrawn')).toMatchObject([
      { length: 3, nodeId: 'm', selector: ['m', 'text'] },
    ]);
    expect(told).toBe('<hello>');
  });

  test('two answers may show the same model', async () => {
    const graph = readOrThrow(
      [
        start,
        node('m', 'llm', { chunks: ['a', 'b'] }),
        answer('one', '1{{#m.text#}}'),
        answer('two', '2{{#m.text#}}'),
      ],
      edges('start -> m -> one -> two'),
    );
    const { chunks, outcome } = await play(graph);
    expect(chunks.join('')).toBe('1ab2ab');
    expect(outcome.outputs.answer).toBe('1ab2ab');
  });

  test('answers inside an iteration are told with their round, and are not part of the outputs', async () => {
    const graph = readOrThrow(
      [
        start,
        node('each', 'iteration', { iterator_selector: ['start', 'v'], start_node_id: 's' }),
        node('s', 'iteration-start', {}, 'each'),
        answer('item', '{{#each.item#}}\n', 'each'),
        answer('done', 'done'),
      ],
      edges('start -> each -> done', 's -> item'),
    );
    const { chunks, outcome, events } = await play(graph, { inputs: { v: ['apple', 'banana'] } });
    expect(chunks.join('')).toBe('apple\nbanana\ndone');
    expect(outcome.outputs.answer).toBe('done');
    const rounds = events.flatMap((event) => (event.kind === 'text_chunk' ? [event.round?.index] : []));
    expect(rounds).toEqual([0, 0, 1, 1, undefined]);
  });
});
