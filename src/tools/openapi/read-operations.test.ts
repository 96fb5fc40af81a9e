import { describe, expect, test } from 'vitest';
import { documentOf, entryOf, getOf, petDocument, postOf, weatherDocument } from './documents.fixture.ts';
import type { OpenApiEntry } from './openapi-entry.ts';
import type { Operation } from './operation.ts';
import { readDocument } from './read-document.ts';
import { readOperations } from './read-operations.ts';

type Json = Readonly<Record<string, unknown>>;

const SERVER = 'http://a.example';

async function operationsOf(
  document: string | Json,
  entry: Partial<OpenApiEntry> = {},
): Promise<readonly Operation[]> {
  const text = typeof document === 'string' ? document : JSON.stringify(document);
  return readOperations(
    await readDocument(text, { name: 'doc.yml', address: null }),
    entryOf(document, entry),
  );
}

async function schemaOf(document: Json): Promise<Json> {
  return (await operationsOf(document))[0]?.schema ?? {};
}

/** The schema that a parameter with this schema gets. */
async function parameterOf(schema: Json, more: Json = {}): Promise<unknown> {
  const { properties } = await schemaOf(
    documentOf(SERVER, { '/': getOf([{ name: 'p', in: 'query', schema }]) }, more),
  );
  return (properties as Json).p;
}

const reasonOf = (document: string | Json, entry: Partial<OpenApiEntry> = {}) =>
  operationsOf(document, entry).then(
    () => 'no error',
    (error) => error.message,
  );

