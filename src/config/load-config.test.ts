import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { DEFAULT_APP_SETTINGS } from './default-app-settings.ts';
import { loadConfig } from './load-config.ts';

let cwd: string;
beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'parley-config-'));
});
afterEach(() => rmSync(cwd, { recursive: true }));

const load = (argv: string[] = [], env: Record<string, string> = {}) => loadConfig({ argv, env, cwd });
const write = (text: string, name = 'parley.yml') => writeFileSync(join(cwd, name), text);

test('defaults', () => {
  expect(load()).toEqual({
    host: '127.0.0.1',
    port: 5001,
    dataDir: join(cwd, 'data'),
    appsDir: join(cwd, 'examples'),
    database: { kind: 'sqlite', path: join(cwd, 'data', 'parley.db') },
    providers: [],
    defaultModel: null,
    keys: [],
    tokens: [],
    coze: { cancel: 'continue', port: null },
    appSettings: {},
    apiExtensions: {},
    tools: [],
    toolsDir: join(cwd, 'tools'),
    toolSecrets: {},
    variable: expect.any(Function),
    outboundAllow: [],
    sandbox: {
      javascript: { timeoutMs: null, memoryBytes: null },
      python: { timeoutMs: null, memoryBytes: null, packages: null },
    },
    limits: {
      maxExecutionMs: 1_200_000,
      fileBytes: 15 * 1024 ** 2,
      imageBytes: 10 * 1024 ** 2,
      audioBytes: 50 * 1024 ** 2,
      videoBytes: 100 * 1024 ** 2,
      bodyBytes: 15 * 1024 ** 2,
      requestsPerMinute: null,
      drainMs: 10_000,
      fileUrlSeconds: 300,
      workflowSteps: 500,
    },
    logLevel: 'info',
    publicUrl: null,
  });
});

test('flags over environment over file over defaults', () => {
  write('port: 1\nhost: file\ndata: from-file\nlog_level: debug\n');
  expect(load()).toMatchObject({ port: 1, host: 'file', logLevel: 'debug' });
  const env = { PARLEY_PORT: '2', PARLEY_HOST: 'env', PARLEY_LOG_LEVEL: 'silent', PARLEY_DATA: '' };
  expect(load([], env)).toMatchObject({
    port: 2,
    host: 'env',
    logLevel: 'silent',
    dataDir: join(cwd, 'from-file'),
  });
  expect(load(['--port=0', '--data', 'flag'], env)).toMatchObject({
    port: 0,
    host: 'env',
    dataDir: join(cwd, 'flag'),
    database: { path: join(cwd, 'flag', 'parley.db') },
  });
});

test('the port of the Coze API: flag over environment over file', () => {
  write('coze: { cancel: interrupt, port: 1 }');
  const env = { PARLEY_COZE_PORT: '2' };
  expect(load().coze).toEqual({ cancel: 'interrupt', port: 1 });
  expect(load([], env).coze).toEqual({ cancel: 'interrupt', port: 2 });
  expect(load(['--coze-port', '0'], env).coze).toEqual({ cancel: 'interrupt', port: 0 });
  write('coze: {}');
  expect(load([], { PARLEY_COZE_PORT: '' }).coze).toEqual({ cancel: 'continue', port: null });
});

test('keys and access tokens stand in one list', () => {
  write(`
keys:
  - { key: app-1, app: a }
  - { key: pat_1 }
  - { key: pat_2, bots: [a, b.c], scopes: [chat, Bot.listVersion] }
  - { key: app-2, app: b }
  - { key: pat_3, bots: ["*"], scopes: [chat, "*"] }
`);
  const config = load();
  expect(config.keys).toEqual([
    { key: 'app-1', app: 'a' },
    { key: 'app-2', app: 'b' },
  ]);
  expect(config.tokens).toEqual([
    { key: 'pat_1', apps: 'all', scopes: 'all' },
    { key: 'pat_2', apps: ['a', 'b.c'], scopes: ['chat', 'Bot.listVersion'] },
    { key: 'pat_3', apps: 'all', scopes: 'all' },
  ]);
});

