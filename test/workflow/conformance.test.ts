import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { parse, stringify } from 'yaml';
import type { MockReply } from '../support/mock-provider/mock-reply.ts';
import type { MockRequest } from '../support/mock-provider/mock-request.ts';
import { type MockProvider, startMockProvider } from '../support/mock-provider/start-mock-provider.ts';
import { startParley, type TestParley } from '../support/parley/start-parley.ts';
import { answered, sendChat } from '../support/parley/turns.ts';
import { writeOpenApi } from '../support/tools/openapi-document.ts';
import { type Callee, startCallee } from '../support/tools/start-callee.ts';
import {
  dataOf,
  type Fields,
  finishedIn,
  messagesOf,
  piecesOf,
  runWorkflow,
  storyOf,
  streamChatflow,
  streamWorkflow,
  type WorkflowEvent,
} from './workflow-turns.ts';

/**
 * The cases of `facts/dify-dsl-engine.md` §10 over HTTP: the files of `src/engines/workflow/conformance`, their models
 * played by the mock provider, their tools by an OpenAPI service.
 */
const FOLDER = new URL('../../src/engines/workflow/conformance/', import.meta.url);
const CHATFLOWS = [
  ...['assigner-then-answer', 'chat-with-model', 'conversation-in-iteration', 'join-over-skipped-edge'],
  ...['loop-with-answer', 'old-assigner-then-answer', 'search-in-loop', 'static-answer'],
  ...['static-answer-after-tool', 'two-answers', 'two-models-one-answer'],
];
const WORKFLOWS = [
  ...['branch-on-hello', 'end-without-value-type', 'http-then-tool', 'http-with-default'],
  ...['iteration-flatten-false', 'iteration-flatten-true', 'iteration-of-templates', 'loop-until-five'],
  ...['parallel-code-behind-branch', 'passthrough', 'streaming-or-template', 'two-switches'],
  'workflow-with-model',
];
const TOOL_SAYS = 'mocked search result';

let provider: MockProvider;
let tool: Callee;
let page: Callee;
let document: Awaited<ReturnType<typeof writeOpenApi>>;
let parley: TestParley;

beforeAll(async () => {
  provider = await startMockProvider();
  tool = await startCallee({ body: TOOL_SAYS });
  page = await startCallee({
    status: 201,
    headers: { 'content-type': 'application/json' },
    body: '{"a": 1}',
  });
  document = await writeOpenApi(tool.url, { search: { path: '/search' } });
  parley = await startParley({
    provider: provider.baseUrl,
    apps: Object.fromEntries([...CHATFLOWS, ...WORKFLOWS].map((name) => [name, served(name)])),
    config: {
      tools: [{ name: 'service', openapi: document.file }],
      outbound: { allow: [`127.0.0.1:${page.port}`] },
    },
  });
});
beforeEach(() => provider.reply({ tokens: ['mocked ', 'llm ', 'response'] }));
afterAll(async () => {
  await parley.close();
  await document.remove();
  await Promise.all([tool.close(), page.close(), provider.close()]);
});

/** The file, with a model and a prompt that names the node, and a tool that there is. */
function served(name: string): string {
  const dsl = parse(readFileSync(new URL(`${name}.yml`, FOLDER), 'utf8'));
  for (const { id, data } of dsl.workflow.graph.nodes) {
    if (data.type === 'llm')
      Object.assign(data, {
        model: { provider: 'openai', name: 'mock-model', mode: 'chat', completion_params: {} },
        prompt_template: [{ role: 'user', text: `node ${id}` }],
      });
    if (data.type === 'tool')
      Object.assign(data, {
        provider_type: 'api',
        provider_id: 'service',
        provider_name: 'service',
        tool_name: 'search',
        tool_parameters: {},
      });
  }
  // As PyYAML reads it, to which `yes` is no text.
  return stringify(dsl, { version: '1.1' });
}

const nodeOf = ({ messages }: MockRequest) => String(messages[0]?.content).replace('node ', '');
const says = (byNode: Readonly<Record<string, MockReply>>) =>
  provider.reply((request) => byNode[nodeOf(request)] ?? {});

/** A workflow streams what it answers blocking; answers the stream, whose run succeeded unless `status` says more. */
async function ran(name: string, inputs: Fields = {}, status = 'succeeded'): Promise<WorkflowEvent[]> {
  const events = await streamWorkflow(parley, { inputs }, name);
  const finished = finishedIn(events);
  expect(finished).toMatchObject({ status });
  const { data } = await runWorkflow(parley, { inputs }, name);
  expect(data).toMatchObject({
    status,
    outputs: finished.outputs,
    error: finished.error,
    total_steps: finished.total_steps,
    total_tokens: finished.total_tokens,
  });
  return events;
}

const outputs = async (name: string, inputs?: Fields) => finishedIn(await ran(name, inputs)).outputs;

