import { describe, expect, test } from 'vitest';
import { documentOf, getOf, petDocument, postOf, weatherDocument } from './documents.fixture.ts';
import { operationsOf, reasonOf, SERVER, schemaOf } from './operations.fixture.ts';

test('a weather service', async () => {
  const [current, station, remove] = await operationsOf(weatherDocument('http://127.0.0.1:8080'), {
    secrets: { WEATHER__APPID: 'k' },
  });
  expect(current).toMatchObject({
    ...{
      name: 'currentWeather',
      label: 'Current weather',
      description: 'The weather at a place, as it is now.',
    },
    ...{ method: 'GET', path: '/weather', server: new URL('http://127.0.0.1:8080/v2.5/') },
    accept: 'application/json, application/xml, */*;q=0.5',
    security: [[{ name: 'appid', kind: 'key', place: 'query', key: 'appid' }]],
    body: null,
  });
  expect(current?.schema).toEqual({
    type: 'object',
    properties: {
      q: { type: 'string', minLength: 2, description: 'City name, e.g. Ghent' },
      units: {
        ...{ type: 'string', enum: ['standard', 'metric', 'imperial'], default: 'metric' },
        description: 'How temperatures are counted',
      },
      days: { type: 'integer', exclusiveMinimum: 0, maximum: 16 },
      'X-Trace': { type: ['string', 'null'] },
    },
    required: ['q'],
    additionalProperties: false,
  });
  expect(station).toMatchObject({ name: 'stationsid_get', label: 'One station', description: 'One station' });
  expect(remove).toMatchObject({
    name: 'stations_remove',
    label: 'stations.remove',
    method: 'DELETE',
    security: [],
  });
  expect(remove?.schema).toMatchObject({ properties: { id: { type: 'string' } }, required: ['id'] });
});

test('a parameter that credentials fill is still there where there are none', async () => {
  const [current] = await operationsOf(weatherDocument(SERVER));
  expect(current?.schema.required).toEqual(['q', 'appid']);
});

test('a pet shop', async () => {
  const [list, add, replace, photo] = await operationsOf(petDocument(SERVER));
  expect(list?.schema.properties).toEqual({
    filter: {
      type: 'object',
      properties: {
        status: { enum: ['available', 'sold'] },
        price: { type: 'object', properties: { min: { type: 'number' } } },
      },
    },
    tags: { type: 'array', items: { type: 'string' } },
    _top: { type: ['integer', 'null'], minimum: 1 },
  });
  // Gathered from allOf, without what is read only, and open where it comes back to itself.
  expect(add?.schema).toEqual({
    type: 'object',
    properties: {
      name: { type: 'string', maxLength: 20 },
      kind: { type: 'string', enum: ['cat', 'dog'] },
      parent: {
        type: 'object',
        description: 'A pet',
        properties: {
          name: { type: ['string', 'null'] },
          parent: { type: 'object', description: 'Of the pet' },
          friends: { type: 'array', items: { type: 'object', description: 'A pet' } },
        },
      },
    },
    required: ['name', 'kind'],
    additionalProperties: false,
  });
  // One name in three places; a body that may be absent requires nothing.
  expect(Object.keys(replace?.schema.properties as object)).toEqual(['id', 'id_query', 'id_body', 'name']);
  expect(replace?.schema.required).toEqual(['id']);
  expect(photo?.schema).toMatchObject({
    properties: {
      caption: { type: 'string' },
      photo: { type: 'object', required: ['filename'], properties: { text: {}, base64: {} } },
      tags: { type: 'array' },
    },
    required: ['id', 'photo'],
  });
});

describe('names', () => {
  test('are safe and unique', async () => {
    const of = (operationId: string) => getOf([], { operationId });
    const operations = await operationsOf(
      documentOf(SERVER, {
        '/1': of('a.b'),
        '/2': of('a/b'),
        '/3': of('a b'),
        '/4': of('日本'),
        '/5': of('x'.repeat(80)),
        '/6': of(`${'x'.repeat(64)}y`),
        '/': getOf([], { operationId: undefined }),
        '/{a}/b-c_d/': getOf([], { operationId: ' ' }),
      }),
    );
    expect(operations.map(({ name }) => name)).toEqual([
      ...[
        'a_b',
        'a_b_2',
        'a_b_3',
        'unnamed',
        'x'.repeat(64),
        `${'x'.repeat(62)}_2`,
        'root_get',
        'ab-c_d_get',
      ],
    ]);
  });

  test('and descriptions are short', async () => {
    const [operation] = await operationsOf(
      documentOf(SERVER, { '/': getOf([], { summary: 's'.repeat(300), description: 'd'.repeat(5_000) }) }),
    );
    expect(operation?.label).toHaveLength(100);
    expect(operation?.description).toHaveLength(1_024);
    expect(operation?.description.endsWith('d…')).toBe(true);
  });
});

