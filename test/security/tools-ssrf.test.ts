import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { type MockProvider, startMockProvider } from '../support/mock-provider/start-mock-provider.ts';
import { agentApp } from '../support/parley/apps.ts';
import { startParley, type TestParley } from '../support/parley/start-parley.ts';
import { obedient, observe } from '../support/tools/agent-turn.ts';
import { textParameter, writeOpenApi } from '../support/tools/openapi-document.ts';
import { type Callee, startCallee } from '../support/tools/start-callee.ts';

/** Names of the internet's that lead into a private network. */
const PRIVATE_NAMES: Readonly<Record<string, readonly string[]>> = vi.hoisted(() => ({
  'intranet.example': ['10.0.0.5'],
  'loopback.example': ['127.0.0.1'],
  'metadata.example': ['169.254.169.254'],
  'sixth.example': ['::1', 'fd00::1'],
}));

vi.mock('../../src/outbound/resolve-by-system.ts', async (original) => {
  const { resolveBySystem } = await original<typeof import('../../src/outbound/resolve-by-system.ts')>();
  return { resolveBySystem: async (host: string) => PRIVATE_NAMES[host] ?? resolveBySystem(host) };
});

let provider: MockProvider;
/** Nobody may reach it. */
let victim: Callee;
let sixth: Callee;
/** `outbound.allow` names it. */
let allowed: Callee;
/** The owner's own service, and Jina. */
let service: Callee;
let document: Awaited<ReturnType<typeof writeOpenApi>>;
let parley: TestParley;

beforeAll(async () => {
  provider = await startMockProvider({ reply: obedient });
  [victim, allowed, service] = await Promise.all([startCallee(), startCallee(), startCallee()]);
  sixth = await startCallee({}, { host: '::1' });
  document = await writeOpenApi(`${service.url}/api`, {
    user: { path: '/users/{id}', parameters: [textParameter('id', 'path')] },
    free: { path: '/{id}', parameters: [textParameter('id', 'path'), textParameter('X-Host', 'header')] },
    search: { path: '/search', parameters: [textParameter('url')] },
  });
  const tool = (name: string) => ({ type: 'api', provider: 'service', tool: name });
  parley = await startParley({
    apps: {
      agent: agentApp([
        { provider: 'webscraper', tool: 'webscraper' },
        { provider: 'jina', tool: 'jina_reader' },
        ...['user', 'free', 'search'].map(tool),
      ]),
    },
    provider: provider.baseUrl,
    config: {
      tools: [
        { name: 'service', openapi: document.file },
        { name: 'jina', base_url: `${service.url}/reader` },
      ],
      outbound: { allow: [`127.0.0.1:${allowed.port}`] },
    },
  });
});
beforeEach(() => service.reply());
afterAll(async () => {
  await parley.close();
  await document.remove();
  await Promise.all([victim, sixth, allowed, service, provider].map((server) => server.close()));
});

const scrape = (url: string) => observe(parley, 'webscraper', { url });
/** Of the internet; nobody asks it here. */
const PUBLIC = 'http://93.184.216.34/';
const RULE = /the owner can allow it under outbound\.allow$/;

function expectNobodyThere(): void {
  expect([victim.connections, sixth.connections]).toEqual([0, 0]);
}

