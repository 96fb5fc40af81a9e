import { execFile } from 'node:child_process';
import { existsSync, globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parse, stringify } from 'yaml';
import { readApp } from '../../src/apps/dsl/read-app.ts';
import { commands } from '../../src/cli/commands.ts';
import { DEFAULT_APP_SETTINGS } from '../../src/config/default-app-settings.ts';
import { loadConfig } from '../../src/config/load-config.ts';
import { readConfigFile } from '../../src/config/read-config-file.ts';
import { createModels } from '../../src/models/create-models.ts';
import { cozeRoutes } from '../../src/surfaces/coze/routes/index.ts';
import { difyRoutes } from '../../src/surfaces/dify/routes/index.ts';
import { startParley, type TestParley } from '../support/parley/start-parley.ts';

const ROOT = join(import.meta.dirname, '../..');
const README = readFileSync(join(ROOT, 'README.md'), 'utf8');
const exec = promisify(execFile);

let parley: TestParley;
beforeAll(async () => {
  const example = (id: string) => readFileSync(join(ROOT, `examples/${id}.yml`), 'utf8');
  parley = await startParley({
    apps: { assistant: example('assistant'), reflection: example('reflection') },
  });
});
afterAll(() => parley.close());

/** The first block of a language in README.md, or the first that has `word` in it. */
function block(language: string, word = ''): string {
  const found = [...README.matchAll(new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``, 'g'))].find(
    ([, text]) => text?.includes(word),
  )?.[1];
  if (!found) throw new Error(`no ${language} block in README.md`);
  return found;
}

/** For the server of this test instead of the one that a reader has. */
function here(text: string): string {
  expect(text).toContain('http://127.0.0.1:5001');
  return text
    .replaceAll('http://127.0.0.1:5001', parley.url)
    .replaceAll('WORKFLOW-KEY', parley.key('reflection'))
    .replaceAll('YOUR-KEY', parley.key('assistant'));
}

test('the curl command streams an answer', async () => {
  const { stdout } = await exec('sh', ['-c', here(block('sh')).replace('curl ', 'curl -s ')]);
  const events = [...stdout.matchAll(/^data: (.*)$/gm)].map((match) => JSON.parse(match[1] as string));
  expect(events.length).toBeGreaterThan(5);
  expect(events.at(-1).event).toBe('message_end');
  expect(events.map(({ answer }) => answer ?? '').join('')).toContain('What can you help me with?');
});

test('the curl command of a workflow streams what its nodes do, and its outputs', async () => {
  const { stdout } = await exec('sh', [
    '-c',
    here(block('sh', '/workflows/run')).replace('curl ', 'curl -s '),
  ]);
  const events = [...stdout.matchAll(/^data: (.*)$/gm)].map((match) => JSON.parse(match[1] as string));
  const nodes = events.filter(({ event }) => event === 'node_finished').map(({ data }) => data.node_id);
  expect(nodes).toEqual(['start', 'draft', 'critique', 'improve', 'end']);
  expect(events.at(-1)).toMatchObject({ event: 'workflow_finished', data: { status: 'succeeded' } });
  expect(events.at(-1).data.outputs.translation).toContain('demo model');
});

test('the client is five lines and streams an answer', async () => {
  const code = block('js');
  expect(code.split('\n').filter((line) => line.trim() !== '').length).toBeLessThanOrEqual(5);
  const { stdout } = await exec(process.execPath, ['--input-type=module', '-e', here(code)], {
    cwd: ROOT,
    env: { PATH: process.env.PATH ?? '', PARLEY_KEY: parley.key('assistant') },
  });
  expect(stdout).toContain('"event":"message_end"');
});

test('the client of Coze is five lines and streams an answer', async () => {
  const code = block('js', '@coze/api');
  expect(code.split('\n').filter((line) => line.trim() !== '').length).toBeLessThanOrEqual(5);
  const created = await exec(
    process.execPath,
    [
      join(ROOT, 'bin/parley.js'),
      'key',
      'create',
      '--coze',
      '--data',
      parley.dataDir,
      '--apps',
      parley.appsDir,
    ],
    { env: { PATH: process.env.PATH ?? '', ...databaseOf(parley) } },
  );
  const { stdout } = await exec(process.execPath, ['--input-type=module', '-e', here(code)], {
    cwd: ROOT,
    env: { PATH: process.env.PATH ?? '', PARLEY_TOKEN: created.stdout.trim() },
  });
  expect(stdout).toContain('conversation.message.delta');
  expect(stdout).toContain("event: 'done'");
});

