import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Store } from '../../src/store/open-store.ts';
import { type MockProvider, startMockProvider } from '../support/mock-provider/start-mock-provider.ts';
import { openTestStore } from '../support/parley/open-test-store.ts';
import { startParley, type TestParley } from '../support/parley/start-parley.ts';
import { sendChat } from '../support/parley/turns.ts';
import { textParameter, writeOpenApi } from '../support/tools/openapi-document.ts';
import {
  type Callee,
  type CalleeReply,
  type CalleeRequest,
  startCallee,
} from '../support/tools/start-callee.ts';
import {
  answerNode,
  endNode,
  graphApp,
  llmNode,
  startNode,
  type TestNode,
  templateNode,
} from '../workflow/graph-app.ts';
import { codeNode, httpNode, lines, toolNode } from '../workflow/stop-support.ts';
import { sendWorkflow } from '../workflow/workflow-turns.ts';
import { everything } from './coze-rows.ts';

/** Of no form that a pattern could know, each with letters that addresses, JSON and forms write in their own ways. */
const SECRETS = {
  FILE: 'canary1file2secret+/of "4f1b9c',
  SETTING: 'canary1setting2secret&=of 4f1b9c!',
  VAR: "canary1variable2(secret)*of'4f1b9c",
  UMLAUT: 'canary1ümlaut2secret\\of\n4f1b9c',
};

let provider: MockProvider;
/** Repeats whatever it is sent, in every way that there is. */
let callee: Callee;
let document: Awaited<ReturnType<typeof writeOpenApi>>;
let parley: TestParley;
let store: Store;
/** Everything that clients were told, bodies and headers. */
const told: string[] = [];

/** How a secret may be written. */
const FORMS = Object.values(SECRETS).flatMap((secret) => [
  secret,
  encodeURIComponent(secret),
  encodeURI(secret),
  new URLSearchParams({ x: secret }).toString().slice(2),
  JSON.stringify(secret).slice(1, -1),
  JSON.stringify(JSON.stringify(secret)).slice(3, -3),
  Buffer.from(secret).toString('base64').slice(0, -4),
  Buffer.from(`user:${secret}`).toString('base64').slice(8, -4),
  escape(secret),
  encodeURIComponent(secret).toLowerCase(),
]);

function echo({ path, headers, body }: CalleeRequest): CalleeReply {
  const { pathname, search } = new URL(path, 'http://callee');
  const seen = { path, search: decodeURIComponent(search), headers, body };
  if (pathname.endsWith('/redirect'))
    return { status: 302, headers: { location: `http://10.0.0.1/${search}` } };
  if (pathname.endsWith('/header'))
    return { headers: { 'x-echo': encodeURIComponent(JSON.stringify(seen)) } };
  const status = Number(/(\d{3})$/.exec(pathname)?.[1] ?? 200);
  return {
    status,
    body: pathname.endsWith('/text')
      ? `${search} ${JSON.stringify(headers)} ${body}`
      : { seen, [body || 'x']: 1 },
  };
}

const NAMES = Object.keys(SECRETS);
const all = NAMES.map((name) => `{{#env.${name}#}}`).join(' ');
const variables = NAMES.map((name) => ({ variable: name, value_selector: ['env', name] }));
const environment_variables = [
  ...NAMES.map((name) => ({
    id: name,
    name,
    value_type: 'secret',
    value: name === 'FILE' || name === 'UMLAUT' ? SECRETS[name] : '',
    selector: ['env', name],
  })),
  { id: 'P', name: 'PLAIN', value_type: 'string', value: 'no secret', selector: ['env', 'PLAIN'] },
];

/** Nodes that fail when nothing expects errors of them. */
const FAILING = [...['redirect', 'host', 'scheme', 'private', 'badheader', 'code_throws']] as const;

const query = NAMES.map((name) => `${name}:{{#env.${name}#}}`).join('\n');