describe('the address of a page', () => {
  test.each([
    ['http://169.254.169.254/latest/meta-data/', 'a link-local address'],
    ['http://2852039166/', 'a link-local address'],
    ['http://[::ffff:a9fe:a9fe]/', 'an IPv4-mapped IPv6 address'],
    ['http://[fe80::1%25eth0]/', 'not a valid URL'],
    ['http://0.0.0.0:VICTIM/', 'an unspecified address'],
    ['http://127.0.0.1:VICTIM/', 'a loopback address'],
    ['http://127.1:VICTIM/', 'a loopback address'],
    ['http://2130706433:VICTIM/', 'a loopback address'],
    ['http://0x7f000001:VICTIM/', 'a loopback address'],
    ['http://0x7f.0.0.0x1:VICTIM/', 'a loopback address'],
    ['http://017700000001:VICTIM/', 'a loopback address'],
    ['http://127.0.0.1.:VICTIM/', 'a loopback address'],
    ['http://%31%32%37.0.0.1:VICTIM/', 'a loopback address'],
    ['http:\\\\127.0.0.1:VICTIM\\', 'a loopback address'],
    ['  http://127.0.0.1:VICTIM/', 'a loopback address'],
    ['ht\ntp://127.0.0.1:VICTIM/', 'a loopback address'],
    ['http://localhost:VICTIM/', 'a loopback address'],
    ['http://LOCALHOST:VICTIM/', 'a loopback address'],
    ['http://[::1]:SIXTH/', 'a loopback address'],
    ['http://[0:0:0:0:0:0:0:1]:SIXTH/', 'a loopback address'],
    ['http://[::ffff:127.0.0.1]:VICTIM/', 'an IPv4-mapped IPv6 address'],
    ['http://[::ffff:7f00:1]:VICTIM/', 'an IPv4-mapped IPv6 address'],
    ['http://[::127.0.0.1]:VICTIM/', 'an IPv4-compatible IPv6 address'],
    ['http://[64:ff9b::7f00:1]:VICTIM/', 'a NAT64 address'],
    ['http://10.0.0.1/', 'a private address'],
    ['http://192.168.1.1/', 'a private address'],
    ['http://100.64.0.1/', 'a carrier-grade NAT address'],
    ['http://168.63.129.16/', 'a cloud metadata address'],
    ['http://intranet.example/', 'intranet.example resolves to 10.0.0.5, a private address'],
    ['http://loopback.example:VICTIM/', 'loopback.example resolves to 127.0.0.1, a loopback address'],
    ['http://metadata.example/', 'metadata.example resolves to 169.254.169.254, a link-local address'],
    ['http://sixth.example:SIXTH/', 'sixth.example resolves to ::1, a loopback address'],
  ])('%j is refused, and the model is told why', async (address, why) => {
    const url = address.replace('VICTIM', String(victim.port)).replace('SIXTH', String(sixth.port));
    const told = await scrape(url);
    expect(told).toContain(why);
    if (why !== 'not a valid URL') expect(told).toMatch(RULE);
    expectNobodyThere();
  });

  // Some resolvers know it, others do not.
  test('localhost with a dot at its end is refused', async () => {
    expect(await scrape(`http://localhost.:${victim.port}/`)).toMatch(/^tool invoke error: /);
    expectNobodyThere();
  });

  test.each([
    ['file:///etc/passwd', 'Only http and https are allowed, not file.'],
    ['data:text/html,<p>hi</p>', 'Only http and https are allowed, not data.'],
    ['gopher://127.0.0.1:VICTIM/_GET%20/', 'Only http and https are allowed, not gopher.'],
    ['ftp://127.0.0.1:VICTIM/', 'Only http and https are allowed, not ftp.'],
    ['ws://127.0.0.1:VICTIM/', 'Only http and https are allowed, not ws.'],
    ['javascript:fetch("http://127.0.0.1")', 'Only http and https are allowed, not javascript.'],
    ['unix:/var/run/docker.sock', 'Only http and https are allowed, not unix.'],
    ['/etc/passwd', 'The address is not a valid URL.'],
    ['http://', 'The address is not a valid URL.'],
  ])('%s is no address of a page', async (address, why) => {
    expect(await scrape(address.replace('VICTIM', String(victim.port)))).toBe(`tool invoke error: ${why}`);
    expectNobodyThere();
  });

  test.each([
    'http://user:hunter2@127.0.0.1:VICTIM/',
    'http://example.com@127.0.0.1:VICTIM/',
    'http://:hunter2@127.0.0.1:VICTIM/',
  ])('%s is refused for its credentials, which nobody repeats', async (address) => {
    const told = await scrape(address.replace('VICTIM', String(victim.port)));
    expect(told).toMatch(/^tool invoke error: The address of \S+ holds credentials/);
    expect(told).not.toMatch(/hunter2|example\.com/);
    expectNobodyThere();
  });
});

