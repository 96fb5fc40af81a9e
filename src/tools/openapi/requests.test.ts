import { describe, expect, test } from 'vitest';
import { startCallee } from '../../outbound/start-callee.fixture.ts';
import { callTool, providerOf } from './call-tool.fixture.ts';
import { documentOf, getOf, petDocument, postOf, weatherDocument } from './documents.fixture.ts';

type Json = Readonly<Record<string, unknown>>;

/** What the service gets when the first tool of a document of `paths` is called. */
async function sent(paths: Json, args: Json) {
  const callee = await startCallee((call, response) => call.body.then(() => response.end('ok')));
  await callTool(providerOf(documentOf(callee.url, paths)), args);
  const call = await callee.nextCall();
  return { method: call.method, path: call.path, headers: call.headers, body: await call.body };
}

test('a weather service is asked for the weather', async () => {
  const callee = await startCallee((_, response) =>
    response.setHeader('content-type', 'application/json').end('{"temp":7}'),
  );
  const provider = providerOf(weatherDocument(callee.url), { secrets: { WEATHER__APPID: 'k-1' } });
  expect(
    await callTool(provider, { q: 'Sint-Niklaas & co', days: '3', appid: 'mine', 'X-Trace': 'a;b' }),
  ).toEqual([{ kind: 'json', value: { temp: 7 } }]);
  const call = await callee.nextCall();
  expect([call.method, call.path]).toEqual([
    'GET',
    '/v2.5/weather?q=Sint-Niklaas%20%26%20co&units=metric&days=3&appid=k-1',
  ]);
  expect(call.headers).toMatchObject({
    'x-trace': 'a;b',
    accept: 'application/json, application/xml, */*;q=0.5',
  });
  expect(call.headers).not.toHaveProperty('content-type');
  expect(await call.body).toBe('');
  await callTool(provider, { id: 'a/b' }, { tool: 'stations_remove' });
  expect(await callee.nextCall()).toMatchObject({ method: 'DELETE', path: '/v2.5/stations/a%2Fb' });
});

test('a pet shop is asked with a nested query and sent a nested body', async () => {
  const callee = await startCallee();
  const provider = providerOf(petDocument(`${callee.url}/shop`));
  const filter = { status: 'sold', price: { min: 2 } };
  await callTool(provider, { filter, tags: ['a,b', 'c'], _top: 5 });
  expect((await callee.nextCall()).path).toBe(
    '/shop/pets?filter%5Bstatus%5D=sold&filter%5Bprice%5D%5Bmin%5D=2&tags=a%2Cb,c&%24top=5',
  );
  const pet = { name: 'Rex', kind: 'dog', parent: { name: null, friends: [{ anything: 1 }] } };
  await callTool(provider, { ...pet, id: 7 }, { tool: 'addPet' });
  const add = await callee.nextCall();
  expect([add.method, add.path, add.headers['content-type']]).toEqual([
    'POST',
    '/shop/pets',
    'application/json',
  ]);
  expect(JSON.parse(await add.body)).toEqual(pet);
  await callTool(provider, { id: 1, id_query: 'two', id_body: 3, name: 'Tom' }, { tool: 'replacePet' });
  const replace = await callee.nextCall();
  expect([replace.path, JSON.parse(await replace.body)]).toEqual([
    '/shop/pets/1?id=two',
    { id: 3, name: 'Tom' },
  ]);
});

test('a photo is sent as a form of several parts', async () => {
  const callee = await startCallee();
  const provider = providerOf(petDocument(callee.url));
  const bytes = Buffer.from([0x89, 0x50, 0, 255]);
  const photo = { filename: '../../a "b"\r\n.png', base64: bytes.toString('base64') };
  const args = { id: 1, caption: 'x\r\n--y', photo, tags: ['a', 'b'], about: { by: 'me' } };
  await callTool(provider, args, { tool: 'addPhoto' });
  const call = await callee.nextCall();
  const type = call.headers['content-type'] ?? '';
  expect(type).toMatch(/^multipart\/form-data; boundary=/);
  const body = await call.body;
  const [, boundary = ''] = type.split('boundary=');
  const form = body.replaceAll(boundary, 'BOUNDARY');
  expect(form).toContain('name="caption"\r\n\r\nx\r\n--y\r\n');
  expect(form).toContain('name="photo"; filename="a %22b%22.png"\r\nContent-Type: image/png\r\n');
  expect(form).toContain('name="tags"\r\n\r\na\r\n');
  expect(form).toContain('name="tags"\r\n\r\nb\r\n');
  expect(form).toContain('name="about"\r\n\r\n{"by":"me"}\r\n');
  expect(form.match(/BOUNDARY/g)).toHaveLength(6);
});