function nodes(url: string): Record<string, TestNode> {
  const http = (path: string, more: object = {}) =>
    httpNode(`${url}${path}`, { method: 'post', error_strategy: 'fail-branch', ...more });
  const json = {
    type: 'json',
    data: [{ type: 'text', key: '', value: NAMES.map((n) => `{{#env.${n}#}}`).join('') }],
  };
  return {
    query: http('/json', { params: query }),
    text: http('/text', { params: query, headers: 'X-Plain: {{#env.FILE#}}' }),
    header: http('/header', { headers: 'X-Secret: {{#env.SETTING#}}' }),
    bearer: http('/s401', {
      authorization: { type: 'api-key', config: { type: 'bearer', api_key: '{{#env.FILE#}}' } },
    }),
    basic: http('/json', {
      authorization: { type: 'api-key', config: { type: 'basic', api_key: 'user:{{#env.FILE#}}' } },
    }),
    custom: http('/s403', {
      authorization: {
        type: 'api-key',
        config: { type: 'custom', header: 'X-Key', api_key: '{{#env.SETTING#}}' },
      },
    }),
    raw: http('/s500', { body: { type: 'raw-text', data: [{ type: 'text', key: '', value: all }] } }),
    json: http('/json', { body: json }),
    form: http('/json', {
      body: {
        type: 'form-data',
        data: NAMES.map((key) => ({ type: 'text', key, value: `{{#env.${key}#}}` })),
      },
    }),
    urlencoded: http('/text', {
      body: {
        type: 'x-www-form-urlencoded',
        data: NAMES.map((key) => ({ type: 'text', key, value: `{{#env.${key}#}}` })),
      },
    }),
    redirect: http('/redirect', { params: query }),
    path: http('/s404/{{#env.FILE#}}'),
    host: http('', { url: 'http://{{#env.FILE#}}.example/' }),
    scheme: http('', { url: '{{#env.SETTING#}}' }),
    private: http('', { url: 'http://10.0.0.1/{{#env.FILE#}}' }),
    badheader: http('/json', { headers: '{{#env.UMLAUT#}}: x' }),
    code_throws: codeNode('javascript', 'function main(all) { throw new Error(JSON.stringify(all)) }', {
      variables,
      error_strategy: 'fail-branch',
    }),
    python_throws: codeNode(
      'python3',
      `def main(${NAMES.join(', ')}):\n    raise Exception(FILE + SETTING + VAR + UMLAUT)`,
      {
        variables,
        error_strategy: 'fail-branch',
      },
    ),
    code_keys: codeNode(
      'javascript',
      'function main(all) { return { out: Object.fromEntries(Object.values(all).map((v) => [v, encodeURIComponent(v)])), list: Object.values(all) } }',
      {
        variables,
        outputs: { out: { type: 'object' }, list: { type: 'array[string]' } },
      },
    ),
    template: templateNode(
      `${NAMES.map((name) => `{{ ${name} }} {{ ${name}|urlencode }}`).join(' ')}`,
      Object.fromEntries(NAMES.map((name) => [name, ['env', name]])),
    ),
    model: llmNode(`Say ${all}.`),
    condition: {
      type: 'if-else',
      cases: [
        {
          case_id: 'true',
          logical_operator: 'and',
          conditions: [
            {
              variable_selector: ['env', 'FILE'],
              comparison_operator: 'contains',
              value: '{{#env.SETTING#}}',
            },
          ],
        },
      ],
    },
    aggregator: { type: 'variable-aggregator', output_type: 'string', variables: [['env', 'FILE']] },
    list: {
      type: 'list-operator',
      variable: ['code_keys', 'list'],
      filter_by: { enabled: false },
      order_by: { enabled: false },
      limit: { enabled: false },
    },
    tool: {
      ...toolNode('api', 'service', 'echo'),
      tool_parameters: { q: { type: 'mixed', value: all } },
      error_strategy: 'fail-branch',
    },
    extractor: {
      ...{ type: 'parameter-extractor', query: ['env', 'FILE'], instruction: all, reasoning_mode: 'prompt' },
      model: { provider: 'openai', name: 'mock-model', mode: 'chat', completion_params: {} },
      parameters: [{ name: 'city', type: 'string', description: 'x', required: true }],
    },
    classifier: {
      ...{ type: 'question-classifier', query_variable_selector: ['env', 'FILE'], instruction: all },
      model: { provider: 'openai', name: 'mock-model', mode: 'chat', completion_params: {} },
      classes: [{ id: '1', name: all }],
    },
  };
}

