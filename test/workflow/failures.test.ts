import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type MockProvider, startMockProvider } from '../support/mock-provider/start-mock-provider.ts';
import { startParley, type TestParley } from '../support/parley/start-parley.ts';
import { sendChat } from '../support/parley/turns.ts';
import { type Callee, startCallee } from '../support/tools/start-callee.ts';
import {
  answerNode,
  endNode,
  graphApp,
  llmNode,
  startNode,
  type TestNode,
  templateNode,
} from './graph-app.ts';
import {
  dataOf,
  type Fields,
  finishedIn,
  piecesOf,
  runWorkflow,
  storyOf,
  streamChatflow,
  streamWorkflow,
} from './workflow-turns.ts';

let provider: MockProvider;
let page: Callee;
let parley: TestParley;

/** Fails when its input is `bad`. */
const code = (selector: readonly string[], more: Fields = {}): TestNode => ({
  ...{ type: 'code', code_language: 'javascript', outputs: { out: { type: 'string' } } },
  code: 'function main({ x }) { if (x === "bad") throw new Error("it is bad"); return { out: "good " + x } }',
  variables: [{ variable: 'x', value_selector: selector }],
  ...more,
});
const DEFAULT = {
  error_strategy: 'default-value',
  default_value: [{ key: 'out', type: 'string', value: 'instead' }],
};
const FAIL_BRANCH = { error_strategy: 'fail-branch' };
const BRANCH_EDGES = [
  ['start', 'code'],
  ['code', 'fine', 'success-branch'],
  ['code', 'broken', 'fail-branch'],
] as const;

beforeAll(async () => {
  provider = await startMockProvider();
  page = await startCallee();
  const http = (more: Fields): TestNode => ({
    ...{ type: 'http-request', method: 'get', url: page.url, authorization: { type: 'no-auth' } },
    ...{ headers: '', params: '', body: { type: 'none', data: [] }, timeout: {}, ...more },
  });
  const x = startNode('x');
  const out = endNode({ out: ['code', 'out'] });
  const many = Array.from({ length: 600 }, (_, n): [string, TestNode] => [`t${n}`, templateNode('x')]);
  parley = await startParley({
    provider: provider.baseUrl,
    apps: {
      plain: graphApp('workflow', { start: x, code: code(['start', 'x']), out }),
      default: graphApp('workflow', { start: x, code: code(['start', 'x'], DEFAULT), out }),
      branch: graphApp(
        'workflow',
        {
          ...{ start: x, code: code(['start', 'x'], FAIL_BRANCH), fine: endNode({ out: ['code', 'out'] }) },
          broken: endNode({ message: ['code', 'error_message'], type: ['code', 'error_type'] }),
        },
        { edges: BRANCH_EDGES },
      ),
      'branch-chatflow': graphApp(
        'advanced-chat',
        {
          ...{ start: x, code: code(['start', 'x'], FAIL_BRANCH), fine: answerNode('{{#code.out#}}') },
          broken: answerNode('Sorry: {{#code.error_message#}}'),
        },
        { edges: BRANCH_EDGES },
      ),
      retry: graphApp('workflow', {
        start: startNode(),
        http: http({ retry_config: { retry_enabled: true, max_retries: 3, retry_interval: 1 } }),
        end: endNode({ status: ['http', 'status_code'], body: ['http', 'body'] }),
      }),
      'no-retry': graphApp('workflow', {
        start: startNode(),
        http: http({ retry_config: { retry_enabled: false } }),
        end: endNode({ status: ['http', 'status_code'], body: ['http', 'body'] }),
      }),
      sides: graphApp(
        'workflow',
        {
          ...{
            start: startNode('x'),
            slow: llmNode('slow'),
            gate: llmNode('gate'),
            code: code(['gate', 'text']),
          },
          end: endNode({ slow: ['slow', 'text'], out: ['code', 'out'] }),
        },
        {
          edges: [
            ['start', 'slow'],
            ['start', 'gate'],
            ['gate', 'code'],
            ['slow', 'end'],
            ['code', 'end'],
          ],
        },
      ),
      missing: graphApp('workflow', {
        start: startNode(),
        text: templateNode('[{{ x }}]', { x: ['nobody', 'text'] }),
        end: endNode({ text: ['text', 'output'], none: ['nobody', 'text'] }),
      }),
      'missing-in-prompt': graphApp('workflow', {
        ...{
          start: startNode(),
          llm: llmNode('{{#start.nothing#}}'),
          end: endNode({ text: ['llm', 'text'] }),
        },
      }),
      'missing-in-answer': graphApp('advanced-chat', {
        ...{ start: startNode(), answer: answerNode('[{{#start.nothing#}}]') },
      }),
      'no-branch': graphApp(
        'workflow',
        {
          start: startNode('x'),
          if: {
            type: 'if-else',
            cases: [
              {
                ...{ case_id: 'true', logical_operator: 'and' },
                conditions: [
                  {
                    variable_selector: ['start', 'x'],
                    comparison_operator: 'is',
                    value: 'yes',
                    varType: 'string',
                  },
                ],
              },
            ],
          },
          end: endNode({ x: ['start', 'x'] }),
        },
        {
          edges: [
            ['start', 'if'],
            ['if', 'end', 'true'],
          ],
        },
      ),
      endless: graphApp('workflow', { start: startNode(), ...Object.fromEntries(many), end: endNode({}) }),
      schema: graphApp('workflow', {
        start: startNode({
          ...{ variable: 'o', type: 'json_object' },
          json_schema: JSON.stringify({
            type: 'object',
            properties: { n: { type: 'number' } },
            required: ['n'],
          }),
        }),
        end: endNode({ o: ['start', 'o'] }),
      }),
    },
    config: { outbound: { allow: [`127.0.0.1:${page.port}`] } },
  });
});
beforeEach(() => provider.reply({ tokens: ['ok'] }));
afterAll(async () => {
  await parley.close();
  await Promise.all([page.close(), provider.close()]);
});

