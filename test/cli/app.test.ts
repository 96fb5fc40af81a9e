import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { agentApp, chatApp, completionApp } from '../support/parley/apps.ts';
import { type ParleyHome, parleyHome } from './parley-home.ts';

let home: ParleyHome;
beforeAll(async () => {
  home = await parleyHome({ assistant: chatApp(), translator: completionApp() });
});
afterAll(() => home.remove());

test('app list shows the apps of the folder in columns, and the broken files on stderr', async () => {
  await writeFile(join(home.root, 'examples', 'broken.yml'), 'kind: app\napp: {mode: chat}\n');
  const { code, stdout, stderr } = await home.run('app', 'list');
  expect(code).toBe(0);
  expect(stdout).toBe(
    [
      'ID          MODE        MODEL              NAME',
      'assistant   chat        openai/mock-model  Test chat',
      'translator  completion  openai/mock-model  Test completion',
      '',
    ].join('\n'),
  );
  expect(stderr).toMatch(/^broken\.yml:1: Missing model_config/);
});

test('app list takes the folder from --apps, and says when it cannot be read', async () => {
  const { code, stderr } = await home.run('app', 'list', '--apps', 'nowhere');
  expect(code).toBe(1);
  expect(stderr).toMatch(/the apps folder .*nowhere cannot be read \(ENOENT\)/);
});

test('app check lists what a good file needs', async () => {
  const file = join('examples', 'translator.yml');
  expect(await home.run('app', 'check', file)).toEqual({
    code: 0,
    stdout: `${file}: ok\n  mode       completion\n  model      openai/mock-model\n  inputs     text\n`,
    stderr: '',
  });
});

test('app check names file and line of each problem, goes on with the other files, and exits with 1', async () => {
  const file = 'bad.yml';
  await writeFile(join(home.root, file), chatApp({ user_input_form: 'none' }));
  const { code, stdout } = await home.run('app', 'check', file, 'examples/assistant.yml');
  expect(code).toBe(1);
  expect(stdout).toMatch(/^bad\.yml:\d+: .+/m);
  expect(stdout).toContain('examples/assistant.yml: ok');
});

test('app check tells what the app would run without', async () => {
  await writeFile(join(home.root, 'part.yml'), chatApp({ annotation_reply: { enabled: true } }));
  const { code, stdout } = await home.run('app', 'check', 'part.yml');
  expect(code).toBe(0);
  expect(stdout).toMatch(/^part\.yml:\d+: annotation replies are not served yet.* \(warning\)$/m);
});

test('app check says when there is no such file', async () => {
  const { code, stderr } = await home.run('app', 'check', 'nothing.yml');
  expect(code).toBe(1);
  expect(stderr).toBe('nothing.yml: cannot be read (ENOENT)\n');
});

test('app check lists the tools of an agent, and names each that is missing with its line', async () => {
  const tools = [
    { provider: 'time', tool: 'current_time' },
    { type: 'workflow', provider: 'translator', tool: 'translator' },
    { provider: 'time', tool: 'yesterday' },
    { type: 'api', provider: 'nowhere', tool: 'x' },
  ];
  const source = agentApp(tools);
  await writeFile(join(home.root, 'agent.yml'), source);
  const { code, stdout } = await home.run('app', 'check', 'agent.yml');
  // An entry begins with `- enabled`.
  const lineOf = (tool: string) => {
    const before = source.slice(0, source.indexOf(`tool_name: ${tool}`));
    return before.slice(0, before.lastIndexOf('- enabled')).split('\n').length;
  };
  expect(code).toBe(1);
  expect(stdout).toContain('tools      time/current_time, translator/translator, time/yesterday, nowhere/x');
  expect(stdout).toContain(
    `agent.yml:${lineOf('yesterday')}: the tool yesterday is missing: the provider time has none of that name`,
  );
  expect(stdout).toContain(
    `agent.yml:${lineOf('x')}: the tool x is missing: there is no provider nowhere of type api`,
  );
});

test('a tool without its key or address is a warning that says where to set it', async () => {
  const source = agentApp([
    { provider: 'time', tool: 'current_time' },
    { provider: 'tavily', tool: 'tavily_search' },
    { provider: 'searxng', tool: 'searxng_search' },
    { provider: 'openweather', tool: 'weather' },
  ]);
  await writeFile(join(home.root, 'keyless.yml'), source);
  const { code, stdout } = await home.run('app', 'check', 'keyless.yml');
  expect(code).toBe(0);
  expect(stdout.match(/^keyless\.yml:\d+: the tool .*$/gm)?.map((line) => line.replace(/:\d+/, ''))).toEqual([
    'keyless.yml: the tool tavily_search cannot work: there is no key for Tavily: add { name: tavily, api_key: … } to tools in parley.yml (warning)',
    'keyless.yml: the tool searxng_search cannot work: there is no SearXNG server: add { name: searxng, base_url: http://… } to tools in parley.yml (warning)',
    'keyless.yml: the tool weather cannot work: there is no key for OpenWeather: add { name: openweather, api_key: … } to tools in parley.yml (warning)',
  ]);
  const tools = [
    { name: 'tavily', api_key: 'k' },
    { name: 'searxng', base_url: 'http://127.0.0.1:1' },
    { name: 'openweather', api_key: 'k' },
  ];
  await writeFile(join(home.root, 'keys.parley.yml'), JSON.stringify({ tools }));
  const set = await home.run('app', 'check', 'keyless.yml', '--config', 'keys.parley.yml');
  expect(set.stdout).not.toContain('cannot work');
});

test('missing tools are warnings for an app that may run without them', async () => {
  await writeFile(join(home.root, 'free.yml'), agentApp([{ provider: 'time', tool: 'yesterday' }]));
  await writeFile(join(home.root, 'free.parley.yml'), 'app_settings: { free: { missing_tools: ignore } }\n');
  const { code, stdout } = await home.run('app', 'check', 'free.yml', '--config', 'free.parley.yml');
  expect(code).toBe(0);
  expect(stdout).toMatch(/the tool yesterday is missing.*\(warning\)/);
});