describe('parameters', () => {
  test('of the operation go before those of its path; reserved headers are left out', async () => {
    const document = documentOf(SERVER, {
      '/a/{x}/{y}': {
        parameters: [
          { name: 'q', in: 'query', schema: { type: 'string' } },
          { name: 'x', in: 'path', required: true, schema: { type: 'integer' } },
          { name: 'ghost', in: 'path', required: true, schema: {} },
        ],
        ...getOf([
          { name: 'q', in: 'query', required: true, schema: { type: 'integer' } },
          ...['Authorization', 'COOKIE', 'Host', 'content-length', 'Accept', 'Transfer-Encoding'].map(
            (name) => ({
              ...{ name, in: 'header', schema: {} },
            }),
          ),
          { name: 'c', in: 'cookie', schema: {} },
          { name: 'j', in: 'query', content: { 'application/json': { schema: { type: 'object' } } } },
        ]),
      },
    });
    const [operation] = await operationsOf(document);
    expect(operation?.schema).toMatchObject({
      properties: {
        x: { type: 'integer' },
        y: { type: 'string' },
        q: { type: 'integer' },
        c: {},
        j: { type: 'object' },
      },
      required: ['x', 'y', 'q'],
    });
    expect(operation?.parameters.map(({ argument, json }) => [argument, json])).toEqual([
      ...[
        ['x', false],
        ['y', false],
        ['q', false],
        ['j', true],
        ['c', false],
      ],
    ]);
  });

  test("that are the owner's are not a model's", async () => {
    const document = documentOf(SERVER, {
      '/': getOf([
        { name: 'x-team', in: 'header', required: true, schema: {} },
        { name: 'KEY', in: 'query', required: true, schema: {} },
        { name: 'q', in: 'query', schema: {} },
      ]),
    });
    const [operation] = await operationsOf(document, { headers: { 'X-Team': 'a' }, query: { key: 'k' } });
    expect(operation?.schema).toMatchObject({ properties: { q: {} }, required: [] });
    expect(operation?.parameters).toHaveLength(1);
  });
});

describe('bodies', () => {
  test.each([
    [
      'application/json',
      { type: 'array', items: { type: 'string' } },
      { type: 'array', items: { type: 'string' } },
    ],
    [
      'application/json',
      { type: 'object', additionalProperties: { type: 'string' } },
      { type: 'object', additionalProperties: { type: 'string' } },
    ],
    [
      'application/json',
      { oneOf: [{ type: 'object', properties: { a: {} } }] },
      { oneOf: [{ type: 'object', properties: { a: {} } }] },
    ],
    ['text/plain', { type: 'string' }, { type: 'string', description: 'The text/plain to send, as text' }],
    [
      'application/xml',
      { type: 'object', properties: { a: {} } },
      { type: 'string', description: 'The application/xml to send, as text' },
    ],
    [
      'image/*',
      {},
      {
        type: 'string',
        contentEncoding: 'base64',
        description: 'The application/octet-stream to send, in base64',
      },
    ],
  ])('%s with %j is one argument', async (type, schema, expected) => {
    expect(await schemaOf(documentOf(SERVER, { '/': postOf(type, schema) }))).toEqual({
      ...{ type: 'object', properties: { body: expected }, required: ['body'], additionalProperties: false },
    });
  });

  test('of several media types, JSON is taken', async () => {
    const schema = { type: 'object', properties: { a: { type: 'string' } } };
    const content = {
      'application/xml': { schema },
      'multipart/form-data': { schema },
      'application/vnd.a+json': { schema },
    };
    const document = documentOf(SERVER, {
      '/': { post: { requestBody: { content }, responses: { 200: { description: '' } } } },
    });
    expect((await operationsOf(document))[0]?.body).toMatchObject({
      mediaType: 'application/vnd.a+json',
      encoding: 'json',
    });
  });
});

test('a scheme that is nowhere defined is refused', async () => {
  const document = documentOf(SERVER, { '/': getOf([], { security: [{ ghost: [] }] }) });
  expect(await reasonOf(document)).toMatch(
    /: #\/paths\/~1\/get\/security\/0\/ghost: there is no such scheme under components\.securitySchemes$/,
  );
});

test('more operations than anybody needs are refused', async () => {
  const paths = Object.fromEntries(
    Array.from({ length: 1_001 }, (_, i) => [`/${i}`, getOf([], { operationId: `o${i}` })]),
  );
  expect(await reasonOf(documentOf(SERVER, paths))).toContain('the document has more than 1000 operations');
});
