import { copyFile, mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createOutbound } from '../../src/outbound/create-outbound.ts';
import { callTool } from '../../src/tools/openapi/call-tool.fixture.ts';
import { dataSecret } from '../../src/tools/openapi/data-secret.ts';
import {
  documentOf,
  getOf,
  petDocument,
  weatherDocument,
} from '../../src/tools/openapi/documents.fixture.ts';
import { openApiTools } from '../../src/tools/openapi/openapi-tools.ts';
import { chatApp } from '../support/parley/apps.ts';
import { type ParleyHome, parleyHome } from './parley-home.ts';

const CONFIG = `
tools:
  - { name: pets, openapi: ./pets.json }
  - { name: files, mcp: { command: never-started } }
  - { name: device, client: [ { name: locate }, { name: ring } ] }
  - { name: tavily, api_key: k }
`;

/** An MCP server over stdio with two tools, as little as one can be. */
const MCP_SERVER = `
import { createInterface } from 'node:readline';
const inputSchema = { type: 'object' };
const answers = {
  initialize: ({ protocolVersion }) => ({
    protocolVersion, capabilities: { tools: {} }, serverInfo: { name: 's', version: '1' },
  }),
  'tools/list': () => ({
    tools: [
      { name: 'read', description: 'Reads a file\\n\\nwith its path', inputSchema },
      { name: 'stat', inputSchema },
    ],
  }),
};
for await (const line of createInterface({ input: process.stdin })) {
  const { id, method, params } = JSON.parse(line);
  if (answers[method]) console.log(JSON.stringify({ jsonrpc: '2.0', id, result: answers[method](params) }));
}
`;

let home: ParleyHome;
let service: Server;
let url: string;
/** Requests to the service. */
let asked: { readonly path: string; readonly headers: Record<string, unknown> }[];