/** The same for a chatflow: what is streamed is what is answered blocking, and what is stored. */
async function chatted(name: string, query: string): Promise<WorkflowEvent[]> {
  const events = await streamChatflow(parley, { query }, name);
  expect(finishedIn(events)).toMatchObject({ status: 'succeeded' });
  const streamed = piecesOf(events).join('');
  expect((await answered(sendChat(parley, { query }, name))).answer).toBe(streamed);
  expect(await messagesOf(parley, name, events[0]?.conversation_id)).toMatchObject([
    { query, answer: streamed, status: 'normal' },
  ]);
  return events;
}

/** The answer, which is also what the nodes made. */
async function answer(name: string, query: string): Promise<string> {
  const events = await chatted(name, query);
  const said = piecesOf(events).join('');
  expect(finishedIn(events).outputs).toMatchObject({ answer: said });
  return said;
}

/** A stream's story from a line on, to the last of its nodes. */
function from(events: readonly WorkflowEvent[], line: string): string[] {
  const story = storyOf(events);
  return story
    .slice(story.indexOf(line))
    .filter((told) => told !== 'message_end' && told !== 'workflow_finished');
}

describe('workflows', () => {
  test.each(['', 'hello', 'ünïcödé 你好 🎉', 'line\nline "quoted" \\ \u2028 end', 'long '.repeat(5000)])(
    'what goes in comes out: %.20s',
    async (query) => {
      const events = await ran('passthrough', { query });
      expect(finishedIn(events).outputs).toEqual({ query });
      expect(piecesOf(events).join('')).toBe(query);
    },
  );

  test('ends need no type', async () => {
    expect(await outputs('end-without-value-type', { query: 'test query' })).toEqual({ query: 'test query' });
  });

  test('a model, whose pieces come before it has finished', async () => {
    const events = await ran('workflow-with-model', { query: 'q' });
    expect(finishedIn(events)).toMatchObject({ outputs: { answer: 'mocked llm response' }, total_steps: 3 });
    expect(from(events, 'node_started llm')).toEqual([
      ...['node_started llm', '"mocked "', '"llm "', '"response"', 'node_finished llm'],
      ...['node_started end', 'node_finished end'],
    ]);
  });

  test("a model's error", async () => {
    provider.reply({ status: 400, error: { message: 'no such model', type: 'x' } });
    const events = await ran('workflow-with-model', { query: 'q' }, 'failed');
    expect(finishedIn(events)).toMatchObject({
      outputs: null,
      error: expect.stringContaining('no such model'),
    });
    expect(dataOf(events, 'node_finished', 'llm')).toMatchObject([{ status: 'failed' }]);
  });

  test.each([
    ['hello world', 'true'],
    ['Hello world', 'false'],
    ['HELLO', 'false'],
    ['helllo', 'false'],
    ['', 'false'],
    [' hello ', 'true'],
  ])('%j goes to %s', async (query, branch) => {
    const events = await ran('branch-on-hello', { query });
    expect(finishedIn(events).outputs).toEqual({ [branch]: query });
    // Nothing of either end is told before the branch is known.
    const story = storyOf(events);
    if (query !== '')
      expect(story.indexOf(JSON.stringify(query))).toBeGreaterThan(story.indexOf('node_started if'));
  });

  test('code side by side behind a branch', async () => {
    expect(await outputs('parallel-code-behind-branch', { switch: 1 })).toEqual({
      1: 'node 1',
      2: 'node 2',
      3: null,
    });
    expect(await outputs('parallel-code-behind-branch', { switch: 0 })).toEqual({
      1: null,
      2: 'node 2',
      3: 'node 3',
    });
  });

  test('a template is one piece, a model is many', async () => {
    says({ llm1: { tokens: ['one ', 'two'] }, llm2: { tokens: ['three ', 'four'] } });
    const template = await ran('streaming-or-template', { query: 'q', blocking: 1 });
    expect(piecesOf(template)).toEqual(['q', '\n', 'one two']);
    const model = await ran('streaming-or-template', { query: 'q', blocking: 2 });
    expect(piecesOf(model)).toEqual(['q', '\n', 'three ', 'four']);
    expect(finishedIn(model).outputs).toEqual({ q: 'q', t: 'three four' });
  });

  test.each([
    [1, 1, 'on', 'on'],
    [1, 0, 'on', 'off'],
    [0, 1, 'off', 'on'],
    [0, 0, 'off', 'off'],
  ])('switches %d and %d', async (switch1, switch2, first, second) => {
    expect(await outputs('two-switches', { switch1, switch2 })).toEqual({
      group1: `switch 1 ${first}`,
      group2: `switch 2 ${second}`,
    });
  });

  test('iterations, and a loop', async () => {
    expect(await outputs('loop-until-five')).toEqual({ num: 5 });
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

  test('default values for what the guard of the network refuses', async () => {
    const events = await ran('http-with-default', { query: 'q' }, 'partial-succeeded');
    expect(finishedIn(events)).toMatchObject({
      exceptions_count: 1,
      outputs: { status: 599, text: 'denied default' },
    });
  });

  test('HTTP, then a tool', async () => {
    expect(await outputs('http-then-tool', { query: page.url })).toEqual({
      status: 201,
      body: '{"a": 1}',
      text: TOOL_SAYS,
    });
  });
});

describe('chatflows', () => {
  test('a static answer is said before its node runs', async () => {
    const events = await chatted('static-answer', 'Hello, AI!');
    expect(storyOf(events)).toEqual([
      ...['workflow_started', 'node_started start', '"prefix"', '"Hello, AI!"', '"suffix"'],
      ...['node_finished start', 'node_started answer', 'node_finished answer'],
      ...['message_end', 'workflow_finished'],
    ]);
    expect(finishedIn(events).outputs).toMatchObject({ answer: 'prefixHello, AI!suffix' });
    expect(events.filter(({ event }) => event === 'message').map((e) => e.from_variable_selector)).toEqual([
      ['answer', 'answer'],
      ['sys', 'query'],
      ['answer', 'answer'],
    ]);
  });

  test('a model', async () => {
    const events = await chatted('chat-with-model', 'q');
    expect(from(events, 'node_started llm')).toEqual([
      ...['node_started llm', '"mocked "', '"llm "', '"response"', 'node_finished llm'],
      ...['node_started answer', 'node_finished answer'],
    ]);
    expect(events.find(({ event }) => event === 'message')?.from_variable_selector).toEqual(['llm', 'text']);
  });

  test('an iteration that sets a variable of the conversation', async () => {
    expect(await answer('conversation-in-iteration', 'my query')).toBe('my query');
  });

  test('a loop with an answer in it: its pieces come before what made them has finished', async () => {
    const events = await chatted('loop-with-answer', '1');
    expect(finishedIn(events).outputs).toMatchObject({ answer: '1\n2\n1 + 2' });
    expect(from(events, 'loop_started loop')).toEqual([
      ...['loop_started loop', 'node_started add', '"1"', '"\\n"', 'node_finished add'],
      ...['node_started say', 'node_finished say', 'loop_next loop'],
      ...['node_started add', '"2"', '"\\n"', 'node_finished add', 'node_started say', 'node_finished say'],
      ...['loop_completed loop', '"1"', '" + "', '"2"', 'node_started answer', 'node_finished answer'],
    ]);
    expect(dataOf(events, 'loop_next')).toMatchObject([{ index: 1 }]);
  });

  test('a tool in a loop', async () => {
    expect(await answer('search-in-loop', 'q')).toBe(`- ${TOOL_SAYS}\n- ${TOOL_SAYS}`);
  });

  test('a static answer behind a tool is one piece', async () => {
    expect(piecesOf(await chatted('static-answer-after-tool', 'q'))).toEqual(['hello, dify!']);
  });

  test('two models in one answer are told in its order', async () => {
    says({ llm1: { tokens: ['a', 'b'] }, llm2: { tokens: ['c', 'd', 'e', 'f'] } });
    const events = await chatted('two-models-one-answer', 'q');
    expect(piecesOf(events)).toEqual(['c', 'd', 'e', 'f', 'a', 'b']);
  });

  test('also when the second is ready long before the first', async () => {
    says({ llm1: { tokens: ['a', 'b'] }, llm2: { hold: 0, tokens: ['c', 'd'] } });
    const streaming = streamChatflow(parley, { query: 'q' }, 'two-models-one-answer');
    const early = await provider.nextRequest((request) => nodeOf(request) === 'llm1' && !request.isOver);
    await early.ended();
    const late = await provider.nextRequest((request) => nodeOf(request) === 'llm2' && !request.isOver);
    late.release();
    expect(piecesOf(await streaming).join('')).toBe('cdab');
  });

  test('two answers', async () => {
    provider.reply({ tokens: ['mocked llm text'] });
    expect(await answer('two-answers', 'q')).toBe(
      '--- answer 1 ---\n\nfoo\n--- answer 2 ---\n\nmocked llm text\n',
    );
  });

  test('a join runs when one of its edges was skipped', async () => {
    provider.reply({ tokens: ['llm text'] });
    // The answer that waits for no branch is told first; of the outputs, the one that was ready first comes first.
    const hello = await chatted('join-over-skipped-edge', 'hello world');
    expect(piecesOf(hello)).toEqual(['llm text', "contains 'hello'"]);
    expect(finishedIn(hello).outputs).toMatchObject({ answer: "contains 'hello'llm text" });
    expect(await answer('join-over-skipped-edge', 'bye')).toBe('llm text');
  });

  test('an assigner, then an answer that shows what it set', async () => {
    const events = await chatted('assigner-then-answer', 'q');
    expect(from(events, 'node_started set')).toEqual([
      ...['node_started set', '"q"', 'node_finished set', 'node_started answer', 'node_finished answer'],
    ]);
    expect(await answer('old-assigner-then-answer', 'q')).toBe(
      'Current Value Of `conv_var` is:overwrite-value',
    );
  });
});