function apps(url: string): Record<string, string> {
  const inner = nodes(url);
  const ids = Object.keys(inner);
  // One after the other, whether they fail or not.
  const edges = ids.flatMap((id, at) => {
    const next = ids[at + 1] ?? 'end';
    const handles =
      id === 'condition' ? ['true', 'false'] : id === 'classifier' ? ['1'] : ['source', 'fail-branch'];
    const { error_strategy, type } = inner[id] as TestNode & { error_strategy?: string };
    const taken =
      error_strategy || type === 'if-else' || type === 'question-classifier' ? handles : ['source'];
    return taken.map((handle) => [id, next, handle] as const);
  });
  return {
    all: graphApp(
      'workflow',
      { start: startNode(), ...inner, end: endNode({ plain: ['env', 'PLAIN'] }) },
      { edges: [['start', ids[0] as string], ...edges], environment_variables },
    ),
    ...Object.fromEntries(
      FAILING.map((id) => [
        `fail_${id}`,
        graphApp(
          'workflow',
          {
            start: startNode(),
            [id]: {
              ...(inner[id] as TestNode),
              error_strategy: 'none',
              retry_config: { retry_enabled: true, max_retries: 1, retry_interval: 1 },
            },
            end: endNode({}),
          },
          { environment_variables },
        ),
      ]),
    ),
    rounds: graphApp(
      'workflow',
      {
        ...{
          start: startNode(),
          list: inner.code_keys as TestNode,
          es: { type: 'iteration-start', parent: 'each' },
        },
        each: {
          type: 'iteration',
          iterator_selector: ['list', 'list'],
          output_selector: ['in', 'output'],
          start_node_id: 'es',
        },
        in: { ...templateNode('{{ x }}', { x: ['each', 'item'] }), parent: 'each' },
        loop: {
          ...{
            type: 'loop',
            loop_count: 2,
            break_conditions: [],
            logical_operator: 'and',
            start_node_id: 'ls',
          },
          loop_variables: [
            { label: 'v', var_type: 'string', value_type: 'variable', value: ['env', 'FILE'] },
          ],
        },
        ls: { type: 'loop-start', parent: 'loop' },
        end: endNode({}),
      },
      { edges: lines('start -> list -> each -> loop -> end', 'es -> in'), environment_variables },
    ),
    chat: graphApp(
      'advanced-chat',
      {
        start: startNode(),
        ...{ t: inner.raw as TestNode, c: inner.code_throws as TestNode },
        answer: answerNode('{{#t.status_code#}} {{#env.PLAIN#}}'),
      },
      {
        edges: lines('start -> t -> c', 't:fail-branch -> c', 'c -> answer', 'c:fail-branch -> answer'),
        environment_variables,
      },
    ),
    check: graphApp(
      'workflow',
      { start: startNode(), t: templateNode('x'), end: endNode({}) },
      { environment_variables },
    ),
  };
}

