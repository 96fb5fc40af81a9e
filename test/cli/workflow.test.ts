import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startNode, workflowDsl } from '../support/apps/workflow.fixture.ts';
import { type MockProvider, startMockProvider } from '../support/mock-provider/start-mock-provider.ts';
import { type ParleyHome, parleyHome } from './parley-home.ts';

const code = (id: string, text: string) =>
  `{ id: ${id}, data: { type: code, title: ${id}, code_language: python3, code: "${text}", variables: [], outputs: {} } }`;
const llm = (id: string, provider: string, name: string, prompt = 'Hi') =>
  `{ id: ${id}, data: { type: llm, title: ${id}, model: { provider: ${provider}, name: ${name}, mode: chat, completion_params: {} }, prompt_template: [{ role: user, text: '${prompt}' }] } }`;
const tool = (id: string, provider: string, name: string) =>
  `{ id: ${id}, data: { type: tool, title: ${id}, provider_id: ${provider}, provider_type: builtin, provider_name: ${provider}, tool_name: ${name}, tool_parameters: {}, tool_configurations: {} } }`;

/** A chain of these nodes, each at line 5 and below. */
function chain(nodes: readonly string[], more: readonly string[] = [], mode = 'workflow'): string {
  const ids = nodes.map((node) => /id: (\w+)/.exec(node)?.[1]);
  const edges = ids.slice(1).map((target, at) => `{ source: ${ids[at]}, target: ${target} }`);
  return workflowDsl(nodes, more, mode).replace('edges: []', `edges: [${edges.join(', ')}]`);
}

const FULL = chain(
  [
    startNode(
      '{ variable: topic, type: text-input, required: true }',
      '{ variable: paper, type: file, allowed_file_types: [document] }',
    ),
    llm('draft', 'openai', 'gpt-4o'),
    llm('check', 'langgenius/anthropic/anthropic', 'claude'),
    llm('again', 'openai', 'gpt-4o'),
    code('plot', 'import numpy, json'),
    tool('clock', 'time', 'current_time'),
    tool('magic', 'nowhere', 'wand'),
  ],
  [
    'environment_variables:',
    '- { name: URL, value_type: string, value: http://a }',
    "- { name: TOKEN, value_type: secret, value: '' }",
  ],
);

let home: ParleyHome;
let provider: MockProvider;
beforeAll(async () => {
  provider = await startMockProvider({ reply: { tokens: ['One ', 'two'] } });
  const echo = chain([
    startNode('{ variable: word, type: text-input, required: true }'),
    '{ id: end, data: { type: end, title: End, outputs: [{ variable: said, value_selector: [start, word] }] } }',
  ]);
  const count = chain([
    startNode('{ variable: word, type: text-input, required: true }'),
    llm('say', 'openai', 'gpt-4o', '{{#start.word#}}'),
    '{ id: end, data: { type: end, title: End, outputs: [{ variable: said, value_selector: [say, text] }] } }',
  ]);
  const talk = chain([startNode(), llm('say', 'openai', 'gpt-4o')], [], 'advanced-chat');
  home = await parleyHome(
    { count, echo, full: FULL, plain: chain([startNode()]), talk },
    { providers: { openai: { api_key: 'sk-test', base_url: provider.baseUrl } } },
  );
});
afterAll(async () => {
  await home.remove();
  await provider.close();
});

test('app list shows workflows with the first of their models', async () => {
  const { stdout, stderr } = await home.run('app', 'list');
  expect(stderr).toContain('full.yml:15: the secret TOKEN has no value');
  expect(stdout.split('\n').map((line) => line.trimEnd().split(/ {2,}/))).toEqual([
    ['ID', 'MODE', 'MODEL', 'NAME'],
    ['count', 'workflow', 'openai/gpt-4o', 'W'],
    ['echo', 'workflow', '-', 'W'],
    ['full', 'workflow', 'openai/gpt-4o +1', 'W'],
    ['plain', 'workflow', '-', 'W'],
    ['talk', 'advanced-chat', 'openai/gpt-4o', 'W'],
    [''],
  ]);
});