beforeEach(async () => {
  asked = [];
  service = createServer(({ url: path = '', headers }, response) => {
    asked.push({ path, headers });
    response.end(path.startsWith('/openapi') ? weatherDocument(url) : 'ok');
  });
  await new Promise<void>((resolve) => service.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(service.address() as AddressInfo).port}`;
  home = await parleyHome({ assistant: chatApp() }, CONFIG);
  await writeFile(join(home.root, 'pets.json'), JSON.stringify(petDocument(url)));
  await writeFile(join(home.root, 'weather.yml'), weatherDocument(url));
});
afterEach(async () => {
  await home.remove();
  await new Promise((resolve) => service.close(resolve));
});

/** What a server on the same data folder has. */
async function asServer<T>(
  work: (tools: ReturnType<typeof openApiTools>) => Promise<T>,
  env: Record<string, string> = {},
): Promise<T> {
  const outbound = createOutbound();
  const dataDir = join(home.root, 'data');
  const log = { info: () => {}, warn: () => {}, error: () => {} };
  const tools = openApiTools(
    {
      tools: [],
      toolsDir: join(home.root, 'tools'),
      toolSecrets: {},
      dataDir,
      variable: (name) => env[name],
    },
    { outbound, secret: () => dataSecret(dataDir), log, pollMs: 60_000 },
  );
  try {
    await tools.look();
    return await work(tools);
  } finally {
    await tools.close();
    await outbound.close();
  }
}

test('a tool added beside the running server is there, is listed, and is gone when it is removed', async () => {
  await home.serve();
  const added = await home.run('tool', 'add', 'weather', 'weather.yml', '--query', 'appid=hush-1234');
  expect(added).toEqual({
    code: 0,
    stdout: [
      'added weather: 3 tools: currentWeather, stationsid_get, stations_remove',
      `requests go to ${url} (a loopback address)\n`,
    ].join('\n'),
    stderr: '',
  });
  // A copy: the file may go.
  await rm(join(home.root, 'weather.yml'));
  await asServer(async (tools) => {
    const provider = tools.found.get('weather')?.provider;
    if (provider === undefined) throw new Error('not there');
    await callTool(provider, { q: 'Ghent' });
    expect(asked.at(-1)?.path).toBe('/v2.5/weather?q=Ghent&units=metric&appid=hush-1234');
    expect((await home.run('tool', 'remove', 'weather')).stdout).toBe('removed weather\n');
    await tools.look();
    expect([...tools.found.keys()]).toEqual([]);
  });
  const again = await home.run('tool', 'remove', 'weather');
  expect([again.code, again.stderr]).toEqual([1, 'no tool weather was added; see parley tool list\n']);
});

test('a document with an address is fetched once; credentials are kept encrypted or as references', async () => {
  const made = await home.run(
    ...['tool', 'add', 'weather', `${url}/openapi.yml?token=doc`, '--bearer', `$\{WEATHER_KEY}`],
    ...['--header', 'X-Key: hush-5678', '--query', 'appid=hush-9abc', '--base-url', `${url}/own/`],
  );
  expect(made).toMatchObject({ code: 0, stderr: '' });
  expect(made.stdout).toMatch(/^added weather: 3 tools: /);
  expect(asked.map(({ path }) => path)).toEqual(['/openapi.yml?token=doc']);
  expect(asked[0]?.headers).not.toHaveProperty('x-key');

  const file = join(home.root, 'data', 'tools', 'weather.json');
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  expect(await readFile(file, 'utf8')).not.toMatch(/hush|WEATHER_KEY/);
  await asServer(
    async (tools) => {
      const provider = tools.found.get('weather')?.provider;
      if (provider === undefined) throw new Error('not there');
      await callTool(provider, { q: 'Ghent' });
    },
    { WEATHER_KEY: 'from-the-server' },
  );
  expect(asked.at(-1)).toMatchObject({
    path: '/own/weather?q=Ghent&units=metric&appid=hush-9abc',
    headers: { authorization: 'Bearer from-the-server', 'x-key': 'hush-5678' },
  });
});

test('the list has what is configured, added and in the folder; what is wrong is told on stderr', async () => {
  await home.run('tool', 'add', 'weather', 'weather.yml', '--bearer', 't');
  await home.run('tool', 'add', 'both', 'weather.yml', '--bearer', 't');
  const folder = join(home.root, 'own-tools');
  await writeFile(join(home.root, 'one.json'), JSON.stringify(documentOf(url, { '/a': getOf([]) })));
  await home.run('tool', 'add', 'one', 'one.json');
  await mkdir(folder);
  await copyFile(join(home.root, 'one.json'), join(folder, 'single.json'));
  await copyFile(join(home.root, 'one.json'), join(folder, 'both.yml'));
  await copyFile(join(home.root, 'one.json'), join(folder, 'pets.yml'));
  await writeFile(join(folder, 'broken.yml'), 'openapi: 3.0.3\ninfo: {}\npaths: {}\n');
  const { code, stdout, stderr } = await home.run('tool', 'list', '--tools', 'own-tools');
  expect(code).toBe(0);
  expect(stdout).toBe(
    [
      'NAME     KIND     FROM          TOOLS',
      'pets     openapi  parley.yml    4',
      'files    mcp      parley.yml    -',
      'device   client   parley.yml    2',
      'tavily   builtin  parley.yml    -',
      'both     openapi  added         3',
      'one      openapi  added         1',
      'weather  openapi  added         3',
      'broken   openapi  tools folder  -',
      'single   openapi  tools folder  1',
      '',
    ].join('\n'),
  );
  expect(stderr.split('\n').sort()).toEqual([
    '',
    'both.yml: the tool both is already in tools/both.json, which holds',
    'broken: broken.yml:2:1: #/info: "title" is missing',
    'pets.yml: the tool pets is already in parley.yml, which holds',
  ]);
});

test('a document that leads to addresses of clouds says so when it is added, and reaches none', async () => {
  const evil = documentOf('http://169.254.169.254/latest', { '/a': getOf([]) });
  await writeFile(join(home.root, 'evil.json'), JSON.stringify(evil));
  const added = await home.run('tool', 'add', 'third', 'evil.json');
  expect(added).toMatchObject({ code: 0, stderr: '' });
  expect(added.stdout.split('\n')[1]).toBe(
    'requests go to http://169.254.169.254 (a link-local address, refused unless --base-url or outbound.allow names it)',
  );
  await asServer(async (tools) => {
    const provider = tools.found.get('third')?.provider;
    if (provider === undefined) throw new Error('not there');
    await expect(callTool(provider, {})).rejects.toThrow(/^169\.254\.169\.254 is a link-local address; /);
  });
});

test('the list of one tool has its names and what they are for; an MCP server is asked', async () => {
  const server = join(home.root, 'server.mjs');
  await writeFile(server, MCP_SERVER);
  const config = CONFIG.replace('never-started', `node, args: [ ${server} ]`);
  await writeFile(join(home.root, 'parley.yml'), `${config}  - { name: wether, api_key: k }\n`);
  const wether = /^wether: no tool has this name; built in are time, .*openweather\n$/;
  const all = await home.run('tool', 'list');
  expect(all.code).toBe(0);
  expect(all.stderr).toMatch(wether);
  for (const [name, lines] of [
    ['files', ['TOOL  DESCRIPTION', 'read  Reads a file', 'stat', '']],
    ['device', ['TOOL    DESCRIPTION', 'locate', 'ring', '']],
  ] as const) {
    const { code, stdout, stderr } = await home.run('tool', 'list', name);
    expect([code, stdout.split('\n')]).toEqual([0, lines]);
    expect(stderr).toMatch(wether);
  }
  expect((await home.run('tool', 'list', 'pets')).stdout).toMatch(/^TOOL +DESCRIPTION\n(.+\n){4}$/);
  expect((await home.run('tool', 'list', 'time')).stdout).toMatch(/^current_time +\S/m);
  const none = await home.run('tool', 'list', 'none');
  expect([none.code, none.stdout]).toEqual([1, '']);
  expect(none.stderr).toMatch(/there is no tool none; see parley tool list\n$/);
});

test('the list of an MCP server that does not start says why', async () => {
  const { code, stdout, stderr } = await home.run('tool', 'list', 'files');
  expect([code, stdout]).toEqual([1, '']);
  expect(stderr).toMatch(/^files: the command of the MCP server cannot be started/m);
});

test('the list is empty without tools, and makes no data folder', async () => {
  await writeFile(join(home.root, 'parley.yml'), '');
  expect(await home.run('tool', 'list')).toEqual({ code: 0, stdout: 'No tools\n', stderr: '' });
  expect(await readdir(home.root)).not.toContain('data');
});

test('what a tool will lack, or hide, is told when it is added', async () => {
  await writeFile(join(home.root, 'parley.yml'), 'tools_folder: .');
  const { code, stderr } = await home.run('tool', 'add', 'weather', 'weather.yml');
  expect(code).toBe(0);
  expect(stderr).toBe(
    [
      'it goes before weather.yml of the tools folder',
      'weather has no credentials; set the environment variable PARLEY_TOOL_WEATHER__APPID',
      '',
    ].join('\n'),
  );
});

describe('is refused', () => {
  const SECRET = 'hunter2-hunter2';
  test.each([
    [['weather'], 2, /^usage: parley tool add NAME DOCUMENT /],
    [['../x', 'weather.yml'], 2, /^expected a name of letters, digits, _, - and \., at most 64\nusage: /],
    [['pets', 'weather.yml'], 1, /^parley\.yml has a tool pets already; choose another name\n$/],
    [['w', 'none.yml'], 1, /^none\.yml: the document cannot be read \(ENOENT\)\n$/],
    [['w', 'parley.yml'], 1, /^parley\.yml:2:1: "openapi" is missing: this is no OpenAPI document\n$/],
    [
      ['w', 'http://127.0.0.1:1/a?key=hunter2-hunter2'],
      1,
      /^http:\/\/127\.0\.0\.1:1\/a: the document cannot be had: /,
    ],
    [['w', 'weather.yml', '--bearer', 't', '--header', SECRET], 2, /^--header takes 'Name: value'\nusage: /],
    [['w', 'weather.yml', '--base-url', `http://u:${SECRET}@a.example`], 2, /^--base-url takes an http/],
    [['w', 'weather.yml', '--base-url', '/v1'], 2, /^--base-url takes an http/],
    [['w', 'weather.yml', '--token', SECRET], 2, /^Unknown option '--token'\nusage: /],
  ])('tool add %j', async (args, exitCode, message) => {
    const { code, stdout, stderr } = await home.run('tool', 'add', ...args);
    expect([code, stdout]).toEqual([exitCode, '']);
    expect(stderr).toMatch(message);
    expect(stderr).not.toContain('hunter2');
    expect(await readdir(home.root)).not.toContain('data');
  });

  test('a document without an address of its service, until one is given', async () => {
    await writeFile(join(home.root, 'relative.json'), JSON.stringify(documentOf('/v1', { '/a': getOf([]) })));
    const { code, stderr } = await home.run('tool', 'add', 'w', 'relative.json');
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /^relative\.json:1:\d+: #\/servers\/0\/url: the address of the API is not known: .*--base-url/,
    );
    expect((await home.run('tool', 'add', 'w', 'relative.json', '--base-url', url)).code).toBe(0);
  });

  test('a second tool of one name', async () => {
    await home.run('tool', 'add', 'w', 'pets.json');
    const { code, stderr } = await home.run('tool', 'add', 'w', 'pets.json');
    expect([code, stderr]).toEqual([
      1,
      'there is a tool w already; to replace it, parley tool remove w first\n',
    ]);
  });

  test.each([
    ['pets', 'no tool pets was added; take it out of parley.yml, where it is\n'],
    ['../secret', 'no tool ../secret was added; see parley tool list\n'],
  ])('tool remove %s', async (name, message) => {
    await home.run('tool', 'add', 'w', 'pets.json', '--bearer', 't');
    expect(await home.run('tool', 'remove', name)).toEqual({ code: 1, stdout: '', stderr: message });
    expect(await readdir(join(home.root, 'data'))).toContain('secret');
  });
});