test('bodies of other media types', async () => {
  const form = {
    type: 'object',
    properties: { a: {}, l: { type: 'array', items: {} }, o: { type: 'object' } },
  };
  const encoding = { o: { style: 'deepObject' } };
  expect(
    await sent(
      { '/': postOf('application/x-www-form-urlencoded', form, {}, { encoding }) },
      { a: 'x&y=1', l: [1, 2], o: { b: 'ü' } },
    ),
  ).toMatchObject({
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: 'a=x%26y%3D1&l=1&l=2&o%5Bb%5D=%C3%BC',
  });
  expect(
    await sent(
      { '/': postOf('application/x-www-form-urlencoded', { type: 'object', additionalProperties: {} }) },
      { body: { k: 'v w' } },
    ),
  ).toMatchObject({ body: 'k=v%20w' });
  expect(await sent({ '/': postOf('text/plain', { type: 'string' }) }, { body: 'Grüße' })).toMatchObject({
    headers: { 'content-type': 'text/plain; charset=utf-8' },
    body: 'Grüße',
  });
  expect(await sent({ '/': postOf('application/octet-stream', {}) }, { body: 'aGVsbG8=' })).toMatchObject({
    headers: { 'content-type': 'application/octet-stream' },
    body: 'hello',
  });
  expect(
    await sent({ '/': postOf('application/json', { type: 'array', items: {} }) }, { body: '[1,{}]' }),
  ).toMatchObject({
    headers: { 'content-type': 'application/json' },
    body: '[1,{}]',
  });
  const text = { filename: 'a.txt', text: 'hi' };
  const file = {
    type: 'object',
    properties: { f: { type: 'array', items: { type: 'string', format: 'binary' } } },
  };
  const { body } = await sent(
    { '/': postOf('multipart/form-data', file) },
    { f: [text, { ...text, filename: 'b' }] },
  );
  expect(body).toContain('name="f"; filename="a.txt"\r\nContent-Type: text/plain\r\n\r\nhi\r\n');
  expect(body).toContain('name="f"; filename="b"\r\nContent-Type: text/plain\r\n\r\nhi\r\n');
});

test('a body that need not be there is left out, and whole when it is', async () => {
  const schema = { type: 'object', required: ['a'], properties: { a: {}, b: {} } };
  const paths = { '/': postOf('application/json', schema, { required: false }) };
  const empty = await sent(paths, {});
  expect(empty.body).toBe('');
  expect(empty.headers).not.toHaveProperty('content-type');
  expect((await sent(paths, { a: 1, b: 2 })).body).toBe('{"a":1,"b":2}');
  await expect(callTool(providerOf(documentOf('http://a.example', paths)), { b: 2 })).rejects.toMatchObject({
    kind: 'arguments',
    message: 'a: it is needed together with b',
  });
});

describe('arguments are checked before anything is sent', () => {
  const paths = {
    '/{p}': getOf([
      { name: 'p', in: 'path', required: true, schema: { type: 'string' } },
      { name: 'n', in: 'query', schema: { type: 'integer', minimum: 1 } },
      { name: 'h', in: 'header', schema: { type: 'string' } },
      { name: 'f', in: 'query', schema: { type: 'string', format: 'date' } },
    ]),
  };
  test.each([
    [{}, /^.*"p"/],
    [{ p: 'a', n: 'many' }, /^n: /],
    [{ p: 'a', n: 0 }, /^n: /],
    [{ p: 'a', f: 'tomorrow' }, /^f: /],
    [{ p: '..' }, /^p: it must not hold "\." or "\.\." as a step$/],
    [{ p: '' }, /^p: it stands in the address and must not be empty$/],
    [{ p: 'a', h: 'x\r\nevil: 1' }, /^h: it is sent as a header/],
    [{ p: 'a', h: 'x\ny' }, /^h: it is sent as a header/],
    [{ p: 'a', h: 'x\0' }, /^h: it is sent as a header/],
    [{ p: 'a', h: '日本' }, /^h: it is sent as a header/],
  ])('%j', async (args, message) => {
    const callee = await startCallee();
    const call = callTool(providerOf(documentOf(callee.url, paths)), args);
    await expect(call).rejects.toMatchObject({
      name: 'ToolError',
      kind: 'arguments',
      message: expect.stringMatching(message),
    });
    expect(callee.sockets).toEqual([]);
  });

  test.each([
    [{ filename: 'a' }, 'f: expected either text or base64'],
    [{ filename: 'a', text: 'x', base64: 'eA==' }, 'f: expected either text or base64'],
    [{ filename: 'a', base64: 'not base64!' }, 'f: expected base64'],
  ])('a file %j', async (f, message) => {
    const schema = { type: 'object', properties: { f: { type: 'string', format: 'binary' } } };
    const provider = providerOf(
      documentOf('http://a.example', { '/': postOf('multipart/form-data', schema) }),
    );
    await expect(callTool(provider, { f })).rejects.toMatchObject({ kind: 'arguments', message });
  });
});

