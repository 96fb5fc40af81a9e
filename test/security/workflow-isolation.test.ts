import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type MockProvider, startMockProvider } from '../support/mock-provider/start-mock-provider.ts';
import { startParley, type TestParley } from '../support/parley/start-parley.ts';
import { type Callee, startCallee } from '../support/tools/start-callee.ts';
import { endNode, graphApp, llmNode, startNode, templateNode } from '../workflow/graph-app.ts';
import { codeNode } from '../workflow/stop-support.ts';
import { runWorkflow } from '../workflow/workflow-turns.ts';

/** Stands in the server's environment, in a file, and in what a callee says. */
const CANARY = 'canary-5824-do-not-sing';

let provider: MockProvider;
let callee: Callee;
let folder: string;
let parley: TestParley;

const NAMES = ['__proto__', 'constructor', 'toString', 'hasOwnProperty'];

/** What code may try; each answers what it could get. */
const ESCAPES: Readonly<Record<string, readonly ['python3' | 'javascript', string]>> = {
  'files, in Python': [
    'python3',
    `out = ''
    for name in ['FOLDER/secret', '/etc/passwd', '/proc/self/environ', '/work', '.', '/']:
        try:
            out += open(name).read()
        except Exception as e:
            out += type(e).__name__
        try:
            import os
            out += str(os.listdir(name))
        except Exception as e:
            out += type(e).__name__`,
  ],
  'the environment, in Python': [
    'python3',
    `import os
    out = str(dict(os.environ))`,
  ],
  'commands, in Python': [
    'python3',
    `import os, subprocess
    out = ''
    for run in [lambda: os.system('touch FOLDER/touched'), lambda: subprocess.check_output(['env']), lambda: os.fork()]:
        try:
            out += str(run())
        except Exception as e:
            out += type(e).__name__`,
  ],
  'the network, in Python': [
    'python3',
    `out = ''
    import urllib.request, socket
    for run in [lambda: urllib.request.urlopen('CALLEE').read(), lambda: socket.create_connection(('127.0.0.1', PORT)).send(b'GET / HTTP/1.0\\r\\n\\r\\n')]:
        try:
            out += str(run())
        except Exception as e:
            out += type(e).__name__`,
  ],
  'the host, in Python': [
    'python3',
    `out = ''
    for name in ['js', 'pyodide_js', 'pyodide.code', 'pyodide.http', 'ctypes']:
        try:
            m = __import__(name)
            out += name + ' ' + str(getattr(getattr(m, 'process', None), 'env', ''))
        except Exception as e:
            out += type(e).__name__`,
  ],
  'the host, in JavaScript': [
    'javascript',
    `let out = '';
    for (const attempt of [
      () => process.env, () => require('fs').readFileSync('FOLDER/secret'), () => globalThis.constructor.constructor('return process')().env,
      () => (function () {}).constructor('return this.process.env')(), () => fetch('CALLEE'), () => new WebSocket('ws://127.0.0.1:PORT'),
      () => std.loadFile('FOLDER/secret'), () => os.getenv('PARLEY_CANARY'), () => import('fs'), () => new Error().constructor.constructor('return process.env')(),
    ]) try { const got = attempt(); out += typeof got === 'object' && got ? JSON.stringify(got) : String(got) } catch (error) { out += error.name }`,
  ],
};

