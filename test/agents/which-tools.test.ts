import { writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse, stringify } from 'yaml';
import { inTurn } from '../support/mock-provider/in-turn.ts';
import { type MockProvider, startMockProvider } from '../support/mock-provider/start-mock-provider.ts';
import { kindsOf, observationOf, saidIn, thoughtsIn } from '../support/parley/agent-events.ts';
import { agentApp } from '../support/parley/apps.ts';
import { startParley, type TestParley } from '../support/parley/start-parley.ts';
import { sendChat, streamChat, type Wire } from '../support/parley/turns.ts';
import { type Callee, startCallee } from '../support/tools/start-callee.ts';

const WEEKDAY = { provider: 'time', tool: 'weekday' };
const LOST = { provider: 'teleporter', tool: 'teleport' };
const SCRAPER = { provider: 'webscraper', tool: 'webscraper' };
const LOCATION = { type: 'client', provider: 'device', tool: 'get_location' };
const AWAY = { type: 'api', provider: 'away', tool: 'lookup' };
/** Files of agents from before the mode of their own. */
const legacy = (agent: Record<string, unknown>) =>
  agentApp([WEEKDAY], { agent }).replace('mode: agent-chat', 'mode: chat');

let provider: MockProvider;
let callee: Callee;
let parley: TestParley;
const files = {
  lost: agentApp([WEEKDAY, LOST]),
  misnamed: agentApp([{ provider: 'time', tool: 'yesterday' }]),
  ignoring: agentApp([LOST, WEEKDAY, AWAY]),
  away: agentApp([AWAY]),
  keyless: agentApp([WEEKDAY, { provider: 'tavily', tool: 'tavily_search' }]),
  off: agentApp([WEEKDAY], {
    agent: { tools: [{ ...LOST, enabled: false }, { dataset: { enabled: true, id: 'x' } }] },
  }),
  client: agentApp([LOCATION, WEEKDAY]),
  inside: agentApp([SCRAPER]),
  outside: agentApp([SCRAPER]),
  'old-functions': legacy({}),
  'old-react': legacy({ strategy: 'react' }),
  'old-router': legacy({ strategy: 'router' }),
  'old-off': legacy({ enabled: false }),
  router: agentApp([WEEKDAY], { agent: { strategy: 'router' } }),
  cot: agentApp([WEEKDAY], { agent: { strategy: 'cot' } }),
  unsaid: agentApp([WEEKDAY], { agent: { strategy: '' } }),
};

beforeAll(async () => {
  provider = await startMockProvider();
  callee = await startCallee({
    body: '<title>T</title><p>A page of this house.</p>',
    headers: { 'content-type': 'text/html' },
  });
  const gone = await startCallee();
  await gone.close();
  parley = await startParley({
    provider: provider.baseUrl,
    apps: files,
    config: {
      tools: [
        { name: 'device', client: [{ name: 'get_location', description: 'Where the device is' }] },
        { name: 'away', openapi: `${gone.url}/openapi.json` },
      ],
      app_settings: {
        ignoring: { missing_tools: 'ignore' },
        inside: { outbound: { allow: [`127.0.0.1:${callee.port}`] } },
      },
    },
  });
});
afterAll(async () => {
  await parley.close();
  await callee.close();
  await provider.close();
});

async function take(app: string) {
  const before = provider.requests.length;
  const events = (await (await streamChat(parley, {}, app)).readAll()) as Wire[];
  return { events, requests: provider.requests.slice(before) };
}

/** What the log says of an app’s tools; they are looked at after the start. */
function reported(app: string) {
  return expect.poll(
    () =>
      parley.log
        .filter((entry) => entry.app === app && Number(entry.level) >= 40)
        .map(({ level, line, msg }) => ({ level, line, msg })),
    { interval: 10, timeout: 5_000 },
  );
}

const lineOf = (file: string, text: string) => file.split('\n').findIndex((line) => line.includes(text)) + 1;