test('a weather service', async () => {
  const [current, station, remove] = await operationsOf(weatherDocument('http://127.0.0.1:8080'), {
    secrets: { WEATHER_APPID: 'k' },
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
          parent: { description: 'Of the pet' },
          friends: { type: 'array', items: { description: 'A pet' } },
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

describe('schemas', () => {
  test.each([
    [
      { type: 'string', nullable: true, enum: ['a'] },
      { type: ['string', 'null'], enum: ['a', null] },
    ],
    [
      { type: 'number', minimum: 1, exclusiveMinimum: false },
      { type: 'number', minimum: 1 },
    ],
    [
      { type: 'number', maximum: 1, exclusiveMaximum: true },
      { type: 'number', exclusiveMaximum: 1 },
    ],
    [
      { allOf: [{ type: 'string' }], nullable: true },
      { anyOf: [{ allOf: [{ type: 'string' }] }, { type: 'null' }] },
    ],
    [
      { type: 'string', example: 'a', xml: {}, externalDocs: { url: 'http://a' }, deprecated: true },
      { type: 'string' },
    ],
    [
      { oneOf: [{ type: 'string' }, { type: 'integer' }], discriminator: { propertyName: 'a' } },
      { oneOf: [{ type: 'string' }, { type: 'integer' }] },
    ],
    [
      { type: 'string', pattern: '^[A-Z]{3}$' },
      { type: 'string', pattern: '^[A-Z]{3}$' },
    ],
    [{ type: 'string', pattern: '^(a+)+$' }, { type: 'string' }],
    [{ type: 'string', pattern: '^[\\w-.]+$' }, { type: 'string' }],
    [
      { type: 'string', format: 'url' },
      { type: 'string', format: 'uri' },
    ],
    [{ type: 'string', format: 'hostname' }, { type: 'string' }],
    [{ type: 'integer', default: '7' }, { type: 'integer' }],
    [
      { type: 'integer', default: 7 },
      { type: 'integer', default: 7 },
    ],
    [
      { type: 'string', enum: ['a'], default: 'b' },
      { type: 'string', enum: ['a'] },
    ],
    [
      {
        type: 'object',
        required: ['a', 'b'],
        properties: { a: { type: 'string', readOnly: true }, b: { type: 'string', writeOnly: true } },
        additionalProperties: { type: 'string', nullable: true },
      },
      {
        type: 'object',
        required: ['b'],
        properties: { b: { type: 'string' } },
        additionalProperties: { type: ['string', 'null'] },
      },
    ],
  ])('of OpenAPI 3.0: %j', async (schema, expected) => {
    expect(await parameterOf(schema)).toEqual(expected);
  });

  // Schemas of 3.1 are not checked by the validator.
  test.each([
    [true, {}],
    [
      { type: ['string', 'null'], exclusiveMinimum: 3 },
      { type: ['string', 'null'], exclusiveMinimum: 3 },
    ],
    [{ required: true, enum: 'a', minimum: '1', type: 'str', items: 5, oneOf: {}, properties: [] }, {}],
    [{ $id: 'a', $anchor: 'b', $defs: { a: {} }, const: 1 }, { const: 1 }],
    [
      { $ref: '#/components/schemas/S', description: 'Mine', default: 'a' },
      { type: 'string', minLength: 1, description: 'Mine', default: 'a' },
    ],
    [
      { $ref: '#/components/schemas/S', maxLength: 3 },
      { allOf: [{ type: 'string', minLength: 1, description: 'Theirs' }, { maxLength: 3 }] },
    ],
    [{ type: 'object', patternProperties: { '^x': {} }, additionalProperties: false }, { type: 'object' }],
  ])('of OpenAPI 3.1: %j', async (schema, expected) => {
    const components = { schemas: { S: { type: 'string', minLength: 1, description: 'Theirs' } } };
    expect(await parameterOf(schema as Json, { openapi: '3.1.0', components })).toEqual(expected);
  });

  test('beside a $ref, 3.0 has only words', async () => {
    const components = { schemas: { S: { type: 'string', minLength: 1, description: 'Theirs' } } };
    const schema = { $ref: '#/components/schemas/S', description: 'Mine', maxLength: 3 };
    expect(await parameterOf(schema, { components })).toEqual({
      type: 'string',
      minLength: 1,
      description: 'Mine',
    });
  });

  test('that refer to one another without end, or too often, end open', async () => {
    const circle = {
      openapi: '3.1.0',
      components: {
        schemas: {
          A: { type: 'object', properties: { b: { $ref: '#/components/schemas/B' } } },
          B: { type: 'object', properties: { a: { $ref: '#/components/schemas/A' } } },
          Self: { $ref: '#/components/schemas/Self' },
        },
      },
    };
    expect(await parameterOf({ $ref: '#/components/schemas/A' }, circle)).toEqual({
      type: 'object',
      properties: { b: { type: 'object', properties: { a: {} } } },
    });
    expect(
      await reasonOf(
        documentOf(
          SERVER,
          { '/': postOf('application/json', { $ref: '#/components/schemas/Self' }) },
          circle,
        ),
      ),
    ).toMatch(/^doc\.yml:1:\d+: #\/components\/schemas\/Self\/\$ref: the \$ref leads in a circle$/);
    // 2 ** 20 schemas, written out.
    const schemas = Object.fromEntries(
      Array.from({ length: 21 }, (_, i) => {
        const next = { $ref: `#/components/schemas/D${i + 1}` };
        return [
          `D${i}`,
          i === 20 ? { type: 'string' } : { type: 'object', properties: { l: next, r: next } },
        ];
      }),
    );
    const text = JSON.stringify(
      await parameterOf({ $ref: '#/components/schemas/D0' }, { components: { schemas } }),
    );
    expect(text.length).toBeLessThan(200_000);
  });

  test.each([
    [
      './other.yml#/A',
      'leads out of the document; only references within it (#/…) are followed, so bundle the document first',
    ],
    [
      'http://169.254.169.254/a',
      'leads out of the document; only references within it (#/…) are followed, so bundle the document first',
    ],
    ['#/components/schemas/Missing', 'leads to nothing'],
    ['#/constructor', 'leads to nothing'],
    ['#Anchor', 'is no reference of the form #/…'],
    ['#/%zz', 'is no reference of the form #/…'],
  ])('a $ref to %s is refused', async ($ref, expected) => {
    for (const paths of [
      { '/': getOf([{ name: 'p', in: 'query', schema: { type: 'array', items: { $ref } } }]) },
      { '/': postOf('application/json', { type: 'object', properties: { a: { $ref } } }) },
      { '/': getOf([{ $ref }]) },
      { '/': { $ref } },
    ]) {
      expect(await reasonOf(documentOf(SERVER, paths))).toMatch(
        /^doc\.yml:1:\d+: #\/paths\/.*\$ref: the \$ref "/,
      );
      expect(await reasonOf(documentOf(SERVER, paths))).toContain(expected);
    }
  });

  test('answers may refer to wherever they like', async () => {
    const responses = { 200: { $ref: './other.yml#/A' } };
    expect(await operationsOf(documentOf(SERVER, { '/': getOf([], { responses }) }))).toHaveLength(1);
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

describe('servers', () => {
  const paths = { '/': getOf([]) };
  const serverOf = async (document: Json, entry: Partial<OpenApiEntry> = {}) =>
    (await operationsOf(document, entry))[0]?.server.href;

  test('of the operation go before those of its path and the document; a base URL before all', async () => {
    const servers = (url: string) => ({ servers: [{ url }] });
    const document = documentOf('http://doc.example', {
      '/': { ...servers('http://path.example'), ...getOf([], servers('http://op.example')) },
      '/p': { ...servers('http://path.example'), ...getOf([]) },
      '/d': getOf([]),
    });
    expect((await operationsOf(document)).map(({ server }) => server.host)).toEqual([
      ...['op.example', 'path.example', 'doc.example'],
    ]);
    expect(await serverOf(document, { baseUrl: 'http://own.example/v1' })).toBe('http://own.example/v1');
  });

  test('may be relative to where the document came from', async () => {
    const text = JSON.stringify(documentOf('../api', paths));
    const document = await readDocument(text, {
      name: 'd',
      address: 'https://a.example/docs/v1/openapi.json',
    });
    expect(readOperations(document, entryOf(text))[0]?.server.href).toBe('https://a.example/docs/api');
  });

  const UNKNOWN =
    'the address of the API is not known: the document names no server that begins with http:// or https://';
  test.each([
    [documentOf(null, paths), `doc.yml:1:1: ${UNKNOWN}`],
    [documentOf('/v1', paths), `#/servers/0/url: ${UNKNOWN}`],
    [documentOf('api.example', paths), `#/servers/0/url: ${UNKNOWN}`],
    [
      documentOf('ftp://a.example', paths),
      '#/servers/0/url: expected an http:// or https:// address of the server',
    ],
    [documentOf('http://[', paths), '#/servers/0/url: expected an http:// or https:// address of the server'],
    [
      documentOf('http://u:hunter2@a.example', paths),
      '#/servers/0/url: the address of the server holds credentials',
    ],
    [
      documentOf('http://{host}/', paths),
      '#/servers/0/url: the variable {host} of the server has no default',
    ],
  ])('%#', async (document, expected) => {
    const reason = await reasonOf(document);
    expect(reason).toContain(expected);
    expect(reason).not.toContain('hunter2');
    expect(await reasonOf(document, { baseUrl: 'http://own.example' })).toBe('no error');
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
