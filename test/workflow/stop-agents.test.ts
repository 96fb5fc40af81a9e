import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { obedient, queryFor } from '../support/tools/agent-turn.ts';
import { type McpServer, startMcpServer } from '../support/tools/start-mcp-server.ts';
import { withinTime } from '../support/tools/within-time.ts';
import { answerNode, graphApp, startNode, type TestNode } from './graph-app.ts';
import {
  type Begun,
  calleeAsked,
  codeNode,
  followed,
  httpNode,
  modelsAsked,
  type SlowWorld,
  startSlowWorld,
  stopOnce,
} from './stop-support.ts';

const constant = (value: unknown) => ({ type: 'constant', value });

function agentNode(query: string, { strategy = 'function_calling', mcp = '' } = {}): TestNode {
  const tool = {
    ...{ enabled: true, type: 'api', provider_name: 'service', tool_name: 'wait', tool_label: 'wait' },
    ...{ settings: {}, parameters: {}, schemas: [], extra: { description: '' } },
  };
  return {
    ...{ type: 'agent', agent_strategy_provider_name: 'langgenius/agent/agent' },
    ...{ agent_strategy_name: strategy, agent_strategy_label: strategy },
    agent_parameters: {
      model: constant({ provider: 'openai', model: 'mock-model', mode: 'chat', completion_params: {} }),
      tools: constant([tool]),
      instruction: constant('Be quick.'),
      query: constant(query),
      maximum_iterations: constant(5),
      ...(mcp === '' ? {} : { mcp_server: constant(mcp) }),
    },
  };
}

/** A file that lies with the callee. */
const remote = (url: string) =>
  codeNode('javascript', `function main() { return { out: ${JSON.stringify(fileAt(url))} } }`, {
    outputs: { out: { type: 'object' } },
  });
const fileAt = (url: string) => ({
  ...{ dify_model_identity: '__dify__file__', id: null, type: 'document', transfer_method: 'remote_url' },
  ...{ remote_url: url, related_id: null, filename: 'a.csv', extension: '.csv', mime_type: 'text/csv' },
  ...{ size: -1, url },
});
const extractor = { type: 'document-extractor', variable_selector: ['file', 'out'], is_array_file: false };

let world: SlowWorld;
let mcp: McpServer;

beforeAll(async () => {
  mcp = await startMcpServer();
  world = await startSlowWorld((url) => {
    const one = (n: TestNode) => followed(url, { n }, 'start -> n -> after');
    return {
      model: one(agentNode('Wait.')),
      react: one(agentNode('Wait.', { strategy: 'ReAct' })),
      tool: one(agentNode(queryFor(['wait']))),
      mcp: one(agentNode(queryFor(['slow']), { mcp: mcp.url })),
      mcp_mute: one(agentNode('Wait.', { mcp: `${url}/wait/mcp` })),
      rounds: followed(
        url,
        {
          loop: {
            ...{ type: 'loop', loop_count: 3, break_conditions: [], logical_operator: 'and' },
            ...{ loop_variables: [], start_node_id: 'ls' },
          },
          ls: { type: 'loop-start', parent: 'loop' },
          n: { ...agentNode(queryFor(['wait'])), parent: 'loop' },
        },
        'start -> loop -> after',
        'ls -> n',
      ),
      chat_tool: graphApp('advanced-chat', {
        ...{ start: startNode(), n: agentNode(queryFor(['wait'])), answer: answerNode('{{#n.text#}}') },
        after: httpNode(`${url}/after`),
      }),
      document: followed(
        url,
        { file: remote(`${url}/wait/a.csv`), n: extractor },
        'start -> file -> n -> after',
      ),
      document_half: followed(
        url,
        { file: remote(`${url}/half/a.csv`), n: extractor },
        'start -> file -> n -> after',
      ),
    };
  });
  world.provider.reply((request) => {
    const last = request.messages.at(-1);
    return last?.role === 'user' && String(last.content).startsWith('[[')
      ? obedient(request)
      : { gate: true };
  });
});
afterAll(async () => {
  await world.close();
  await mcp.close();
});

/** No stop in this file lets anything begin that comes after. */
afterEach(() => expect(world.callee.requests.filter(({ path }) => path === '/after')).toEqual([]));

const callee = (path: string) => () => calleeAsked(world, path);

test.each<[string, string, () => Promise<Begun>]>([
  ['the model of an agent', 'model', () => modelsAsked(world)],
  ['the model of an agent that writes what it wants', 'react', () => modelsAsked(world)],
  ['a tool of an agent', 'tool', callee('/wait')],
  ['a tool of an agent in a loop', 'rounds', callee('/wait')],
  ['a tool of an agent in a chatflow', 'chat_tool', callee('/wait')],
  [
    'an MCP server',
    'mcp',
    async () => {
      const call = await mcp.nextCall();
      return { ended: () => call.cancelled() };
    },
  ],
  ['an MCP server that says nothing', 'mcp_mute', callee('/wait/mcp')],
  ['a document that does not come', 'document', callee('/wait/a.csv')],
  ['a document that comes in half', 'document_half', callee('/half/a.csv')],
])('%s is left within 100 ms', (_, app, begun) =>
  withinTime(async () => (await stopOnce(world, app, begun)).lag),
);

test('each session with an MCP server is told of the end', () => {
  expect(mcp.messages.filter((name) => name === 'notifications/cancelled')).toHaveLength(mcp.calls.length);
});