test('paths of a file are relative to the file, others to the working folder', () => {
  mkdirSync(join(cwd, 'etc'));
  write('data: d\napps: ../a\ndatabase: sqlite:x.db\n', 'etc/own.yml');
  expect(load([], { PARLEY_CONFIG: 'etc/own.yml', PARLEY_APPS: 'b' })).toMatchObject({
    dataDir: join(cwd, 'etc/d'),
    appsDir: join(cwd, 'b'),
    database: { kind: 'sqlite', path: join(cwd, 'etc/x.db') },
  });
  expect(load(['--config', 'etc/own.yml']).appsDir).toBe(join(cwd, 'a'));
});

test.each([
  ['postgres://u:p@h/db', { kind: 'postgres', url: 'postgres://u:p@h/db' }],
  ['postgresql://h/db', { kind: 'postgres', url: 'postgresql://h/db' }],
  ['/abs/x.db', { kind: 'sqlite', path: '/abs/x.db' }],
  ['sqlite:///abs/x.db', { kind: 'sqlite', path: '/abs/x.db' }],
  ['sqlite::memory:', { kind: 'sqlite', path: ':memory:' }],
])('database %s', (database, expected) => {
  expect(load([], { PARLEY_DATABASE_URL: database }).database).toEqual(expected);
});

test.each([
  [['--port', 'x'], {}, '--port: expected a port number from 0 to 65535'],
  [[], { PARLEY_PORT: '65536' }, 'PARLEY_PORT: expected a port number from 0 to 65535'],
  [['--coze-port=x'], {}, '--coze-port: expected a port number from 0 to 65535'],
  [[], { PARLEY_COZE_PORT: '65536' }, 'PARLEY_COZE_PORT: expected a port number from 0 to 65535'],
  [[], { PARLEY_DATABASE_URL: 'mysql://h/db' }, 'PARLEY_DATABASE_URL: expected a postgres:// address'],
  [[], { PARLEY_LOG_LEVEL: 'loud' }, 'PARLEY_LOG_LEVEL: expected one of fatal'],
  [['--prot', '1'], {}, "command line: Unknown option '--prot'"],
  [['extra'], {}, 'command line: Unexpected argument'],
  [['--config', 'none.yml'], {}, 'none.yml: expected a readable file (ENOENT)'],
])('%j %j is refused', (argv, env, message) => {
  expect(() => load(argv, env as unknown as Record<string, string>)).toThrow(message);
});

