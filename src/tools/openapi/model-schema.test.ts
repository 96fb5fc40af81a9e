import { describe, expect, test } from 'vitest';
import { documentOf, getOf, postOf } from './documents.fixture.ts';
import { operationsOf, parameterOf, reasonOf, SERVER } from './operations.fixture.ts';

type Json = Readonly<Record<string, unknown>>;

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
      properties: { b: { type: 'object', properties: { a: { type: 'object' } } } },
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

  test('that are too much are written less deep, and keep what they are', async () => {
    const leaf = { type: 'string', enum: ['a'], nullable: true, description: 'A leaf' };
    const wide = (inner: Json) => ({
      type: 'object',
      properties: Object.fromEntries(Array.from({ length: 40 }, (_, i) => [`p${i}`, inner])),
    });
    const written = (await parameterOf(wide(wide(leaf)))) as { properties: Record<string, unknown> };
    expect(Object.keys(written.properties)).toHaveLength(40);
    expect(written.properties.p39).toEqual({ type: 'object' });
    // The parameters after it are still written out.
    const parameters = Array.from({ length: 30 }, (_, i) => ({
      name: `q${i}`,
      in: 'query',
      schema: wide(leaf),
    }));
    const [operation] = await operationsOf(documentOf(SERVER, { '/': getOf(parameters) }));
    const { q0, q29 } = (operation?.schema.properties ?? {}) as Record<
      string,
      { type: string; properties: Json }
    >;
    expect(q0?.properties.p39).toEqual({
      ...leaf,
      type: ['string', 'null'],
      enum: ['a', null],
      nullable: undefined,
    });
    expect([q29?.type, JSON.stringify(operation?.schema).length < 100_000]).toEqual(['object', true]);
  });

  test('may be referred to by way of other references', async () => {
    const components = {
      schemas: {
        A: { type: 'object', properties: { b: { $ref: '#/components/schemas/B' } } },
        B: { type: 'object', properties: { c: { type: 'integer' } } },
        Loop: { $ref: '#/components/schemas/Loop/properties/x' },
      },
    };
    const through = { $ref: '#/components/schemas/A/properties/b/properties/c' };
    expect(await parameterOf(through, { components })).toEqual({ type: 'integer' });
    const loop = { $ref: '#/components/schemas/Loop/properties/y' };
    expect(
      await reasonOf(
        documentOf(SERVER, { '/': getOf([{ name: 'p', in: 'query', schema: loop }]) }, { components }),
      ),
    ).toMatch(/the \$ref leads in a circle$/);
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