describe('what a model writes stays what it is', () => {
  test('in every place', async () => {
    const evil = 'x&admin=1#?/../..%2f;y=2, z=\u00e9';
    const names = ['query', 'header', 'cookie', 'path'];
    const paths = {
      '/a/{path}/b': getOf(
        names.map((place) => ({ name: place, in: place, required: true, schema: { type: 'string' } })),
      ),
    };
    const args = { query: evil, header: evil, cookie: evil, path: 'x&admin=1#?%2f;y=2' };
    const { path, headers } = await sent(paths, args);
    const url = new URL(path, 'http://a.example');
    expect([...url.searchParams]).toEqual([['query', evil]]);
    expect(url.pathname.split('/').map(decodeURIComponent)).toEqual(['', 'a', args.path, 'b']);
    expect(headers.header).toBe(evil);
    expect(headers.cookie).toBe(`cookie=${encodeURIComponent(evil)}`);
  });

  test('also when it sets fields that nobody described', async () => {
    const callee = await startCallee();
    const schema = { type: 'object', additionalProperties: { type: 'string' } };
    const document = documentOf(callee.url, { '/': getOf([{ name: 'any', in: 'query', schema }]) });
    const entry = { query: { api_key: 'hush-1' }, headers: { 'x-key': 'hush-2' } };
    const names = [
      'api_key',
      'API_KEY',
      'api_key[]',
      'api_key[0]',
      ' api_key',
      'api.key',
      'api key',
      'api_key.x',
      'api_key\0',
    ];
    const any = Object.fromEntries([...names, 'other', 'x-key'].map((name) => [name, 'evil']));
    await callTool(providerOf(document, entry), { any });
    const call = await callee.nextCall();
    expect(call.path).toBe('/?other=evil&x-key=evil&api_key=hush-1');
    expect(call.headers['x-key']).toBe('hush-2');
  });

  test('names of what every object has are names like others', async () => {
    const names = ['constructor', 'toString', '__proto__'];
    const places = ['query', 'header', 'cookie'];
    const parameters = places.map((place, i) => ({ name: names[i], in: place, schema: { type: 'string' } }));
    const schema = JSON.parse('{"type":"object","properties":{"valueOf":{},"hasOwnProperty":{}}}');
    const paths = {
      '/': {
        post: { ...(postOf('application/json', schema, { required: false }).post as Json), parameters },
      },
    };
    const nothing = await sent(paths, {});
    expect([nothing.path, nothing.body]).toEqual(['/', '']);
    expect(nothing.headers).not.toHaveProperty('tostring');
    expect(nothing.headers).not.toHaveProperty('cookie');
    const all = await sent(
      paths,
      JSON.parse('{"constructor":"a","toString":"b","__proto__":"c","valueOf":"d"}'),
    );
    expect([all.path, all.body, all.headers.cookie]).toEqual([
      '/?constructor=a',
      '{"valueOf":"d"}',
      '__proto__=c',
    ]);
    expect(all.headers).toHaveProperty('tostring', 'b');
  });

  test('and prototypes stay what they are', async () => {
    const schema = { type: 'object', properties: { constructor: {} }, additionalProperties: {} };
    const { body } = await sent(
      { '/': postOf('application/json', { type: 'array', items: schema }) },
      {
        body: JSON.parse('[{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}]'),
      },
    );
    expect(body).toBe('[{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}]');
    expect(({} as Json).polluted).toBeUndefined();
  });
});

test('a server and a path may have a query of their own', async () => {
  const callee = await startCallee();
  const document = documentOf(`${callee.url}/v1/?tenant=a`, {
    '/x?mode=b#c': getOf([{ name: 'q', in: 'query', schema: {} }]),
  });
  await callTool(providerOf(document), { q: 'd' });
  expect((await callee.nextCall()).path).toBe('/v1/x?tenant=a&mode=b&q=d');
});

test('every method goes out as itself', async () => {
  const callee = await startCallee();
  const methods = ['get', 'put', 'post', 'delete', 'options', 'head', 'patch', 'trace'];
  const operation = (method: string) => ({ operationId: method, responses: { 200: { description: 'ok' } } });
  const item = Object.fromEntries(methods.map((method) => [method, operation(method)]));
  const provider = providerOf(documentOf(callee.url, { '/': item }));
  const tools = await provider.list(new AbortController());
  expect(tools.map(({ name }) => name)).toEqual(methods.slice(0, 7));
  for (const { name } of tools) {
    expect(await callTool(provider, {}, { tool: name })).toEqual([
      { kind: 'text', text: name === 'head' ? 'success' : 'ok' },
    ]);
    expect((await callee.nextCall()).method).toBe(name.toUpperCase());
  }
});
