import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { parseOutboundRule } from '../../../config/parse-outbound-rule.ts';
import { createOutbound } from '../../../outbound/create-outbound.ts';
import { startCallee } from '../../../outbound/start-callee.fixture.ts';
import {
  FIRST_CALL_MS,
  type SandboxUnderTest,
  sandboxUnderTest,
} from '../../../sandbox/sandbox-under-test.ts';
import { readGraph } from '../graph/read-graph.ts';
import { nodeKinds } from '../node-kinds.ts';
import type { ValueRecord } from '../values/value.ts';
import { fakeKind, type Played, type PlayOptions, play } from '../workflow.fixture.ts';

/**
 * The cases of `facts/dify-dsl-engine.md` §10, as DSL files of our own: what goes in, what must come out, and in which
 * order. Models and tools are played by these kinds: `says` gives the pieces of each by its node's id.
 */
let says: Readonly<Record<string, readonly string[] | Error>> = {};

const spoken = (type: string) =>
  fakeKind(type, async (_, { node: { id }, emit }) => {
    const pieces = says[id] ?? ['mocked ', 'llm ', 'response'];
    if (pieces instanceof Error) throw pieces;
    for (const piece of pieces) {
      await new Promise((resolve) => setImmediate(resolve));
      emit('text', piece);
    }
    emit('text', '', { final: true });
    return { outputs: { text: pieces.join('') } };
  });
const tool = fakeKind('tool', () => ({
  outputs: { text: 'mocked search result', files: [], json: [{ data: [] }] },
}));
const kinds = [...nodeKinds, spoken('llm'), tool];

let sandbox: SandboxUnderTest;
const outbound = createOutbound();
beforeAll(async () => {
  sandbox = sandboxUnderTest();
  await Promise.all([sandbox.python('def main(): pass'), sandbox.javascript('function main() {}')]);
}, FIRST_CALL_MS);
afterAll(() => Promise.all([sandbox.close(), outbound.close()]));

interface Given extends PlayOptions {
  readonly query?: string;
  readonly says?: typeof says;
}

async function run(file: string, { query, says: told = {}, ...options }: Given = {}): Promise<Played> {
  says = told;
  const dsl = parse(readFileSync(new URL(`${file}.yml`, import.meta.url), 'utf8'));
  const read = readGraph(dsl.workflow.graph, kinds);
  if (read.kind === 'problems') throw new Error(JSON.stringify(read.problems));
  const isChat = dsl.app.mode === 'advanced-chat';
  const conversation = Object.fromEntries(
    (dsl.workflow.conversation_variables ?? []).map(({ name, value }: { name: string; value: string }) => [
      name,
      value,
    ]),
  );
  return play(read.graph, {
    conversation,
    ...(query !== undefined && (isChat ? { system: { query } } : { inputs: { query } })),
    services: { sandbox, outbound },
    ...options,
  });
}

const outputs = async (file: string, given?: Given): Promise<ValueRecord> => {
  const { outcome } = await run(file, given);
  expect(outcome.error).toBeNull();
  return outcome.outputs;
};
/** From a line of the story on. */
const from = ({ story }: Played, line: string) => story.slice(story.indexOf(line));

describe('workflows', () => {
  test.each(['', 'hello', 'ünïcödé 你好 🎉', 'long '.repeat(5000)])(
    'what goes in comes out: %.20s',
    async (query) => {
      expect(await outputs('passthrough', { query })).toEqual({ query });
    },
  );

  test('ends need no type', async () => {
    expect(await outputs('end-without-value-type', { query: 'test query' })).toEqual({ query: 'test query' });
  });

  test('a model, and its error', async () => {
    expect(await outputs('workflow-with-model', { query: 'q' })).toEqual({ answer: 'mocked llm response' });
    const { outcome } = await run('workflow-with-model', {
      query: 'q',
      says: { llm: new Error('no model') },
    });
    expect(outcome).toMatchObject({ status: 'failed', error: 'no model' });
  });

  test.each([
    ['hello world', 'true'],
    ['Hello world', 'false'],
    ['HELLO', 'false'],
    ['helllo', 'false'],
    ['', 'false'],
    [' hello ', 'true'],
  ])('%j goes to %s', async (query, branch) => {
    expect(await outputs('branch-on-hello', { query })).toEqual({ [branch]: query });
  });

  test('code side by side behind a branch', async () => {
    expect(await outputs('parallel-code-behind-branch', { inputs: { switch: 1 } })).toEqual({
      1: 'node 1',
      2: 'node 2',
      3: null,
    });
    expect(await outputs('parallel-code-behind-branch', { inputs: { switch: 0 } })).toEqual({
      1: null,
      2: 'node 2',
      3: 'node 3',
    });
  });

  test('a template is one piece, a model is many', async () => {
    const told = { llm1: ['one ', 'two'], llm2: ['three ', 'four'] };
    const blocking = await run('streaming-or-template', { inputs: { query: 'q', blocking: 1 }, says: told });
    expect(blocking.chunks).toEqual(['q', '\n', 'one two']);
    const streaming = await run('streaming-or-template', { inputs: { query: 'q', blocking: 2 }, says: told });
    expect(streaming.chunks).toEqual(['q', '\n', 'three ', 'four', '']);
  });

  test.each([
    [1, 1, 'on', 'on'],
    [1, 0, 'on', 'off'],
    [0, 1, 'off', 'on'],
    [0, 0, 'off', 'off'],
  ])('switches %d and %d', async (switch1, switch2, first, second) => {
    expect(await outputs('two-switches', { inputs: { switch1, switch2 } })).toEqual({
      group1: `switch 1 ${first}`,
      group2: `switch 2 ${second}`,
    });
  });

  test('iterations', async () => {
    expect(await outputs('iteration-of-templates')).toEqual({
      output: ['output: 1', 'output: 2', 'output: 3'],
    });
    expect(await outputs('iteration-flatten-true')).toEqual({ output: [1, 2, 2, 4, 3, 6] });
    expect(await outputs('iteration-flatten-false')).toEqual({
      output: [
        [1, 2],
        [2, 4],
        [3, 6],
      ],
    });
  });

  test('a loop', async () => {
    expect(await outputs('loop-until-five')).toEqual({ num: 5 });
  });

  test('default values for what the guard of the network refuses', async () => {
    const { outcome } = await run('http-with-default', { query: 'q' });
    expect(outcome).toMatchObject({
      status: 'partial-succeeded',
      exceptions: 1,
      outputs: { status: 599, text: 'denied default' },
    });
  });

  test('HTTP, then a tool', async () => {
    const callee = await startCallee((_, response) =>
      response.writeHead(201, { 'content-type': 'application/json' }).end('{"a": 1}'),
    );
    const rule = parseOutboundRule('127.0.0.1');
    const services = { sandbox, outbound, allow: rule === undefined ? [] : [rule] };
    expect(await outputs('http-then-tool', { query: callee.url, services })).toEqual({
      status: 201,
      body: '{"a": 1}',
      text: 'mocked search result',
    });
  });
});

