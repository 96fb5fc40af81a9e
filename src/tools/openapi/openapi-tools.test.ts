import { mkdirSync, mkdtempSync, rmSync, symlinkSync, unlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { ToolConfig } from '../../config/config.ts';
import { createOutbound } from '../../outbound/create-outbound.ts';
import type { Outbound } from '../../outbound/outbound.ts';
import { startCallee } from '../../outbound/start-callee.fixture.ts';
import { addTool, removeTool } from './added-tools.ts';
import { callTool } from './call-tool.fixture.ts';
import { dataSecret } from './data-secret.ts';
import { documentOf, getOf } from './documents.fixture.ts';
import { type OpenApiTools, openApiTools } from './openapi-tools.ts';

let root: string;
let toolsDir: string;
let dataDir: string;
let outbound: Outbound;
let log: string[];
const open = new Set<OpenApiTools>();

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'parley-tools-'));
  [toolsDir, dataDir] = [join(root, 'tools'), join(root, 'data')];
  outbound = createOutbound();
  log = [];
});
afterEach(async () => {
  for (const tools of open) await tools.close();
  open.clear();
  await outbound.close();
  rmSync(root, { recursive: true });
});

const variable = (name: string) => `$\{${name}}`;

function start(
  given: {
    readonly tools?: readonly ToolConfig[];
    readonly toolSecrets?: Record<string, string>;
    readonly env?: Record<string, string>;
  } = {},
  pollMs = 60_000,
  onLine: () => void = () => {},
): OpenApiTools {
  const { env = {}, tools = [], toolSecrets = {} } = given;
  const note = (level: string) => (facts: { file?: string; tool?: string }, message: string) => {
    log.push(`${level} ${facts.file ?? facts.tool}: ${message}`);
    onLine();
  };
  const created = openApiTools(
    { tools, toolsDir, toolSecrets, dataDir, variable: (name) => env[name] },
    {
      ...{ outbound, pollMs, secret: () => dataSecret(dataDir) },
      log: { info: note('info'), warn: note('warn'), error: note('error') },
    },
  );
  open.add(created);
  return created;
}

const documentText = (...names: string[]) =>
  JSON.stringify(
    documentOf(
      'http://a.example',
      Object.fromEntries(names.map((name) => [`/${name}`, getOf([], { operationId: name })])),
    ),
  );

function write(name: string, text: string): void {
  mkdirSync(toolsDir, { recursive: true });
  writeFileSync(join(toolsDir, name), text);
}

function add(name: string, ...operations: string[]): void {
  const none = { source: '/x/doc.json', address: null, headers: {}, query: {}, baseUrl: null };
  addTool(
    { name, document: documentText(...operations), ...none },
    { dataDir, secret: () => dataSecret(dataDir) },
  );
}

/** What there is: names of tools by provider. */
const shown = (tools: OpenApiTools) =>
  Object.fromEntries(
    [...tools.found].map(([name, { provider }]) => [
      name,
      provider.known()?.map((tool) => tool.name) ?? null,
    ]),
  );

test('without folders there is nothing, and nothing is wrong', async () => {
  const tools = start();
  await tools.look();
  expect([shown(tools), log]).toEqual([{}, []]);
});

test('documents of the folder are providers by their names, with credentials of the environment', async () => {
  const callee = await startCallee();
  const components = { securitySchemes: { key: { type: 'http', scheme: 'bearer' } } };
  write(
    'my-api.yaml',
    JSON.stringify(documentOf(callee.url, { '/a': getOf([], { security: [{ key: [] }] }) }, { components })),
  );
  write('two.JSON', documentText('a', 'b'));
  write('readme.md', '#');
  const tools = start({ toolSecrets: { MY_API__KEY: 'k-1' } });
  await tools.look();
  expect(shown(tools)).toEqual({ 'my-api': ['get'], two: ['a', 'b'] });
  expect(log).toEqual(['info my-api: tools loaded', 'info two: tools loaded']);
  const provider = tools.found.get('my-api')?.provider;
  if (provider === undefined) throw new Error('no provider');
  await callTool(provider, {});
  expect((await callee.nextCall()).headers.authorization).toBe('Bearer k-1');
});