test('a file fills everything', () => {
  write(`
providers:
  openai: { api_key: k, base_url: http://127.0.0.1:9000/v1/ }
  my-vllm: { type: openai-compatible, base_url: http://x, models: [a, { name: b, context_window: 4096 }] }
  azure_openai: { api_key: k, resource_name: r, headers: { X-Team: t } }
default_model: { provider: openai, name: gpt-4o }
keys: [{ key: app-1, app: assistant }]
app_settings:
  assistant: { on_disconnect: continue, max_concurrency: 50 }
  a: { on_disconnect: stop }
  b: { on_disconnect: { stop_after: 30s }, max_concurrency: 0 }
  c: { missing_tools: ignore, outbound: { allow: [ 10.1.0.0/16 ] } }
  d: { missing_tools: refuse, outbound: {} }
  e: { env: { TOKEN: "$\{THE_TOKEN}", LIMIT: 3, EMPTY: '' } }
api_extensions: { e1: { endpoint: http://mod/, api_key: m } }
limits: { max_execution_time: 20m, file_size: 1.5MB, requests_per_minute: 60, drain_time: 500ms, file_url_expiry: 1h, workflow_steps: 3000 }
public_url: https://chat.example.org/
`);
  const config = load([], { THE_TOKEN: 'hidden: {' });
  expect(config.providers).toEqual([
    {
      name: 'openai',
      type: 'openai',
      apiKey: 'k',
      baseUrl: 'http://127.0.0.1:9000/v1',
      models: [],
      options: {},
    },
    {
      name: 'my-vllm',
      type: 'openai-compatible',
      apiKey: null,
      baseUrl: 'http://x',
      models: [{ name: 'a' }, { name: 'b', contextWindow: 4096 }],
      options: {},
    },
    {
      name: 'azure_openai',
      type: 'azure',
      apiKey: 'k',
      baseUrl: null,
      models: [],
      options: { resource_name: 'r', headers: { 'X-Team': 't' } },
    },
  ]);
  expect(config.appSettings).toEqual({
    assistant: { ...DEFAULT_APP_SETTINGS, maxConcurrency: 50 },
    a: { ...DEFAULT_APP_SETTINGS, onDisconnect: { kind: 'stop', afterMs: 0 } },
    b: { ...DEFAULT_APP_SETTINGS, onDisconnect: { kind: 'stop', afterMs: 30_000 } },
    c: {
      ...DEFAULT_APP_SETTINGS,
      missingTools: 'ignore',
      outboundAllow: [{ kind: 'range', network: '10.1.0.0', bits: 16, port: null }],
    },
    d: { ...DEFAULT_APP_SETTINGS, missingTools: 'refuse' },
    e: { ...DEFAULT_APP_SETTINGS, env: { TOKEN: 'hidden: {', LIMIT: 3, EMPTY: '' } },
  });
  expect(config.apiExtensions).toEqual({ e1: { endpoint: 'http://mod/', apiKey: 'm' } });
  expect(config.limits).toMatchObject({
    maxExecutionMs: 1_200_000,
    fileBytes: 1_572_864,
    requestsPerMinute: 60,
    drainMs: 500,
    fileUrlSeconds: 3600,
    workflowSteps: 3000,
  });
  expect(config).toMatchObject({
    publicUrl: 'https://chat.example.org',
    defaultModel: { provider: 'openai', name: 'gpt-4o' },
    keys: [{ key: 'app-1', app: 'assistant' }],
  });
  expect(Object.isFrozen(config.providers[0])).toBe(true);
});

test('the folder of tools: flag over environment over file over default', () => {
  mkdirSync(join(cwd, 'etc'));
  write('tools_folder: ../own-tools', 'etc/own.yml');
  const file = ['--config', 'etc/own.yml'];
  const env = { PARLEY_TOOLS: 'from-env' };
  expect(load(file).toolsDir).toBe(join(cwd, 'own-tools'));
  expect(load(file, env).toolsDir).toBe(join(cwd, 'from-env'));
  expect(load([...file, '--tools=flag'], env).toolsDir).toBe(join(cwd, 'flag'));
  expect(load([], { PARLEY_TOOLS: '' }).toolsDir).toBe(join(cwd, 'tools'));
});

test('PARLEY_TOOL_… are credentials, PARLEY_TOOLS is not', () => {
  const env = {
    PARLEY_TOOLS: 'folder',
    PARLEY_TOOL_: 'nameless',
    PARLEY_TOOL_WEATHER_KEY: 'k1',
    PARLEY_TOOL_WEATHER_EMPTY: '',
    PARLEY_TOOL___proto__: 'k2',
    OTHER: 'x',
  };
  const { toolSecrets } = load([], env);
  expect(Object.entries(toolSecrets)).toEqual([
    ['WEATHER_KEY', 'k1'],
    ['__proto__', 'k2'],
  ]);
});

test('a variable of the environment is found by its name, and nothing else is', () => {
  const { variable } = load([], { WEATHER_KEY: 'k', EMPTY: '' });
  expect(['WEATHER_KEY', 'EMPTY', 'MISSING', 'toString'].map(variable)).toEqual([
    'k',
    '',
    undefined,
    undefined,
  ]);
});