function databaseOf({ database }: TestParley): Record<string, string> {
  return database.kind === 'postgres' ? { PARLEY_DATABASE_URL: database.url } : {};
}

test('the environment of a workflow is one that Parley reads', () => {
  const file = readConfigFile(block('yaml', 'MY_API_KEY'), 'README.md', { MY_API_KEY: 'k' });
  expect(file.app_settings?.['my-app']?.env).toEqual({ API_KEY: 'k' });
});

test('the configuration is one that Parley reads', async () => {
  const env = {
    OPENAI_API_KEY: 'sk',
    DEEPSEEK_API_KEY: 'sk',
    AZURE_KEY: 'k',
    AWS_ID: 'id',
    AWS_SECRET: 's',
    SUPPORT_KEY: 'app-0123456789',
    COZE_TOKEN: 'pat_0123456789',
    MODERATION_KEY: 'k',
    WEATHER_KEY: 'k',
    FILES_KEY: 'k',
    TAVILY_KEY: 'k',
    CRM_TOKEN: 'k',
  };
  const file = readConfigFile(block('yaml', 'providers:'), 'README.md', env);
  expect(Object.keys(file.providers ?? {})).toEqual([
    'openai',
    'deepseek',
    'my-vllm',
    'azure_openai',
    'bedrock',
  ]);
  // Each provider has what it needs.
  const folder = mkdtempSync(join(tmpdir(), 'parley-readme-'));
  writeFileSync(join(folder, 'parley.yml'), block('yaml', 'providers:'));
  const models = createModels(loadConfig({ argv: [], env, cwd: folder }), { warn() {} });
  for (const provider of ['azure_openai', 'bedrock', 'my-vllm']) {
    expect(models.chat({ provider, name: 'm' }).provider).toBe(provider);
  }
  await models.close();
  rmSync(folder, { recursive: true });
});

test('the tools of an agent are read as they stand there', () => {
  const tools = parse(block('yaml', 'provider_type: builtin'));
  const agent = { enabled: true, strategy: 'function_call', tools };
  const source = stringify({
    app: { mode: 'agent-chat', name: 'A' },
    model_config: { model: { provider: 'openai', name: 'm' }, agent_mode: agent },
  });
  const app = readApp(source, { id: 'a', file: 'a.yml', settings: DEFAULT_APP_SETTINGS });
  expect(app.config.agent?.tools.map(({ providerType, tool }) => `${providerType}/${tool}`)).toEqual([
    'builtin/current_time',
    'api/getForecast',
    'mcp/read_file',
    'client/get_location',
    'workflow/translator',
  ]);
});

test('every command is in the table', () => {
  for (const name of Object.keys(commands)) expect(README).toContain(`| \`parley ${name}`);
});

test('every route is in the table, and no other', () => {
  const routes = [...difyRoutes, ...cozeRoutes].flatMap(({ method, path }) =>
    [method].flat().map((one) => `${one} ${path.replace(/:(\w+)/g, '{$1}')}`),
  );
  const listed = [...README.matchAll(/`((?:GET|POST|PUT|DELETE) \/[^`]+)`/g)].map(
    (match) => match[1] as string,
  );
  const others = ['GET /health', 'GET /metrics'];
  expect(listed.filter((route) => !others.includes(route)).sort()).toEqual([...routes].sort());
});

test('every file that README.md and ARCHITECTURE.md name is there', () => {
  const architecture = readFileSync(join(ROOT, 'ARCHITECTURE.md'), 'utf8');
  const links = [...README.matchAll(/\]\(([\w./-]+)\)/g)].map((match) => match[1] as string);
  for (const link of links) expect(existsSync(join(ROOT, link)), link).toBe(true);
  const paths = [...architecture.matchAll(/`((?:[\w-]+\/)+[\w.*-]*|[\w-]+\.ts)`/g)].map(
    (match) => match[1] as string,
  );
  expect(paths.length).toBeGreaterThan(20);
  for (const path of paths.map((name) => name.replace(/\/$/, ''))) {
    expect(globSync([path, `src/${path}`, `src/**/${path}`], { cwd: ROOT }), path).not.toEqual([]);
  }
});