describe('app check', () => {
  test('lists what a workflow needs and what is missing of it; only a missing tool has its runs refused', async () => {
    const { code, stdout } = await home.run('app', 'check', 'examples/full.yml');
    expect(stdout.split('\n')).toEqual([
      expect.stringMatching(/^examples\/full\.yml:15: the secret TOKEN has no value: .* \(warning\)$/),
      'examples/full.yml: ok',
      '  mode       workflow',
      '  models     openai/gpt-4o, langgenius/anthropic/anthropic/claude',
      '  tools      time/current_time, nowhere/wand',
      '  packages   numpy',
      '  env        URL, TOKEN (secret)',
      '  inputs     topic',
      '  files      document',
      expect.stringMatching(/^examples\/full\.yml:11: the tool wand is missing: .*nowhere/),
      expect.stringMatching(
        /^examples\/full\.yml:7: the model langgenius\/anthropic\/anthropic\/claude: .* \(warning\)$/,
      ),
      expect.stringMatching(
        /^examples\/full\.yml:9: the Python package numpy is missing: set .* \(warning\)$/,
      ),
      '',
    ]);
    expect(code).toBe(1);
  });

  test('with what its owner set, there is nothing to tell', async () => {
    await writeFile(
      join(home.root, 'good.yml'),
      [
        'providers: { openai: { api_key: sk-test } }',
        'default_model: { provider: openai, name: gpt-4o }',
        'app_settings: { full: { missing_tools: ignore, env: { TOKEN: hidden } } }',
        'sandbox: { python: { packages: ./packages } }',
      ].join('\n'),
    );
    const { code, stdout } = await home.run('app', 'check', 'examples/full.yml', '--config', 'good.yml');
    expect(stdout).not.toMatch(/hidden|secret TOKEN has/);
    expect(stdout).toMatch(/claude: .*default_model answers \(warning\)/);
    expect(stdout).toMatch(/numpy is missing: it is not among the packages in .*packages \(warning\)/);
    expect(stdout).toMatch(/wand is missing.* \(warning\)/);
    expect(code).toBe(0);
  });

  test('names the node and the line of what cannot run', async () => {
    await writeFile(
      join(home.root, 'odd.yml'),
      chain([startNode(), '{ id: a, data: { type: odd, title: Odd one } }']),
    );
    const { code, stdout } = await home.run('app', 'check', 'odd.yml');
    expect(stdout).toBe(`odd.yml:6: node "Odd one": Unknown node type 'odd'\n`);
    expect(code).toBe(1);
  });
});

describe('chat', () => {
  /** A server that has only what `parley chat` asks of a workflow. */
  let server: Server;
  let asked: { url: string; body: unknown }[] = [];
  let events: readonly object[] = [];
  beforeAll(async () => {
    server = createServer((request, response) => {
      let text = '';
      request.on('data', (more) => {
        text += more;
      });
      request.on('end', () => {
        const { url = '' } = request;
        asked.push({ url, body: text === '' ? null : JSON.parse(text) });
        if (url === '/v1/info') response.end('{"mode":"workflow"}');
        else if (url === '/v1/parameters')
          response.end(
            '{"user_input_form":[{"text-input":{"variable":"topic","label":"Topic","required":true}}]}',
          );
        else response.end(events.map((event) => `data: ${JSON.stringify(event)}\n\n`).join(''));
      });
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
  });
  afterAll(() => server.close());

  async function chat(told: readonly object[]) {
    asked = [];
    events = told;
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const running = home.start('chat', 'w', '--url', url, '--key', 'app-x');
    running.type('Bees\n');
    return running.end();
  }
  const finished = (data: object) => ({ event: 'workflow_finished', data: { status: 'succeeded', ...data } });

  test('asks for the inputs of a workflow, and shows what it streams once', async () => {
    const { code, stdout } = await chat([
      { event: 'workflow_started', task_id: 't', data: {} },
      { event: 'text_chunk', data: { text: 'Good ' } },
      { event: 'text_chunk', data: { text: 'day' } },
      finished({ outputs: { text: 'Good day' } }),
    ]);
    expect(stdout.match(/Good day/g)).toHaveLength(1);
    expect(asked.find(({ url }) => url === '/v1/workflows/run')?.body).toEqual({
      ...{ inputs: { topic: 'Bees' }, response_mode: 'streaming', user: 'terminal' },
    });
    expect(code).toBe(0);
  });

  test('shows outputs that were not streamed', async () => {
    const { stdout } = await chat([
      { event: 'text_chunk', data: { text: 'Hum' } },
      finished({ outputs: { text: 'Hum', legs: 6, wings: ['a'] } }),
    ]);
    expect(stdout).toContain('Hum\n\ntext: Hum\nlegs: 6\nwings: ["a"]\n');
    expect((await chat([finished({ outputs: { list: [1] } })])).stdout).toContain('[1]\n');
    expect((await chat([finished({ outputs: null })])).code).toBe(0);
  });

  test('runs a workflow for each input that is typed', async () => {
    const running = home.start('chat', 'echo');
    running.type('Bees\n\nWasps\n');
    const { code, stdout } = await running.end();
    expect(stdout).toBe('Bees\nword is required\nWasps\n');
    expect(code).toBe(0);
  });

  test('Ctrl-C stops a workflow at the provider', async () => {
    provider.reply({ tokens: ['One ', 'two'], hold: 1 });
    const running = home.start('chat', 'count');
    running.type('Count\n');
    const request = await provider.nextRequest(({ body }) => body?.messages?.at(-1)?.content === 'Count');
    await running.sees(/One /);
    running.child.kill('SIGINT');
    await running.sees(/\(stopped\)/);
    await request.aborted();
    provider.reply({ tokens: ['Three'] });
    running.type('Again\n');
    await running.sees(/Three\n/);
    const { code, stdout } = await running.end();
    expect(stdout).toBe('One \n(stopped)\nThree\n');
    expect(code).toBe(0);
  });

  test('tells why a workflow failed', async () => {
    const { code, stderr } = await chat([finished({ status: 'failed', error: 'no bees' })]);
    expect(stderr).toContain('no bees');
    expect(code).toBe(1);
  });
});
