import { afterAll, beforeAll, beforeEach, expect } from 'vitest';
import type { MockMessage } from '../support/mock-provider/mock-request.ts';
import { type MockProvider, startMockProvider } from '../support/mock-provider/start-mock-provider.ts';
import { startParley, type TestParley } from '../support/parley/start-parley.ts';
import { answered, sendChat } from '../support/parley/turns.ts';
import { textParameter, writeOpenApi } from '../support/tools/openapi-document.ts';
import { type Callee, startCallee } from '../support/tools/start-callee.ts';
import { graphApp, type TestNode } from './graph-app.ts';
import {
  type Fields,
  finishedIn,
  runWorkflow,
  streamChatflow,
  streamWorkflow,
  type WorkflowEvent,
} from './workflow-turns.ts';

type Nodes = Readonly<Record<string, TestNode>>;
type Rest = NonNullable<Parameters<typeof graphApp>[2]>;

export interface TestWorkflow {
  readonly id: string;
  stream(inputs?: Fields): Promise<WorkflowEvent[]>;
  /** `data` of a blocking answer. */
  run(inputs?: Fields): Promise<Fields>;
  /** Of a run that must succeed. */
  outputs(inputs?: Fields): Promise<unknown>;
  /** Of a run that must fail. */
  error(inputs?: Fields): Promise<unknown>;
}

export interface TestChatflow {
  readonly id: string;
  stream(body?: Fields): Promise<WorkflowEvent[]>;
  /** Of a turn that must be answered. */
  answer(body?: Fields): Promise<string>;
}

/** A server for tests of facts: each test names the apps that it needs where it needs them, before the server starts. */
export interface FactLab {
  readonly parley: TestParley;
  readonly provider: MockProvider;
  /** Where HTTP nodes may go, and the operation `search` of the tool provider `service`. */
  readonly page: Callee;
  /** Adds an app by its DSL; answers its id. */
  app(dsl: string, id?: string): string;
  workflow(nodes: Nodes, rest?: Rest): TestWorkflow;
  chatflow(nodes: Nodes, rest?: Rest): TestChatflow;
  /** What the model was sent last. */
  asked(): readonly MockMessage[];
}

/** To be called once, where a file of tests begins. @param config more of `parley.yml` */
export async function openFactLab(config: Fields = {}): Promise<FactLab> {
  const apps: Record<string, string> = {};
  const provider = await startMockProvider();
  const page = await startCallee();
  let parley: TestParley | undefined;
  let document: Awaited<ReturnType<typeof writeOpenApi>> | undefined;
  const started = (): TestParley => {
    if (parley === undefined) throw new Error('the server has not started');
    return parley;
  };

  beforeAll(async () => {
    const parameters = ['q', 'size', 'flag', 'none'].map((name) => textParameter(name));
    document = await writeOpenApi(page.url, { search: { path: '/search', parameters } });
    parley = await startParley({
      ...{ provider: provider.baseUrl, apps },
      config: {
        tools: [{ name: 'service', openapi: document.file }],
        outbound: { allow: [`127.0.0.1:${page.port}`] },
        ...config,
      },
    });
  });
  beforeEach(() => {
    provider.reply({ tokens: ['Hello', ' there'] });
    page.reply();
  });
  afterAll(async () => {
    await parley?.close();
    await document?.remove();
    await Promise.all([page.close(), provider.close()]);
  });

  function app(dsl: string, id = `app${Object.keys(apps).length}`): string {
    apps[id] = dsl;
    return id;
  }

  return {
    ...{ provider, page, app },
    get parley() {
      return started();
    },
    workflow(nodes, rest) {
      const id = app(graphApp('workflow', nodes, rest));
      const run = async (inputs: Fields = {}) => (await runWorkflow(started(), { inputs }, id)).data;
      return {
        ...{ id, run },
        stream: (inputs = {}) => streamWorkflow(started(), { inputs }, id),
        async outputs(inputs) {
          const data = await run(inputs);
          expect(data, JSON.stringify(data)).toMatchObject({ status: 'succeeded' });
          return data.outputs;
        },
        async error(inputs) {
          const data = await run(inputs);
          expect(data, JSON.stringify(data)).toMatchObject({ status: 'failed' });
          return data.error;
        },
      };
    },
    chatflow(nodes, rest) {
      const id = app(graphApp('advanced-chat', nodes, rest));
      return {
        id,
        async stream(body) {
          const events = await streamChatflow(started(), body, id);
          finishedIn(events);
          return events;
        },
        async answer(body) {
          return String((await answered(sendChat(started(), body, id))).answer);
        },
      };
    },
    asked: () => provider.requests.at(-1)?.messages ?? [],
  };
}