describe('chatflows', () => {
  test('a static answer', async () => {
    const { story, outcome } = await run('static-answer', { query: 'Hello, AI!' });
    expect(outcome.outputs.answer).toBe('prefixHello, AI!suffix');
    expect(story).toEqual([
      ...[
        'start start',
        '"prefix"',
        '"Hello, AI!"',
        '"suffix"',
        'finish start',
        'start answer',
        'finish answer',
      ],
    ]);
  });

  test('a model', async () => {
    const { chunks, outcome } = await run('chat-with-model', { query: 'q' });
    expect(chunks).toEqual(['mocked ', 'llm ', 'response', '']);
    expect(outcome.outputs.answer).toBe('mocked llm response');
  });

  test('an iteration that sets a variable of the conversation', async () => {
    expect((await outputs('conversation-in-iteration', { query: 'my query' })).answer).toBe('my query');
  });

  test('a loop with an answer in it', async () => {
    const played = await run('loop-with-answer', { query: '1' });
    expect(played.outcome.outputs.answer).toBe('1\n2\n1 + 2');
    expect(from(played, 'start loop')).toEqual([
      ...['start loop', 'rounds_started loop', 'start loopstart', 'finish loopstart', 'start add'],
      ...['"1"', '"\\n"', 'finish add', 'start say', 'finish say', 'round loop 1'],
      ...[
        'start loopstart',
        'finish loopstart',
        'start add',
        '"2"',
        '"\\n"',
        'finish add',
        'start say',
        'finish say',
      ],
      ...['rounds_completed loop', '"1"', '" + "', '"2"', 'finish loop', 'start answer', 'finish answer'],
    ]);
  });

  test('a tool in a loop', async () => {
    expect((await outputs('search-in-loop', { query: 'q' })).answer).toBe(
      '- mocked search result\n- mocked search result',
    );
  });

  test('a static answer behind a tool is one piece', async () => {
    expect((await run('static-answer-after-tool', { query: 'q' })).chunks).toEqual(['hello, dify!']);
  });

  test('two models in one answer', async () => {
    const { chunks, outcome } = await run('two-models-one-answer', {
      query: 'q',
      says: { llm1: ['a', 'b'], llm2: ['c', 'd', 'e', 'f'] },
    });
    expect(chunks.filter((text) => text !== '')).toEqual(['c', 'd', 'e', 'f', 'a', 'b']);
    expect(outcome.outputs.answer).toBe('cdefab');
  });

  test('two answers', async () => {
    const { chunks, outcome } = await run('two-answers', { query: 'q', says: { llm: ['mocked llm text'] } });
    const answer = '--- answer 1 ---\n\nfoo\n--- answer 2 ---\n\nmocked llm text\n';
    expect([outcome.outputs.answer, chunks.join('')]).toEqual([answer, answer]);
  });

  test('a join runs when one of its edges was skipped', async () => {
    const says = { llm: ['llm text'] };
    const hello = await run('join-over-skipped-edge', { query: 'hello world', says });
    expect(hello.outcome.outputs.answer).toBe("contains 'hello'llm text");
    expect((await run('join-over-skipped-edge', { query: 'bye', says })).outcome.outputs.answer).toBe(
      'llm text',
    );
  });

  test('an assigner, then an answer that shows what it set', async () => {
    const played = await run('assigner-then-answer', { query: 'q' });
    expect(played.outcome.outputs.answer).toBe('q');
    expect(from(played, 'start set')).toEqual([
      'start set',
      '"q"',
      'finish set',
      'start answer',
      'finish answer',
    ]);
    const old = await run('old-assigner-then-answer', { query: 'q' });
    expect(old.outcome.outputs.answer).toBe('Current Value Of `conv_var` is:overwrite-value');
    expect(old.chunks.join('')).toBe('Current Value Of `conv_var` is:overwrite-value');
  });
});
