import { describe, expect, test } from 'vitest';
import { type Call, startCallee } from '../../outbound/start-callee.fixture.ts';
import { callTool, providerOf } from './call-tool.fixture.ts';
import { documentOf, getOf } from './documents.fixture.ts';
import type { OpenApiEntry } from './openapi-entry.ts';

type Json = Readonly<Record<string, unknown>>;

const securitySchemes = {
  'head-key': { type: 'apiKey', in: 'header', name: 'X-Key' },
  queryKey: { type: 'apiKey', in: 'query', name: 'key' },
  cookieKey: { type: 'apiKey', in: 'cookie', name: 'sid' },
  bearer: { type: 'http', scheme: 'BEARER' },
  basic: { type: 'http', scheme: 'basic' },
  token: { type: 'http', scheme: 'Token' },
  oauth: { type: 'oauth2', flows: { clientCredentials: { tokenUrl: 'http://a.example', scopes: {} } } },
  oidc: { type: 'openIdConnect', openIdConnectUrl: 'http://a.example' },
  digest: { type: 'http', scheme: 'digest' },
  linked: { $ref: '#/components/securitySchemes/bearer' },
};

/** All that an entry may have of credentials. */
const secrets = {
  MY_API__HEAD_KEY: ' k-header ',
  MY_API__QUERYKEY: 'k&query=',
  MY_API__COOKIEKEY: 'k-cookie',
  MY_API__BEARER: 'k-bearer',
  MY_API__BASIC: 'user:pässword',
  MY_API__TOKEN: 'k-token',
  MY_API__OAUTH: 'k-oauth',
  MY_API__OIDC: 'k-oidc',
  MY_API__LINKED: 'k-linked',
  OTHER__BEARER: 'k-of-another',
};

/** What the tool says before anybody calls it. */
async function lackOf(security: readonly Json[], entry: Partial<OpenApiEntry>): Promise<string | undefined> {
  const document = documentOf(
    'http://127.0.0.1:1',
    { '/': getOf([], { security }) },
    { components: { securitySchemes } },
  );
  const provider = providerOf(document, { name: 'my-api', secrets, ...entry });
  const [tool] = await provider.list({ signal: new AbortController().signal });
  return tool?.lack;
}

async function call(
  security: readonly Json[] | undefined,
  entry: Partial<OpenApiEntry> = {},
  more: Json = {},
): Promise<Call> {
  const callee = await startCallee();
  const paths = { '/': getOf([], security === undefined ? {} : { security }) };
  const document = documentOf(callee.url, paths, { components: { securitySchemes }, ...more });
  await callTool(providerOf(document, { name: 'my-api', secrets, ...entry }), {});
  return callee.nextCall();
}