function apps(url: string, port: number, where: string): Record<string, string> {
  const fill = (code: string) =>
    code.replaceAll('FOLDER', where).replaceAll('CALLEE', url).replaceAll('PORT', String(port));
  const code = (language: 'python3' | 'javascript', body: string) =>
    codeNode(
      language,
      language === 'python3'
        ? `def main():\n    ${body}\n    return {'out': out}`
        : `function main() { ${body}; return { out } }`,
      { outputs: { out: { type: 'string' } } },
    );
  const graph = (nodes: Parameters<typeof graphApp>[1]) =>
    graphApp('workflow', { start: startNode('text', { variable: 'o', type: 'json_object' }), ...nodes });
  const end = endNode({ out: ['n', 'out'] });
  return {
    ...Object.fromEntries(
      Object.values(ESCAPES).map(([language, body], at) => [
        `escape${at}`,
        graph({ n: code(language, fill(body)), end }),
      ]),
    ),
    remember: graph({
      n: code(
        'javascript',
        'globalThis.left = "mine"; Object.prototype.left = "mine"; Array.prototype.map = () => ["mine"]; var out = "ok"',
      ),
      end,
    }),
    recall: graph({
      n: code('javascript', 'let out = String(globalThis.left) + ({}).left + [1].map((x) => x + 1)'),
      end,
    }),
    remember_py: graph({
      n: code(
        'python3',
        'import builtins, json\n    builtins.left = "mine"\n    json.left = "mine"\n    out = "ok"',
      ),
      end,
    }),
    recall_py: graph({
      n: code(
        'python3',
        'import builtins, json\n    out = str(getattr(builtins, "left", None)) + str(getattr(json, "left", None))',
      ),
      end,
    }),
    template: graph({
      n: templateNode(
        [
          ...[
            'o.__proto__',
            'o.constructor',
            'o["constructor"]["constructor"]',
            'o.toString',
            'o.hasOwnProperty',
          ],
          ...[
            'o.__class__',
            'text.__class__.__mro__',
            'text.constructor',
            'text["__proto__"]',
            '[].constructor',
          ],
          ...[
            '{}.__proto__',
            'range.constructor',
            'cycler.__init__.__globals__',
            'self',
            'self._TemplateReference__context',
          ],
          ...[
            'lipsum.__globals__',
            'namespace.__init__',
            'o|attr("__proto__")',
            'o|attr("constructor")',
            'o|map(attribute="constructor")|list',
          ],
        ]
          .map((expression, at) => `<${at}:{{ ${expression} }}>`)
          .join('\n'),
        { o: ['start', 'o'], text: ['start', 'text'] },
      ),
      end: endNode({ out: ['n', 'output'] }),
    }),
    selectors: graph({
      t: templateNode('{{ a }}{{ b }}{{ c }}', {
        a: ['start', 'o', '__proto__'],
        b: ['start', 'o', 'constructor', 'name'],
        c: ['__proto__', 'toString'],
      }),
      end: endNode({
        ...{ t: ['t', 'output'], a: ['start', 'o', '__proto__'], b: ['start', 'o', 'constructor'] },
        ...{
          c: ['__proto__', 'polluted'],
          d: ['constructor', 'prototype'],
          e: ['start', 'toString', 'name'],
        },
      }),
    }),
    ...Object.fromEntries(
      NAMES.map((name) => [
        `condition${name}`,
        graph({
          if: {
            type: 'if-else',
            cases: [
              {
                case_id: 'true',
                logical_operator: 'or',
                conditions: [
                  { variable_selector: ['start', 'o', name], comparison_operator: 'not empty', value: '' },
                ],
              },
            ],
          },
          end: endNode({}),
        }),
      ]),
    ),
    polluting: graph({
      c: codeNode(
        'javascript',
        'function main() { return JSON.parse(\'{"out": {"__proto__": {"polluted": 1}, "constructor": {"a": 1}}}\') }',
        { outputs: { out: { type: 'object' } } },
      ),
      m: llmNode('Go on.', {
        structured_output_enabled: true,
        structured_output: { schema: { type: 'object', properties: {} } },
      }),
      a: { type: 'variable-aggregator', output_type: 'object', variables: [['m', 'structured_output']] },
      t: templateNode('{{ a }}{{ c|tojson }}', { a: ['a', 'output'], c: ['c', 'out'] }),
      end: endNode({
        x: ['a', 'output'],
        ['__proto__']: ['c', 'out'],
        constructor: ['m', 'structured_output'],
      }),
    }),
  };
}

