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
  startNode,
  type TestNode,
  templateNode,
} from '../workflow/graph-app.ts';
import { lines } from '../workflow/stop-support.ts';
import { sendWorkflow } from '../workflow/workflow-turns.ts';
import { everything } from './coze-rows.ts';
import { environment_variables, FAILING, SECRETS, tellingNodes } from './telling-nodes.ts';

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

function apps(url: string): Record<string, string> {
  const inner = tellingNodes(url);
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
  const env = { ...SECRETS, VAR: '$'.concat('{CANARY}') };
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