const run = async (app: string, inputs: Fields = {}): Promise<Fields> =>
  (await runWorkflow(parley, { inputs }, app)).data;

describe('a node that fails', () => {
  test('without a strategy fails the run', async () => {
    expect(await run('plain', { x: 'good' })).toMatchObject({
      status: 'succeeded',
      outputs: { out: 'good good' },
    });
    const data = await run('plain', { x: 'bad' });
    expect(data).toMatchObject({
      status: 'failed',
      outputs: null,
      error: expect.stringContaining('it is bad'),
    });
    const events = await streamWorkflow(parley, { inputs: { x: 'bad' } }, 'plain');
    expect(storyOf(events)).toEqual([
      ...['workflow_started', 'node_started start', 'node_finished start', 'node_started code'],
      ...['node_finished code', 'workflow_finished'],
    ]);
    expect(dataOf(events, 'node_finished', 'code')).toMatchObject([{ status: 'failed', error: data.error }]);
    expect(finishedIn(events)).toMatchObject({ status: 'failed', exceptions_count: 0, total_steps: 2 });
  });

  test('with default values goes on with them', async () => {
    expect(await run('default', { x: 'fine' })).toMatchObject({
      status: 'succeeded',
      outputs: { out: 'good fine' },
    });
    const events = await streamWorkflow(parley, { inputs: { x: 'bad' } }, 'default');
    expect(finishedIn(events)).toMatchObject({
      ...{ status: 'partial-succeeded', exceptions_count: 1, error: null, outputs: { out: 'instead' } },
    });
    expect(dataOf(events, 'node_finished', 'code')).toMatchObject([
      {
        ...{ status: 'exception', error: expect.stringContaining('it is bad') },
        outputs: { out: 'instead', error_message: expect.stringContaining('it is bad') },
        execution_metadata: { error_strategy: 'default-value' },
      },
    ]);
  });

  test('with a branch for it takes that, and the other when it succeeds', async () => {
    expect(await run('branch', { x: 'fine' })).toMatchObject({
      status: 'succeeded',
      outputs: { out: 'good fine' },
    });
    const events = await streamWorkflow(parley, { inputs: { x: 'bad' } }, 'branch');
    const { outputs } = finishedIn(events) as { outputs: Fields };
    expect(finishedIn(events)).toMatchObject({ status: 'partial-succeeded', exceptions_count: 1 });
    expect(outputs).toEqual({ message: expect.stringContaining('it is bad'), type: expect.any(String) });
    expect(dataOf(events, 'node_finished', 'code')).toMatchObject([
      { status: 'exception', outputs: { error_message: outputs.message, error_type: outputs.type } },
    ]);
    expect(dataOf(events, 'node_started').map(({ node_id }) => node_id)).toEqual(['start', 'code', 'broken']);

    const chat = await streamChatflow(parley, { inputs: { x: 'bad' } }, 'branch-chatflow');
    expect(piecesOf(chat)).toEqual(['Sorry: ', outputs.message]);
    expect(chat.slice(-2)).toMatchObject([
      { event: 'message_end' },
      { event: 'workflow_finished', data: { status: 'partial-succeeded', exceptions_count: 1 } },
    ]);
    const blocking = await sendChat(parley, { inputs: { x: 'bad' } }, 'branch-chatflow');
    expect(blocking.status).toBe(200);
    expect(await blocking.json()).toMatchObject({ answer: `Sorry: ${outputs.message}` });
  });

  test('is tried again as often as it says', async () => {
    let asked = 0;
    page.reply(() => (++asked < 3 ? { status: 500 } : { body: 'at last' }));
    const events = await streamWorkflow(parley, {}, 'retry');
    expect(dataOf(events, 'node_retry').map(({ retry_index }) => retry_index)).toEqual([1, 2]);
    expect(finishedIn(events)).toMatchObject({
      status: 'succeeded',
      outputs: { status: 200, body: 'at last' },
    });
    page.reply({ status: 500, body: 'never' });
    const before = page.requests.length;
    const failed = await streamWorkflow(parley, {}, 'retry');
    expect(page.requests.length - before).toBe(4);
    expect(dataOf(failed, 'node_retry').map(({ retry_index }) => retry_index)).toEqual([1, 2, 3]);
    expect(storyOf(failed).slice(-2)).toEqual(['node_finished http', 'workflow_finished']);
    expect(finishedIn(failed)).toMatchObject({ status: 'failed', error: expect.stringContaining('500') });
    // Without retries and strategy an answer is an answer.
    expect(await run('no-retry')).toMatchObject({
      status: 'succeeded',
      outputs: { status: 500, body: 'never' },
    });
  });

  test('ends what runs beside it, and nothing begins any more', async () => {
    provider.reply((request) =>
      request.messages[0]?.content === 'slow' ? { gate: true } : { tokens: ['bad'] },
    );
    const streaming = streamWorkflow(parley, {}, 'sides');
    const slow = await provider.nextRequest((request) => request.messages[0]?.content === 'slow');
    await slow.aborted();
    const events = await streaming;
    expect(finishedIn(events)).toMatchObject({
      status: 'failed',
      error: expect.stringContaining('it is bad'),
    });
    expect(dataOf(events, 'node_finished').map(({ node_id }) => node_id)).toEqual(['start', 'gate', 'code']);
    expect(events.at(-1)?.event).toBe('workflow_finished');
  });
});