beforeAll(async () => {
  process.env.PARLEY_CANARY = CANARY;
  folder = await mkdtemp(join(tmpdir(), 'parley-flow-'));
  await writeFile(join(folder, 'secret'), CANARY);
  provider = await startMockProvider();
  callee = await startCallee({ body: CANARY });
  parley = await startParley({
    apps: apps(callee.url, callee.port, folder),
    provider: provider.baseUrl,
    config: { outbound: { allow: [`127.0.0.1:${callee.port}`] } },
  });
});
afterAll(async () => {
  delete process.env.PARLEY_CANARY;
  await parley.close();
  await callee.close();
  await provider.close();
  await rm(folder, { recursive: true });
});

async function outOf(app: string, inputs: object = {}, user = 'u1'): Promise<unknown> {
  const { data } = await runWorkflow(parley, { inputs, user }, app);
  return data.status === 'succeeded' ? (data.outputs as { out: unknown }).out : data.error;
}

describe('code reaches nothing', () => {
  test.each(Object.keys(ESCAPES).map((name, at) => [name, `escape${at}`]))('%s', async (_, app) => {
    const connections = callee.connections;
    const out = String(await outOf(app));
    expect(out).not.toContain(CANARY);
    expect(out).not.toContain('root:');
    expect(out).not.toMatch(/sk-test|parley-test-|node_modules/);
    expect(callee.connections).toBe(connections);
    expect(existsSync(join(folder, 'touched'))).toBe(false);
  });

  test.each([
    ['remember', 'recall', 'undefinedundefined2'],
    ['remember_py', 'recall_py', 'NoneNone'],
  ])('%s leaves nothing behind for the next run', async (remember, recall, nothing) => {
    expect(await outOf(remember)).toBe('ok');
    expect(await outOf(remember, {}, 'u2')).toBe('ok');
    expect(await outOf(recall, {}, 'u2')).toBe(nothing);
  });
});

describe('no value leads to a prototype', () => {
  test('in templates', async () => {
    const out = String(await outOf('template', { o: { a: 1 }, text: 'x' }));
    expect(out).not.toMatch(/function|native code|\[object|prototype|globalThis|process/i);
  });

  test('in selectors', async () => {
    const { data } = await runWorkflow(parley, { inputs: { o: { a: 1 } } }, 'selectors');
    expect(data).toMatchObject({
      status: 'succeeded',
      outputs: { t: 'NoneNoneNone', a: null, b: null, c: null, d: null, e: null },
    });
  });

  test.each(NAMES)('in a condition on %s', async (name) => {
    const { data } = await runWorkflow(parley, { inputs: { o: { a: 1 } } }, `condition${name}`);
    expect(data).toMatchObject({ status: 'failed', error: expect.stringMatching(/not found/i) });
  });

  test('and none is changed by what code and models name their values', async () => {
    provider.reply({
      tokens: ['{"__proto__": {"polluted": 1}, "constructor": {"prototype": {"polluted": 1}}}'],
    });
    const { data } = await runWorkflow(parley, {}, 'polluting');
    expect(data.status).toBe('succeeded');
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
    expect(Object.keys(Object.prototype)).toEqual([]);
    expect(([] as unknown as { polluted?: unknown }).polluted).toBeUndefined();
  });

  test('end users cannot even name them', async () => {
    for (const inputs of ['{"o":{"__proto__":{"polluted":1}}}', '{"__proto__":{"polluted":1}}']) {
      const response = await fetch(`${parley.url}/v1/workflows/run`, {
        method: 'POST',
        headers: { authorization: `Bearer ${parley.key('selectors')}`, 'content-type': 'application/json' },
        body: `{"user":"u1","inputs":${inputs}}`,
      });
      expect([response.status, await response.json()]).toMatchObject([400, { code: 'bad_request' }]);
    }
  });
});