describe('a redirect', () => {
  test.each([
    ['to the metadata service', () => 'http://169.254.169.254/latest/meta-data/', 'a link-local address'],
    ['to loopback', () => `http://127.0.0.1:${victim.port}/`, 'a loopback address'],
    ['to loopback by another name', () => `http://loopback.example:${victim.port}/`, 'a loopback address'],
    ['to loopback over the sixth protocol', () => `${sixth.url}/`, 'a loopback address'],
    ['to a host of the same address', () => `//0x7f000001:${victim.port}/`, 'a loopback address'],
    ['to a file', () => 'file:///etc/passwd', 'Only http and https are allowed'],
    ['with credentials', () => `http://a:hunter2@127.0.0.1:${allowed.port}/`, 'holds credentials'],
  ])('%s is not followed from a page', async (_, target, why) => {
    for (const status of [301, 302, 303, 307, 308]) {
      allowed.reply({ status, headers: { location: target() } });
      const told = await scrape(`${allowed.url}/start`);
      expect(told).toContain(why);
      expect(told).not.toContain('hunter2');
    }
    expectNobodyThere();
  });

  test.each([
    ['the metadata service', () => 'http://169.254.169.254/'],
    ['loopback', () => `http://127.0.0.1:${victim.port}/`],
  ])('to %s is not followed from a service of the owner’s', async (_, target) => {
    service.reply({ status: 302, headers: { location: target() } });
    for (const [tool, args] of [
      ['user', { id: 'me' }],
      ['jina_reader', { url: PUBLIC }],
    ] as const)
      expect(await observe(parley, tool, args)).toMatch(RULE);
    expectNobodyThere();
  });

  test('over several hosts ends at the first that is refused', async () => {
    allowed.reply(({ path }) =>
      path === '/start'
        ? { status: 302, headers: { location: '/next' } }
        : { status: 307, headers: { location: `http://127.0.0.1:${victim.port}/` } },
    );
    expect(await scrape(`${allowed.url}/start`)).toMatch(RULE);
    expect(allowed.requests.at(-1)?.path).toBe('/next');
    expectNobodyThere();
  });

  test('without an end is left', async () => {
    allowed.reply(({ path }) => ({ status: 302, headers: { location: `${path}x` } }));
    const before = allowed.requests.length;
    expect(await scrape(`${allowed.url}/`)).toMatch(/redirect/);
    expect(allowed.requests.length - before).toBeLessThan(20);
  });
});

describe('what a model writes into a request of the owner’s service', () => {
  test.each([
    ['user', { id: '../../admin' }],
    ['user', { id: '..' }],
    ['user', { id: '..%2f..%2fadmin' }],
    ['user', { id: '%2e%2e' }],
    ['user', { id: `//127.0.0.1:9/` }],
    ['user', { id: `http://169.254.169.254/` }],
    ['user', { id: 'x@169.254.169.254' }],
    ['user', { id: 'me?admin=1#' }],
    ['user', { id: 'me\\..\\..\\admin' }],
    ['user', { id: 'me\r\nHost: other' }],
    ['user', { id: 'me;../../admin' }],
    ['free', { id: '/127.0.0.1:9/' }],
    ['free', { id: '\\\\127.0.0.1:9' }],
    ['free', { id: '@169.254.169.254/' }],
    ['free', { id: 'me', 'X-Host': 'a\r\nauthorization: Bearer x' }],
    ['search', { url: 'http://169.254.169.254/&admin=1#' }],
  ])('%s %j leads to no other path, and to no other server', async (tool, args) => {
    const before = service.requests.length;
    const told = await observe(parley, tool, args);
    const made = service.requests.slice(before);
    if (made.length === 0) expect(told).toMatch(/^tool parameters validation error: /);
    for (const { path, headers } of made) {
      const url = new URL(path, service.url);
      expect(url.pathname).toMatch(
        { user: /^\/api\/users\/[^/]+$/, free: /^\/api\/[^/]+$/ }[tool] ?? /^\/api\/search$/,
      );
      expect([...url.searchParams.keys()]).toEqual(tool === 'search' ? ['url'] : []);
      expect(headers.host).toBe(new URL(service.url).host);
      expect(headers.authorization).toBeUndefined();
    }
    expectNobodyThere();
  });

  test.each([
    [`${PUBLIC}../../../admin`, `/reader/${PUBLIC}admin`],
    [`${PUBLIC}?a=1#b`, `/reader/${PUBLIC}?a=1`],
    [`${PUBLIC}%2e%2e/%2e%2e/admin`, `/reader/${PUBLIC}admin`],
  ])('%s is a path of the reader’s server', async (url, path) => {
    const before = service.requests.length;
    expect(await observe(parley, 'jina_reader', { url })).toBe('ok');
    expect(service.requests.slice(before).map((request) => request.path)).toEqual([path]);
  });

  // It would read them for the model, and stands where they can be reached.
  test.each([
    'http://169.254.169.254/',
    'http://127.0.0.1:9/',
    'http://0x7f.1/',
    'http://[::ffff:127.0.0.1]/',
    'http://intranet.example/',
    'http://localhost/',
  ])('a reader of the owner’s is not sent to %s', async (url) => {
    const before = service.requests.length;
    expect(await observe(parley, 'jina_reader', { url })).toMatch(RULE);
    expect(service.requests.length).toBe(before);
  });

  test.each([
    'file:///etc/passwd',
    'gopher://127.0.0.1/',
    'data:text/plain,x',
    '//127.0.0.1/',
    'http://a:b@c/',
  ])('the reader is not given %s', async (url) => {
    const before = service.requests.length;
    expect(await observe(parley, 'jina_reader', { url })).toMatch(/^tool parameters validation error: /);
    expect(service.requests.length).toBe(before);
  });
});