describe('what is missing', () => {
  test('is nothing to ends and templates, fails a prompt, and ends what an answer says', async () => {
    expect(await run('missing')).toMatchObject({
      status: 'succeeded',
      outputs: { text: '[None]', none: null },
    });
    expect(await run('missing-in-prompt')).toMatchObject({
      ...{ status: 'failed', error: 'Variable #start.nothing# not found' },
    });
    // Its words wait for what never comes; its node has them all.
    const events = await streamChatflow(parley, {}, 'missing-in-answer');
    expect(piecesOf(events)).toEqual(['[']);
    expect(finishedIn(events)).toMatchObject({ status: 'succeeded', outputs: { answer: '[start.nothing]' } });
  });

  test('a branch that leads nowhere ends the run well', async () => {
    expect(await run('no-branch', { x: 'yes' })).toMatchObject({
      status: 'succeeded',
      outputs: { x: 'yes' },
    });
    const events = await streamWorkflow(parley, { inputs: { x: 'no' } }, 'no-branch');
    expect(finishedIn(events)).toMatchObject({ status: 'succeeded', outputs: {}, total_steps: 2 });
  });
});

test('a run has a limit of steps', async () => {
  const data = await run('endless');
  expect(data).toMatchObject({
    ...{ status: 'failed', error: expect.stringContaining('Maximum execution steps exceeded: 501 > 500') },
  });
});

test('an object that is not of its schema fails the start node', async () => {
  expect(await run('schema', { o: { n: 1 } })).toMatchObject({
    status: 'succeeded',
    outputs: { o: { n: 1 } },
  });
  const events = await streamWorkflow(parley, { inputs: { o: { n: 'one' } } }, 'schema');
  expect(dataOf(events, 'node_finished', 'start')).toMatchObject([{ status: 'failed' }]);
  expect(finishedIn(events)).toMatchObject({ status: 'failed', error: expect.stringContaining('o') });
});