test('what changes in the folders is seen without a restart', async () => {
  write('a.yml', documentText('one'));
  const tools = start();
  await tools.look();
  const first = tools.found.get('a')?.provider;
  await tools.look();
  expect(tools.found.get('a')?.provider).toBe(first);
  write('a.yml', documentText('one', 'two'));
  write('b.yml', documentText('three'));
  add('c', 'four');
  await tools.look();
  expect(shown(tools)).toEqual({ a: ['one', 'two'], b: ['three'], c: ['four'] });
  unlinkSync(join(toolsDir, 'b.yml'));
  removeTool(dataDir, 'c');
  await tools.look();
  expect(shown(tools)).toEqual({ a: ['one', 'two'] });
  expect(log.slice(-2).sort()).toEqual(['info b: tools removed', 'info c: tools removed']);
});

test('a change of the same size in the same moment is seen', async () => {
  write('a.yml', documentText('one'));
  const past = new Date('2026-01-01');
  utimesSync(join(toolsDir, 'a.yml'), past, past);
  const tools = start();
  await tools.look();
  write('a.yml', documentText('two'));
  utimesSync(join(toolsDir, 'a.yml'), past, past);
  await tools.look();
  expect(shown(tools)).toEqual({ a: ['two'] });
});

test('a broken document says so once; one that breaks later goes on as it was', async () => {
  write('a.yml', 'openapi: 3.0.3');
  const tools = start();
  await tools.look();
  await tools.look();
  expect(log).toEqual(['error a.yml: a.yml:1:1: "info" is missing']);
  await expect(tools.found.get('a')?.provider.list(new AbortController())).rejects.toMatchObject({
    kind: 'failed',
    message: 'a.yml:1:1: "info" is missing',
  });
  write('a.yml', documentText('one'));
  await tools.look();
  write('a.yml', '{');
  await tools.look();
  await tools.look();
  expect(shown(tools)).toEqual({ a: ['one'] });
  expect(log.slice(1)).toEqual([
    'info a: tools loaded',
    expect.stringMatching(/^error a\.yml: a\.yml:1:\d+: .* \(the last good version goes on\)$/),
  ]);
});

test('a document that parley.yml names by its path is not taken from the folder again', async () => {
  const configured = (name: string, file: string): ToolConfig => ({
    ...{ name, timeoutMs: null, kind: 'openapi', document: file },
    ...{ headers: {}, query: {}, baseUrl: null },
  });
  for (const name of ['weather', 'other', 'third']) write(`${name}.yml`, documentText(name));
  symlinkSync(join(toolsDir, 'third.yml'), join(root, 'link.yml'));
  const tools = start({
    tools: [
      configured('weather', join(toolsDir, 'weather.yml')),
      configured('own-name', join(toolsDir, 'other.yml')),
      configured('linked', join(root, 'link.yml')),
      configured('gone', join(root, 'gone.yml')),
    ],
  });
  await tools.look();
  expect([...tools.found.keys()]).toEqual(['weather', 'own-name', 'linked', 'gone']);
  expect(log).toEqual([]);
});

test('of one name parley.yml has it, then what was added, then the folder', async () => {
  const configured = (name: string): ToolConfig => ({
    ...{ name, timeoutMs: null, kind: 'openapi', document: join(root, 'own.json') },
    ...{ headers: {}, query: {}, baseUrl: null },
  });
  writeFileSync(join(root, 'own.json'), documentText('configured'));
  for (const name of ['a', 'b', 'mcp', 'time']) write(`${name}.yml`, documentText('folder'));
  write('b.json', documentText('folder'));
  add('a', 'added');
  add('b', 'added');
  const tools = start({
    tools: [
      configured('a'),
      {
        name: 'mcp',
        timeoutMs: null,
        kind: 'mcp',
        server: { kind: 'http', url: 'http://a.example', headers: {} },
      },
      { name: 'time', timeoutMs: 5, kind: 'builtin', apiKey: null, baseUrl: null },
    ],
  });
  await tools.look();
  await tools.look();
  await tools.found.get('a')?.provider.list(new AbortController());
  expect(shown(tools)).toEqual({ a: ['configured'], b: ['added'], time: ['folder'] });
  expect([...tools.found].map(([name, { origin }]) => [name, origin])).toEqual([
    ['a', 'parley.yml'],
    ['b', 'added'],
    ['time', 'folder'],
  ]);
  // An entry of settings only bounds it.
  expect(tools.found.get('time')?.provider.known()).toMatchObject([{ timeoutMs: 5 }]);
  expect(log.filter((line) => line.startsWith('warn'))).toEqual([
    'warn b.yml: the tool b is already in b.json',
    'warn tools/a.json: the tool a is already in parley.yml, which holds',
    'warn a.yml: the tool a is already in parley.yml, which holds',
    'warn b.json: the tool b is already in tools/b.json, which holds',
    'warn mcp.yml: the tool mcp is already in parley.yml, which holds',
  ]);
  removeTool(dataDir, 'b');
  await tools.look();
  expect(shown(tools)).toMatchObject({ b: ['folder'] });
});