describe('a tool that the server lacks', () => {
  test.each([
    ['lost', 'the tool teleport is missing: there is no provider teleporter of type builtin'],
    ['misnamed', 'the tool yesterday is missing: the provider time has none of that name'],
  ] as const)('refuses the app’s runs before anything is accepted (%s)', async (app, problem) => {
    const response = await sendChat(parley, { response_mode: 'streaming', user: 'refused' }, app);
    expect(response.status).toBe(400);
    expect(await response.json()).toEqual({
      code: 'app_unavailable',
      message: `App unavailable: ${problem}.`,
      status: 400,
    });
    const list = await parley.request(app, 'GET', '/conversations?user=refused');
    expect(await list.json()).toMatchObject({ data: [] });
    const line = lineOf(files[app], `provider_id: ${app === 'lost' ? 'teleporter' : 'time'}`) - 2;
    await reported(app).toEqual([{ level: 50, line, msg: `${problem}; runs of the app are refused` }]);
  });

  test('is left out where the owner says so, and reported with its line', async () => {
    provider.reply({ tokens: ['ok'] });
    const { requests, events } = await take('ignoring');
    expect(requests[0]?.tools.map(({ name }) => name)).toEqual(['weekday']);
    expect(saidIn(events)).toBe('ok');
    await reported('ignoring').toMatchObject([
      {
        ...{ level: 40, line: lineOf(files.ignoring, 'provider_id: teleporter') - 2 },
        msg: 'the tool teleport is missing: there is no provider teleporter of type builtin; the app runs without',
      },
      { level: 40, msg: expect.stringMatching(/[^.]; the app runs without$/) },
    ]);
    const parameters = await (await parley.request('ignoring', 'GET', '/parameters')).json();
    expect(parameters).toMatchObject({ tools: [{ tool_name: 'weekday' }] });
  });

  test('whose provider cannot be asked ends the run with an error that says so', async () => {
    const { events, requests } = await take('away');
    expect(requests).toEqual([]);
    expect(kindsOf(events)).toEqual(['error']);
    expect(events[0]).toMatchObject({ code: 'app_unavailable', status: 400 });
    expect(events[0]?.message).toMatch(/^App unavailable: .*127\.0\.0\.1.*[^.]\.$/);
  });

  test('is another thing than one without its key: that is reported, and the app runs', async () => {
    await reported('keyless').toEqual([
      {
        ...{ level: 40, line: lineOf(files.keyless, 'provider_id: tavily') - 2 },
        msg: 'the tool tavily_search cannot work: there is no key for Tavily: add { name: tavily, api_key: … } to tools in parley.yml',
      },
    ]);
    provider.reply({ tokens: ['ok'] });
    expect(saidIn((await take('keyless')).events)).toBe('ok');
  });

  test('that is switched off is none', async () => {
    provider.reply({ tokens: ['ok'] });
    const { requests } = await take('off');
    expect(requests[0]?.tools).toEqual([]);
  });

  test('comes back when its file is mended', async () => {
    const app = parse(files.lost);
    app.model_config.agent_mode.tools.pop();
    await writeFile(`${parley.appsDir}/lost.yml`, stringify(app));
    await expect
      .poll(async () => (await sendChat(parley, { response_mode: 'streaming' }, 'lost')).status, {
        timeout: 10_000,
      })
      .toBe(200);
  });
});

test('functions of the caller are not offered where the caller cannot be asked', async () => {
  provider.reply(inTurn({ toolCalls: [{ name: 'get_location' }] }, { tokens: ['ok'] }));
  const { requests, events } = await take('client');
  expect(requests[0]?.tools.map(({ name }) => name)).toEqual(['weekday']);
  const [thought] = thoughtsIn(events);
  expect(thought && observationOf(thought)).toEqual({
    get_location: 'there is not a tool named get_location',
  });
  expect(events.at(-1)).toMatchObject({ event: 'message_end' });
});

test('the owner’s exception from the guard holds for the app that it is made for', async () => {
  const scrape = async (app: string) => {
    const call = { name: 'webscraper', arguments: JSON.stringify({ url: `${callee.url}/page` }) };
    provider.reply(inTurn({ toolCalls: [call] }, { tokens: ['ok'] }));
    const [thought] = thoughtsIn((await take(app)).events);
    return thought && observationOf(thought).webscraper;
  };
  const before = callee.connections;
  expect(await scrape('outside')).toMatch(/^tool invoke error: .*loopback/);
  expect(callee.connections).toBe(before);
  expect(await scrape('inside')).toContain('A page of this house.');
});

describe('which apps are agents, and of which kind', () => {
  test.each([
    ['old-functions', 'agent-chat', 'functions'],
    ['old-react', 'agent-chat', 'words'],
    ['old-router', 'chat', 'none'],
    ['old-off', 'chat', 'none'],
    ['router', 'agent-chat', 'functions'],
    ['cot', 'agent-chat', 'words'],
    ['unsaid', 'agent-chat', 'functions'],
  ] as const)('%s: %s, its tools as %s', async (app, mode, told) => {
    expect(await (await parley.request(app, 'GET', '/info')).json()).toMatchObject({ mode });
    provider.reply({ tokens: ['ok'] });
    const { events, requests } = await take(app);
    expect(kindsOf(events)[0]).toBe(mode === 'chat' ? 'message' : 'agent_thought');
    expect(requests[0]?.tools.length).toBe(told === 'functions' ? 1 : 0);
    expect(JSON.stringify(requests[0]?.messages).includes('weekday')).toBe(told === 'words');
  });
});