/** Code that returns this; `types` by output. */
export function returning(value: Fields, types: Readonly<Record<string, string>>): TestNode {
  return {
    ...{ type: 'code', code_language: 'javascript', variables: [] },
    code: `function main() { return ${JSON.stringify(value)} }`,
    outputs: Object.fromEntries(Object.entries(types).map(([name, type]) => [name, { type }])),
  };
}

/** A start whose input `v` holds any JSON: `['start', 'v', 'x']` selects what is in `x`. */
export function anyValue(): TestNode {
  const field = { variable: 'v', label: 'v', type: 'json_object', required: false };
  return { type: 'start', variables: [field] };
}

/** Takes the branch `true` when the condition holds. */
export function ifNode(...conditions: readonly Fields[]): TestNode {
  return { type: 'if-else', cases: [{ case_id: 'true', logical_operator: 'and', conditions }] };
}

export function condition(
  variable_selector: readonly string[],
  comparison_operator: string,
  value: unknown = '',
) {
  return { variable_selector, comparison_operator, value };
}

/** Of a form that asks for `x`. */
export const X_IS_YES = condition(['start', 'x'], 'is', 'yes');

/** Of a chatflow whose conversations remember a text, `C`. */
export const CONVERSATION = {
  conversation_variables: [{ id: 'c', name: 'c', value_type: 'string', value: 'old' }],
};
export const C = ['conversation', 'c'];

/** GET of a URL. */
export function httpNode(url: string, more: Fields = {}): TestNode {
  return {
    ...{
      type: 'http-request',
      method: 'get',
      url,
      authorization: { type: 'no-auth' },
      headers: '',
      params: '',
    },
    ...{ body: { type: 'none', data: [] }, timeout: {}, retry_config: { retry_enabled: false }, ...more },
  };
}

/** An assigner of today's form; each item `[selector, operation, input_type, value]`. */
export function assignNode(
  ...items: readonly (readonly [readonly string[], string, string?, unknown?])[]
): TestNode {
  return {
    ...{ type: 'assigner', version: '2' },
    items: items.map(([variable_selector, operation, input_type = 'constant', value = '']) => ({
      ...{ variable_selector, operation, input_type, value },
    })),
  };
}

/** An iteration over a list, and its start; the nodes inside are to be added, with `parent`. */
export function iterationNodes(
  id: string,
  over: readonly string[],
  result: readonly string[],
  more: Fields = {},
) {
  return {
    [id]: {
      ...{ type: 'iteration', iterator_selector: over, output_selector: result, start_node_id: `${id}start` },
      ...{ output_type: 'array[string]', ...more },
    },
    [`${id}start`]: { type: 'iteration-start', parent: id },
  };
}

/** A loop and its start. */
export function loopNodes(id: string, loop_count: number, more: Fields = {}) {
  return {
    [id]: {
      ...{ type: 'loop', loop_count, logical_operator: 'and', start_node_id: `${id}start` },
      ...{ break_conditions: [], loop_variables: [], ...more },
    },
    [`${id}start`]: { type: 'loop-start', parent: id },
  };
}
