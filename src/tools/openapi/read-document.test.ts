import { describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { ToolError } from '../tool-error.ts';
import { documentOf, getOf, petDocument, weatherDocument } from './documents.fixture.ts';
import { MAX_DOCUMENT_BYTES } from './max-document-bytes.ts';
import { readDocument } from './read-document.ts';

const about = { name: 'weather.yml', address: null };
const read = (source: string) => readDocument(source, about);

async function reason(source: string | object): Promise<string> {
  const text = typeof source === 'string' ? source : JSON.stringify(source);
  try {
    await read(text);
  } catch (error) {
    expect(error).toBeInstanceOf(ToolError);
    expect(error).toMatchObject({ kind: 'failed' });
    return (error as ToolError).message;
  }
  return 'no error';
}

test('YAML and JSON, 3.0 and 3.1', async () => {
  const weather = await read(weatherDocument('http://a.example'));
  expect([weather.version, Object.keys(weather.root.paths as object)]).toEqual([
    '3.0',
    ['/weather', '/stations/{id}'],
  ]);
  const pets = petDocument('http://a.example');
  for (const text of [JSON.stringify(pets), JSON.stringify(pets, null, 2), stringify(pets)]) {
    expect(await read(text)).toMatchObject({ version: '3.1', root: pets });
  }
});

describe('what is wrong is told with its place', () => {
  const yaml = (lines: string) => `openapi: 3.0.3\ninfo: { title: t, version: "1" }\n${lines}`;
  test.each([
    ['openapi: 3.0', '1:1: #/openapi: expected a version that is read here: "3.0.x" or "3.1.x", in quotes'],
    ['openapi: 3.2.0', '1:1: #/openapi: expected a version that is read here: "3.0.x" or "3.1.x", in quotes'],
    [
      'info: x\nswagger: "2.0"',
      '2:1: #/swagger: Swagger 2.0 is not read; convert the document to OpenAPI 3 first',
    ],
    ['info: x', '1:1: "openapi" is missing: this is no OpenAPI document'],
    ['- a', '1:1: expected a mapping, as OpenAPI documents are'],
    ['', '1:1: expected a mapping, as OpenAPI documents are'],
    ['5', '1:1: expected a mapping, as OpenAPI documents are'],
    [yaml(''), '1:1: "paths" is missing'],
    [yaml('paths: { weather: {} }'), '3:10: #/paths/weather: unknown key "weather"'],
    [yaml('paths:\n  /a:\n    get: { parameters: [] }'), '5:5: #/paths/~1a/get: "responses" is missing'],
    [
      yaml(
        'paths:\n  /a:\n    get:\n      responses: { 200: { description: d } }\n      parameters:\n        - { name: q, in: qury, schema: {} }',
      ),
      '8:22: #/paths/~1a/get/parameters/0/in: expected one of query, header, cookie',
    ],
    [
      yaml(
        'paths:\n  /a:\n    get:\n      responses: { 200: { description: d } }\n      parameters:\n        - { name: q, in: query, schema: { type: strng } }',
      ),
      '8:43: #/paths/~1a/get/parameters/0/schema/type: expected one of array, boolean, integer, number, object, string',
    ],
    [yaml('paths: {}\nservers: a.example'), '4:1: #/servers: expected a value of type array'],
    [yaml('paths: {}\n  a: b'), '4:1: '],
    [yaml('paths: {}\npaths: {}'), '4:1: Map keys must be unique'],
    [yaml('paths: {}\n__proto__: {}'), '4:1: the key "__proto__" is not allowed'],
    ['{ "openapi": "3.0.0", "__proto__": {} }', '1:1: the key "__proto__" is not allowed'],
    ['{ "openapi": "3.0.0", \n "paths": ] }', '2:11: '],
    ['a: !!js/function x', '1:4: '],
  ])('%j', async (source, expected) => {
    expect(await reason(source)).toContain(`weather.yml:${expected}`);
  });

  test('in 3.1 as well', async () => {
    const broken = documentOf(
      null,
      { '/a': getOf([{ name: 'q', in: 'qury', schema: {} }]) },
      { openapi: '3.1.0' },
    );
    expect(await reason(broken)).toMatch(
      /^weather\.yml:1:\d+: #\/paths\/~1a\/get\/parameters\/0\/in: expected one of query, header, path, cookie$/,
    );
  });
});

test('properties may be called constructor and prototype', async () => {
  const document = documentOf('http://a.example', {
    '/results': getOf([{ name: 'constructor', in: 'query', schema: { properties: { prototype: {} } } }]),
    '/constructor': getOf([]),
  });
  expect((await read(JSON.stringify(document))).root).toEqual(document);
  expect((await read(stringify(document))).root).toEqual(document);
});

describe('documents that were made to harm', () => {
  test('a large one', async () => {
    expect(await reason(`#${' '.repeat(MAX_DOCUMENT_BYTES)}`)).toBe(
      'weather.yml:1:1: the document is larger than 4 MB',
    );
  });

  test('deep ones', async () => {
    const deep = `{"openapi":"3.0.0","x-a":${'['.repeat(100_000)}${']'.repeat(100_000)}}`;
    expect(await reason(deep)).toMatch(/nested more than 100 levels deep$/);
    expect(await reason(`openapi: 3.0.0\nx-a: ${'['.repeat(100_000)}`)).toMatch(/^weather\.yml:\d+:\d+: /);
  });

  test('alias bombs and circles', async () => {
    const bomb = ['openapi: 3.0.0', 'a: &a [x,x,x,x,x,x,x,x,x]'];
    for (const name of 'bcdefgh') {
      const before = String.fromCharCode(name.charCodeAt(0) - 1);
      bomb.push(`${name}: &${name} [${Array(9).fill(`*${before}`).join(',')}]`);
    }
    expect(await reason(bomb.join('\n'))).toMatch(/alias/i);
    expect(await reason('openapi: 3.0.0\nx-a: &a [ *a ]')).toMatch(/^weather\.yml:/);
  });

  test('references that would write into Object.prototype', async () => {
    const document = documentOf(
      'http://a.example',
      { '/a': getOf([]) },
      {
        openapi: '3.1.0',
        components: { schemas: { A: { $ref: '#/constructor/prototype', polluted: { $ref: '#/info' } } } },
      },
    );
    await read(JSON.stringify(document));
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });
});
