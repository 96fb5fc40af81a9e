import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type MockProvider, startMockProvider } from '../support/mock-provider/start-mock-provider.ts';
import { startParley, type TestParley } from '../support/parley/start-parley.ts';
import { type Callee, startCallee } from '../support/tools/start-callee.ts';
import { endNode, graphApp, startNode, type TestNode } from '../workflow/graph-app.ts';
import { httpNode } from '../workflow/stop-support.ts';
import { runWorkflow } from '../workflow/workflow-turns.ts';

let provider: MockProvider;
/** Nobody may reach it. */
let victim: Callee;
/** `outbound.allow` names it. */
let allowed: Callee;
let parley: TestParley;

const constant = (value: unknown) => ({ type: 'constant', value });
const file = startNode(
  { variable: 'url', type: 'paragraph' },
  {
    ...{ variable: 'file', type: 'file', allowed_file_types: ['document', 'image'] },
    ...{ allowed_file_upload_methods: ['remote_url', 'local_file'] },
  },
);

function graph(n: TestNode): string {
  return graphApp('workflow', {
    ...{ start: file, n, end: endNode({ body: ['n', 'body'], text: ['n', 'text'], files: ['n', 'files'] }) },
  });
}

const agent: TestNode = {
  ...{ type: 'agent', agent_strategy_provider_name: 'langgenius/agent/agent' },
  ...{ agent_strategy_name: 'function_calling', agent_strategy_label: 'function_calling' },
  agent_parameters: {
    model: constant({ provider: 'openai', model: 'mock-model', mode: 'chat', completion_params: {} }),
    ...{ tools: constant([]), instruction: constant('x'), query: constant('x') },
    ...{ maximum_iterations: constant(2), mcp_server: constant('{{#start.url#}}') },
  },
};

beforeAll(async () => {
  provider = await startMockProvider();
  [victim, allowed] = await Promise.all([startCallee({ body: 'the victim’s words' }), startCallee()]);
  allowed.reply(({ path }) =>
    path.startsWith('/to?') ? { status: 302, headers: { location: decodeURIComponent(path.slice(4)) } } : {},
  );
  const form = { type: 'form-data', data: [{ type: 'file', key: 'f', file: ['start', 'file'] }] };
  parley = await startParley({
    apps: {
      http: graph(httpNode('{{#start.url#}}')),
      head: graph(httpNode('{{#start.url#}}', { method: 'head' })),
      post: graph(
        httpNode('{{#start.url#}}', {
          method: 'post',
          body: { type: 'raw-text', data: [{ type: 'text', key: '', value: 'x' }] },
        }),
      ),
      host: graph(
        httpNode(`${allowed.url}/`, {
          headers: 'Host: internal.example\nX-Url: {{#start.url#}}\nX-Forwarded-Host: internal',
        }),
      ),
      params: graph(httpNode('http://{{#start.url#}}', { params: 'a: b' })),
      form: graph(httpNode(`${allowed.url}/form`, { method: 'post', body: form })),
      document: graph({
        type: 'document-extractor',
        variable_selector: ['start', 'file'],
        is_array_file: false,
      }),
      agent: graph(agent),
    },
    provider: provider.baseUrl,
    config: { outbound: { allow: [`127.0.0.1:${allowed.port}`] } },
  });
});
afterAll(async () => {
  await parley.close();
  await Promise.all([victim, allowed, provider].map((server) => server.close()));
});

/** Addresses of the victim, as they may be written, and others that are nobody's business. */
function addresses(): string[] {
  const { port } = victim;
  return [
    ...['127.0.0.1', 'localhost', 'localhost.', 'LOCALHOST', '127.1', '127.0.1', '2130706433', '0x7f000001'],
    ...['0177.0.0.1', '0x7f.0.0.1', '0.0.0.0', '0', '[::1]', '[::]', '[::ffff:127.0.0.1]', '[::ffff:7f00:1]'],
    ...[
      '[64:ff9b::7f00:1]',
      '①②⑦.⓪.⓪.①',
      '127。0。0。1',
      'user:pass@127.0.0.1',
      `127.0.0.1:${allowed.port}@127.0.0.1`,
    ],
  ]
    .map((host) => `http://${host}:${port}/x`)
    .concat([
      ...['http://10.0.0.1/', 'http://172.16.0.1/', 'http://192.168.0.1/', 'http://100.64.0.1/'],
      ...['http://169.254.169.254/latest/meta-data/', 'http://[fd00::1]/', 'http://[fe80::1]/'],
      `http://127.0.0.1:${new URL(parley.url).port}/health`,
    ]);
}

const SCHEMES = [
  'file:///etc/passwd',
  'gopher://127.0.0.1/',
  'ftp://127.0.0.1/',
  'data:text/plain,x',
  'javascript:1',
];

async function outcome(app: string, inputs: object) {
  const { data } = await runWorkflow(parley, { inputs }, app);
  return data as { status: string; error: string | null; outputs: unknown };
}

/** Nobody came, and whoever asked was told that it failed, without the victim's words. */
async function expectRefused(app: string, inputs: object): Promise<void> {
  const { status, error, outputs } = await outcome(app, inputs);
  expect([inputs, status, error]).toEqual([inputs, 'failed', expect.stringMatching(/\S/)]);
  expect(JSON.stringify([error, outputs])).not.toContain('victim’s words');
  expect(victim.connections).toBe(0);
}

describe('no node leads into a private network', () => {
  test.each(['http', 'head', 'post', 'agent'])('by an address, %s', async (app) => {
    for (const url of [...addresses(), ...SCHEMES]) await expectRefused(app, { url });
  });

  test('by a part of an address', async () => {
    for (const url of addresses()) await expectRefused('params', { url: url.slice('http://'.length) });
  });

  test.each(['http', 'post', 'agent'])('by a redirect, %s', async (app) => {
    // Headers have no other letters.
    const written = addresses().filter((url) => /^[ -~]*$/.test(url));
    for (const url of [...written, ...SCHEMES])
      await expectRefused(app, { url: `${allowed.url}/to?${encodeURIComponent(url)}` });
    await expectRefused(app, {
      url: `${allowed.url}/to?${encodeURIComponent(`//127.0.0.1:${victim.port}/`)}`,
    });
  });

  test.each(['form', 'document'])('by a file of the end user’s, %s', async (app) => {
    for (const url of addresses())
      await expectRefused(app, {
        file: { type: 'document', transfer_method: 'remote_url', url: `${url}?a=.txt` },
      });
    await expectRefused(app, {
      file: {
        ...{ type: 'document', transfer_method: 'remote_url' },
        url: `${allowed.url}/to?${encodeURIComponent(`http://127.0.0.1:${victim.port}/a.txt`)}`,
      },
    });
    expect(allowed.requests.filter(({ path }) => path === '/form')).toEqual([]);
  });
});

test('lines in values make no headers of their own', async () => {
  const { status } = await outcome('host', { url: 'a\r\nX-Injected: 1\r\n\r\nGET /second HTTP/1.1' });
  const last = allowed.requests.at(-1);
  expect(allowed.requests.filter(({ path }) => path === '/second')).toEqual([]);
  // Each line is a header in Dify, too; none of them ends the request.
  expect(['succeeded', 'failed']).toContain(status);
  expect(last?.path).not.toBe('/second');
});

test('what is allowed is reached', async () => {
  expect(await outcome('http', { url: `${allowed.url}/fine` })).toMatchObject({
    status: 'succeeded',
    outputs: { body: 'ok' },
  });
});