test('files that cannot be tools are told, once', async () => {
  writeFileSync(join(root, 'outside.yml'), documentText('a'));
  mkdirSync(join(toolsDir, 'folder.yml'), { recursive: true });
  symlinkSync(join(root, 'outside.yml'), join(toolsDir, 'link.yml'));
  write('inside.yml', documentText('a'));
  symlinkSync('inside.yml', join(toolsDir, 'linked.yml'));
  symlinkSync('nowhere.yml', join(toolsDir, 'dangling.yml'));
  write('ü.yml', documentText('a'));
  write('.hidden.yml', documentText('a'));
  const tools = start();
  await tools.look();
  await tools.look();
  expect(Object.keys(shown(tools))).toEqual(['inside', 'linked']);
  expect(log.filter((line) => line.startsWith('warn'))).toEqual([
    'warn folder.yml: not a regular file',
    'warn link.yml: the link leaves the folder',
    "warn ü.yml: a tool's name has letters, digits, _, - and ., at most 64: rename the file",
  ]);
});

test('a folder that cannot be read leaves everything as it was', async () => {
  write('a.yml', documentText('one'));
  const tools = start();
  await tools.look();
  rmSync(toolsDir, { recursive: true });
  writeFileSync(toolsDir, 'no folder');
  await tools.look();
  await tools.look();
  expect(shown(tools)).toEqual({ a: ['one'] });
  expect(log.slice(1)).toEqual([`warn : the folder ${toolsDir} cannot be read (ENOTDIR)`]);
});

test('the folders are looked at by themselves', async () => {
  const loaded = Promise.withResolvers<void>();
  const tools = start({}, 10, () => loaded.resolve());
  write('a.yml', documentText('one'));
  await loaded.promise;
  await tools.look();
  expect(shown(tools)).toEqual({ a: ['one'] });
  expect(tools.providers().map(({ name }) => name)).toEqual(['a']);
});

test('looks go one after another, each at what was there when it was asked for', async () => {
  write('a.yml', documentText('one'));
  const tools = start();
  const first = tools.look();
  write('b.yml', documentText('two'));
  const second = tools.look();
  await Promise.all([first, second]);
  expect(shown(tools)).toEqual({ a: ['one'], b: ['two'] });
  expect(log.toSorted()).toEqual(['info a: tools loaded', 'info b: tools loaded']);
});

test('added tools send their credentials; a reference that is not set is told when they are called', async () => {
  const callee = await startCallee();
  const document = JSON.stringify(documentOf(callee.url, { '/a': getOf([]) }));
  const tool = { source: '/x/a.json', address: null, document, query: {}, baseUrl: null };
  const add = (name: string, value: string) =>
    addTool({ ...tool, name, headers: { 'x-key': value } }, { dataDir, secret: () => dataSecret(dataDir) });
  add('plain', 'k-1');
  add('filled', variable('KEY'));
  add('empty', variable('MISSING'));
  const tools = start({ env: { KEY: 'k-2' } });
  await tools.look();
  const call = (name: string) => {
    const provider = tools.found.get(name)?.provider;
    if (provider === undefined) throw new Error('no provider');
    return callTool(provider, {});
  };
  await call('plain');
  await call('filled');
  expect([(await callee.nextCall()).headers['x-key'], (await callee.nextCall()).headers['x-key']]).toEqual([
    'k-1',
    'k-2',
  ]);
  await expect(call('empty')).rejects.toMatchObject({
    kind: 'credentials',
    message: 'set the environment variable MISSING, which the credentials of empty refer to',
  });
});

test('once it is closed nothing is read any more', async () => {
  const tools = start();
  await tools.close();
  write('a.yml', documentText('one'));
  await tools.look();
  expect(shown(tools)).toEqual({});
});