beforeAll(async () => {
  provider = await startMockProvider({
    reply: ({ messages }) => ({ tokens: ['You said: ', JSON.stringify(messages)] }),
  });
  callee = await startCallee(echo);
  document = await writeOpenApi(callee.url, { echo: { path: '/json', parameters: [textParameter('q')] } });
  const made = apps(callee.url);
  const env = { SETTING: SECRETS.SETTING, VAR: '$'.concat('{CANARY}') };
  parley = await startParley({
    apps: made,
    env: { CANARY: SECRETS.VAR },
    provider: provider.baseUrl,
    config: {
      outbound: { allow: [`127.0.0.1:${callee.port}`] },
      tools: [{ name: 'service', openapi: document.file }],
      app_settings: Object.fromEntries(Object.keys(made).map((id) => [id, { env }])),
    },
  });
  store = await openTestStore(parley);
});
afterAll(async () => {
  await store.destroy();
  await parley.close();
  await document.remove();
  await Promise.all([callee, provider].map((server) => server.close()));
});

async function hear(response: Response | Promise<Response>): Promise<string> {
  const got = await response;
  const text = await got.text();
  told.push(JSON.stringify([...got.headers]), text);
  return text;
}

/** What would show a secret to somebody it is not meant for, with some of what stands around it. */
function found(text: string): string[] {
  return FORMS.flatMap((secret) => {
    const at = text.indexOf(secret);
    return at < 0 ? [] : [text.slice(Math.max(0, at - 300), at + 60)];
  });
}

/** Every file of the data folder, as text; an app's file is its author's, and so are its versions. */
async function kept(): Promise<string> {
  const entries = await readdir(parley.dataDir, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile() && !/\.db/.test(entry.name));
  return (
    await Promise.all(files.map(({ parentPath, name }) => readFile(join(parentPath, name), 'latin1')))
  ).join();
}

test('whatever repeats a secret of the environment, nobody is told and nothing is kept', async () => {
  const runs = Object.keys(apps('')).filter((id) => id !== 'chat');
  for (const app of runs) {
    const stream = await hear(sendWorkflow(parley, { response_mode: 'streaming' }, app));
    expect(stream).toContain('workflow_finished');
    if (app === 'all') expect(stream).toMatch(/"status":"(partial-)?succeeded"/);
    if (app.startsWith('fail_'))
      expect([app, stream]).toEqual([app, expect.stringContaining('"status":"failed"')]);
    await hear(sendWorkflow(parley, {}, app));
    await hear(parley.request(app, 'GET', '/workflows/logs?limit=100'));
  }
  for (const response_mode of ['streaming', 'blocking'])
    await hear(sendChat(parley, { response_mode }, 'chat'));
  for (const path of ['/conversations?user=u1', '/parameters', '/meta', '/info', '/site'])
    await hear(parley.request('chat', 'GET', path));
  for (const { id, app_id } of await store.selectFrom('workflow_runs').select(['id', 'app_id']).execute())
    await hear(parley.request(app_id, 'GET', `/workflows/run/${id}`));
  for (const path of ['/', '/docs', '/openapi.json', '/metrics', '/health'])
    await hear(fetch(parley.url + path));

  // They were sent, and they came back.
  const arrived = callee.requests
    .map(({ path, headers, body }) => `${path} ${JSON.stringify(headers)} ${body}`)
    .join();
  for (const secret of Object.values(SECRETS))
    expect(arrived).toContain(encodeURIComponent(secret).slice(0, 15));
  expect(arrived).toContain(Buffer.from(`user:${SECRETS.FILE}`).toString('base64'));

  const heard = told.join('\n');
  expect(heard).toContain('********************');
  expect(heard).toContain('no secret');
  expect(found(heard)).toEqual([]);
  expect(found(parley.log.map((line) => JSON.stringify(line)).join('\n'))).toEqual([]);
  const nodesKept = JSON.stringify(await store.selectFrom('node_executions').selectAll().execute());
  expect(nodesKept).toContain('********************');
  expect(found(nodesKept)).toEqual([]);
  const versions = JSON.stringify(await store.selectFrom('app_versions').selectAll().execute());
  expect(found((await everything(store)).replaceAll(versions, ''))).toEqual([]);
  expect(found(await kept())).toEqual([]);
}, 60_000);