test('documents of tools and packages of the sandbox are addresses, or relative to the file', () => {
  mkdirSync(join(cwd, 'etc'));
  write(
    `
tools:
  - { name: a, openapi: ./a.yml }
  - { name: b, openapi: /abs/b.json }
  - { name: c, openapi: "HTTPS://api.example/c.yml?v=1" }
sandbox: { python: { packages: ./packages } }
`,
    'etc/own.yml',
  );
  const config = load(['--config', 'etc/own.yml']);
  expect(config.tools.map((tool) => tool.kind === 'openapi' && tool.document)).toEqual([
    join(cwd, 'etc/a.yml'),
    '/abs/b.json',
    'HTTPS://api.example/c.yml?v=1',
  ]);
  expect(config.sandbox.python.packages).toBe(join(cwd, 'etc/packages'));
  write('sandbox: { python: { packages: "http://127.0.0.1:8080/packages/" } }');
  expect(load().sandbox.python.packages).toBe('http://127.0.0.1:8080/packages/');
});

test('outbound and sandbox', () => {
  write(`
outbound: { allow: [ 127.0.0.1:9300, 10.1.2.3/16, "*.Corp.example", "[fd00::1]:80" ] }
sandbox:
  javascript: { timeout: 500ms, memory: 64MB }
  python: { timeout: 30s, memory: 1GB }
`);
  const config = load();
  expect(config.outboundAllow).toEqual([
    { kind: 'range', network: '127.0.0.1', bits: 32, port: 9300 },
    { kind: 'range', network: '10.1.0.0', bits: 16, port: null },
    { kind: 'subdomains', domain: 'corp.example', port: null },
    { kind: 'range', network: 'fd00::1', bits: 128, port: 80 },
  ]);
  expect(config.sandbox).toEqual({
    javascript: { timeoutMs: 500, memoryBytes: 64 * 1024 ** 2 },
    python: { timeoutMs: 30_000, memoryBytes: 1024 ** 3, packages: null },
  });
  expect(Object.isFrozen(config.outboundAllow[0])).toBe(true);
  write('outbound: {}\nsandbox: { javascript: {}, python: {} }\ntools: []');
  expect(load()).toMatchObject({ outboundAllow: [], tools: [] });
});

describe('providers of the environment', () => {
  const all = {
    OPENAI_API_KEY: 'o',
    OPENAI_BASE_URL: 'http://o/v1/',
    ANTHROPIC_API_KEY: 'a',
    GEMINI_API_KEY: 'g',
    OLLAMA_BASE_URL: 'http://127.0.0.1:11434',
  };
  const brief = (env: Record<string, string>) =>
    load([], env).providers.map(({ name, type, apiKey, baseUrl }) => [name, type, apiKey, baseUrl]);

  test('are all found', () => {
    expect(brief(all)).toEqual([
      ['openai', 'openai', 'o', 'http://o/v1'],
      ['anthropic', 'anthropic', 'a', null],
      ['google', 'google', 'g', null],
      ['ollama', 'openai-compatible', null, 'http://127.0.0.1:11434/v1'],
    ]);
    expect(brief({ OLLAMA_BASE_URL: 'http://h/v1/' })).toEqual([
      ['ollama', 'openai-compatible', null, 'http://h/v1'],
    ]);
    expect(brief({ OPENAI_API_KEY: '', OPENAI_BASE_URL: 'http://o' })).toEqual([]);
  });

  test('give way to those of the file', () => {
    write('providers: { openai: { api_key: own }, gemini: { api_key: own } }');
    expect(brief(all).map(([name, , key]) => [name, key])).toEqual([
      ['openai', 'own'],
      ['gemini', 'own'],
      ['anthropic', 'a'],
      ['ollama', null],
    ]);
  });

  test.each([
    [all, null],
    [{ ANTHROPIC_API_KEY: 'a', OLLAMA_BASE_URL: 'http://h' }, 'anthropic'],
    [{ GEMINI_API_KEY: 'g' }, 'google'],
    [{ OLLAMA_BASE_URL: 'http://h' }, 'ollama'],
  ])('imply a default model only where the examples would not answer: %j', (env, provider) => {
    expect(load([], env as Record<string, string>).defaultModel?.provider ?? null).toBe(provider);
    write('providers: { mine: { base_url: http://h } }');
    expect(load([], env as Record<string, string>).defaultModel).toBeNull();
  });
});