describe('credentials of the environment', () => {
  test.each([
    [[{ 'head-key': [] }], { 'x-key': 'k-header' }, '/'],
    [[{ queryKey: [] }], {}, '/?key=k%26query%3D'],
    [[{ cookieKey: [] }], { cookie: 'sid=k-cookie' }, '/'],
    [[{ bearer: [] }], { authorization: 'Bearer k-bearer' }, '/'],
    [[{ basic: [] }], { authorization: `Basic ${Buffer.from('user:pässword').toString('base64')}` }, '/'],
    [[{ token: [] }], { authorization: 'Token k-token' }, '/'],
    [[{ oauth: ['read'] }], { authorization: 'Bearer k-oauth' }, '/'],
    [[{ oidc: [] }], { authorization: 'Bearer k-oidc' }, '/'],
    [[{ linked: [] }], { authorization: 'Bearer k-linked' }, '/'],
    [[{ 'head-key': [], queryKey: [] }], { 'x-key': 'k-header' }, '/?key=k%26query%3D'],
    // The first alternative that can be had.
    [[{ digest: [] }, { bearer: [] }], { authorization: 'Bearer k-bearer' }, '/'],
    [[{}, { bearer: [] }], { authorization: 'Bearer k-bearer' }, '/'],
  ])('%j', async (security, headers, path) => {
    const { headers: sent, path: asked } = await call(security);
    expect(sent).toMatchObject(headers);
    expect(asked).toBe(path);
    for (const name of ['authorization', 'x-key', 'cookie']) {
      if (!(name in headers)) expect(sent).not.toHaveProperty(name);
    }
  });

  test('stand in the document as a whole, and an operation may want others, or none', async () => {
    const whole = { security: [{ bearer: [] }] };
    expect((await call(undefined, {}, whole)).headers.authorization).toBe('Bearer k-bearer');
    expect((await call([{ token: [] }], {}, whole)).headers.authorization).toBe('Token k-token');
    expect((await call([], {}, whole)).headers).not.toHaveProperty('authorization');
    expect((await call([{}], {}, whole)).headers).not.toHaveProperty('authorization');
  });

  test.each([
    [[{ bearer: [] }], 'my-api has no credentials; set the environment variable PARLEY_TOOL_MY_API__BEARER'],
    [
      [{ digest: [] }, { basic: [], 'head-key': [] }],
      'my-api has no credentials; set the environment variable PARLEY_TOOL_MY_API__BASIC (user:password) and PARLEY_TOOL_MY_API__HEAD_KEY',
    ],
    [
      [{ digest: [] }],
      'my-api asks for credentials of a kind that Parley cannot show (http digest); give headers or a query that it takes instead',
    ],
  ])('that are missing are named: %j', async (security, message) => {
    await expect(call(security, { secrets: { OTHER__BEARER: 'k' } })).rejects.toMatchObject({
      kind: 'credentials',
      message,
    });
    expect(await lackOf(security, { secrets: { OTHER__BEARER: 'k' } })).toBe(message);
    expect(await lackOf([...security, {}], { secrets: {} })).toBeUndefined();
  });

  test.each([
    ['acme', 'crm_key', 'ACME__CRM_KEY'],
    ['acme-crm', 'key', 'ACME_CRM__KEY'],
    ['acme--crm', 'key', 'ACME_CRM__KEY'],
    ['acme', 'crm__key', 'ACME__CRM_KEY'],
    ['acme_', '_key', 'ACME__KEY'],
  ])('of the scheme of one tool are never those of another: %s, %s', async (name, scheme, variable) => {
    const components = { securitySchemes: { [scheme]: { type: 'http', scheme: 'bearer' } } };
    const security = [{ [scheme]: [] }];
    const all = { ACME_CRM_KEY: 'k-old', ACME__CRM_KEY: 'k-1', ACME_CRM__KEY: 'k-2', ACME__KEY: 'k-3' };
    const { headers } = await call(security, { name, secrets: all }, { components });
    expect(headers.authorization).toBe(`Bearer ${all[variable as keyof typeof all]}`);
  });

  test('are not needed where they are optional, or the owner says what is sent', async () => {
    expect((await call([{ bearer: [] }, {}], { secrets: {} })).headers).not.toHaveProperty('authorization');
    const { headers } = await call([{ bearer: [] }], { secrets: {}, headers: { 'X-Own': 'k-own' } });
    expect(headers).toMatchObject({ 'x-own': 'k-own' });
  });
});

describe("the owner's headers and query", () => {
  test('go with every request, over those of a scheme', async () => {
    const own = {
      headers: { AUTHORIZATION: 'Bearer k-own', Cookie: 'a=b', Accept: 'text/csv' },
      query: { key: 'k own' },
    };
    const { headers, path, rawHeaders } = await call([{ bearer: [], queryKey: [] }], own);
    expect(headers).toMatchObject({ authorization: 'Bearer k-own', cookie: 'a=b', accept: 'text/csv' });
    expect(path).toBe('/?key=k%20own');
    expect(rawHeaders.filter((name) => /^authorization$/i.test(name))).toHaveLength(1);
  });

  test('cookies of a model come after them, and not in their place', async () => {
    const callee = await startCallee();
    const parameters = ['sid', 'a', 'b'].map((name) => ({ name, in: 'cookie', schema: { type: 'string' } }));
    const document = documentOf(
      callee.url,
      { '/': getOf(parameters, { security: [{ cookieKey: [] }] }) },
      { components: { securitySchemes } },
    );
    const entry = { name: 'my-api', secrets, headers: { Cookie: 'a=own' } };
    const provider = providerOf(document, entry);
    await callTool(provider, { sid: 'evil', a: 'evil', b: 'x; sid=evil' });
    expect((await callee.nextCall()).headers.cookie).toBe('a=own; sid=k-cookie; b=x%3B%20sid%3Devil');
  });

  test('that refer to what is not set are told when a tool is called', async () => {
    const entry = { headers: { 'x-key': '' }, unset: ['WEATHER_KEY', 'B'] };
    const message = 'set the environment variable WEATHER_KEY, B, which the credentials of my-api refer to';
    await expect(call([], entry)).rejects.toMatchObject({ kind: 'credentials', message });
    expect(await lackOf([], entry)).toBe(message);
  });
});
