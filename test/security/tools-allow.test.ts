import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type MockProvider, startMockProvider } from '../support/mock-provider/start-mock-provider.ts';
import { agentApp } from '../support/parley/apps.ts';
import { startParley, type TestParley } from '../support/parley/start-parley.ts';
import { obedient, observe, queryFor } from '../support/tools/agent-turn.ts';
import { writeOpenApi } from '../support/tools/openapi-document.ts';
import { type Callee, startCallee } from '../support/tools/start-callee.ts';

let provider: MockProvider;
/** `outbound.allow` of the server names it. */
let forAll: Callee;
/** `outbound.allow` of the app `opened` names it. */
let forOne: Callee;
/** The owner's service: its own tools reach it, and nothing else does. */
let service: Callee;
let closed: Callee;
let document: Awaited<ReturnType<typeof writeOpenApi>>;
let parley: TestParley;

beforeAll(async () => {
  provider = await startMockProvider({ reply: obedient });
  [forAll, forOne] = await Promise.all([startCallee(), startCallee()]);
  [service, closed] = await Promise.all([startCallee(), startCallee()]);
  document = await writeOpenApi(service.url, { ping: { path: '/ping' } });
  const tools = [
    { provider: 'webscraper', tool: 'webscraper' },
    { type: 'api', provider: 'service', tool: 'ping' },
  ];
  // Nothing that a DSL says of it opens anything.
  const wishes = { outbound: { allow: ['0.0.0.0/0'] }, allow: ['127.0.0.1'] };
  const scraper = (values: Record<string, unknown>) => [
    { provider: 'webscraper', tool: 'webscraper', values },
  ];
  parley = await startParley({
    apps: {
      opened: agentApp([...tools, { type: 'workflow', provider: 'other', tool: 'other' }]),
      other: agentApp([...tools, { type: 'workflow', provider: 'opened', tool: 'opened' }]),
      wishing: agentApp(scraper({ ...wishes, url: `${closed.url}/` }), { ...wishes, agent: wishes }),
      injecting: agentApp(scraper({ user_agent: 'x\r\nx-injected: 1' })),
    },
    provider: provider.baseUrl,
    config: {
      tools: [{ name: 'service', openapi: document.file }],
      outbound: { allow: [`127.0.0.1:${forAll.port}`] },
      app_settings: { opened: { outbound: { allow: [`localhost:${forOne.port}`] } } },
    },
  });
});
afterAll(async () => {
  await parley.close();
  await document.remove();
  await Promise.all([forAll, forOne, service, closed, provider].map((server) => server.close()));
});

const scrape = (app: string, url: string) => observe(parley, 'webscraper', { url }, { app });
const RULE = /^tool invoke error: .*; the owner can allow it under outbound\.allow$/;

test('what is open for all apps is open for each, and only on that port', async () => {
  for (const app of ['opened', 'other']) {
    expect(await scrape(app, `${forAll.url}/`)).toBe('ok');
    expect(await scrape(app, `${closed.url}/`)).toMatch(RULE);
  }
  expect(closed.connections).toBe(0);
});

test('what is open for one app is open by that name, for that app', async () => {
  expect(await scrape('opened', `http://localhost:${forOne.port}/`)).toBe('ok');
  expect(await scrape('opened', `http://LOCALHOST:${forOne.port}/`)).toBe('ok');
  const connections = forOne.connections;
  expect(await scrape('opened', `${forOne.url}/`)).toMatch(RULE);
  expect(await scrape('opened', `http://localhost:${closed.port}/`)).toMatch(RULE);
  expect(await scrape('other', `http://localhost:${forOne.port}/`)).toMatch(RULE);
  expect(forOne.connections).toBe(connections);
  expect(closed.connections).toBe(0);
});

test('an idle connection of the app that may is not lent to one that may not', async () => {
  expect(await scrape('opened', `http://localhost:${forOne.port}/`)).toBe('ok');
  const before = forOne.requests.length;
  expect(await scrape('other', `http://localhost:${forOne.port}/`)).toMatch(RULE);
  expect(forOne.requests.length).toBe(before);
});

test('an app that is a tool has its own exceptions, and those of nobody who calls it', async () => {
  const url = `http://localhost:${forOne.port}/`;
  const inner = queryFor(['webscraper', { url }]);
  const before = forOne.requests.length;
  await observe(parley, 'other', { query: inner }, { app: 'opened' });
  expect(told()).toMatch(RULE);
  expect(forOne.requests.length).toBe(before);
  await observe(parley, 'opened', { query: inner }, { app: 'other' });
  expect(told()).toBe('ok');
});

/** What a model was told of its last call of `webscraper`. */
function told(): unknown {
  const request = provider.requests.findLast(
    ({ messages }) => messages.at(-2)?.tool_calls?.[0]?.function.name === 'webscraper',
  );
  return request?.messages.at(-1)?.content;
}

test('a service of the owner’s is open for its own tools alone', async () => {
  expect(await observe(parley, 'ping', {}, { app: 'other' })).toBe('ok');
  const before = service.requests.length;
  for (const app of ['opened', 'other']) expect(await scrape(app, `${service.url}/ping`)).toMatch(RULE);
  expect(service.requests.length).toBe(before);
});

describe('a DSL opens nothing', () => {
  test('neither by exceptions of its own, nor by the value of a parameter that is the model’s', async () => {
    expect(await scrape('wishing', `${closed.url}/`)).toMatch(RULE);
    const told = await observe(parley, 'webscraper', {}, { app: 'wishing' });
    expect(told).toMatch(/^tool parameters validation error: .*"url"/);
    expect(closed.connections).toBe(0);
  });

  test('and adds no header by the value of another', async () => {
    expect(await scrape('injecting', `${forAll.url}/`)).toMatch(
      /^tool invoke error: The header "user-agent"/,
    );
    expect(forAll.requests.every(({ headers }) => headers['x-injected'] === undefined)).toBe(true);
  });
});
