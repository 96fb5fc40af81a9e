import { stringify } from 'yaml';
import type { OpenApiEntry } from './openapi-entry.ts';

/** An entry as the tools' folder makes them; the document is a copy. */
export function entryOf(
  document: string | Readonly<Record<string, unknown>>,
  given: Partial<OpenApiEntry> = {},
): OpenApiEntry {
  const text = typeof document === 'string' ? document : JSON.stringify(document);
  return {
    name: 'weather',
    timeoutMs: null,
    document: { kind: 'text', text, name: 'weather.yml', address: null },
    ...{ headers: {}, query: {}, baseUrl: null, secrets: {}, unset: [] },
    ...given,
  };
}

type Json = Readonly<Record<string, unknown>>;

/** A document with these paths, of version 3.0.3 unless `more` says otherwise. */
export function documentOf(server: string | null, paths: Json, more: Json = {}): Json {
  return {
    openapi: '3.0.3',
    info: { title: 'Test', version: '1' },
    ...(server !== null && { servers: [{ url: server }] }),
    paths,
    ...more,
  };
}

/** A GET with these parameters; `responses` is there because OpenAPI 3.0 wants it. */
export function getOf(parameters: readonly Json[], more: Json = {}): Json {
  return { get: { operationId: 'get', parameters, responses: { 200: { description: 'ok' } }, ...more } };
}

/** A POST with this schema as its body. */
export function postOf(mediaType: string, schema: Json, more: Json = {}, media: Json = {}): Json {
  return {
    post: {
      operationId: 'post',
      requestBody: { required: true, content: { [mediaType]: { schema, ...media } }, ...more },
      responses: { 200: { description: 'ok' } },
    },
  };
}

/** YAML that takes a second or so to read. */
export function largeDocument(operations = 900): string {
  const paths = Array.from({ length: operations }, (_, index) => [
    `/a${index}`,
    getOf([{ name: 'q', in: 'query', schema: { type: 'string' } }], { operationId: `a${index}` }),
  ]);
  return stringify(documentOf('http://a.example', Object.fromEntries(paths)));
}

/** A weather service as people write them: OpenAPI 3.0, YAML, a key in the query. */
export function weatherDocument(server: string): string {
  return `openapi: 3.0.3
info:
  title: Weather
  version: "2.5"
servers:
  - url: "{scheme}://${server.replace(/^\w+:\/\//, '')}/{version}/"
    variables:
      scheme: { default: http, enum: [http, https] }
      version: { default: v2.5 }
security:
  - appid: []
paths:
  /weather:
    get:
      operationId: currentWeather
      summary: Current weather
      description: The weather at a place, as it is now.
      parameters:
        - $ref: "#/components/parameters/q"
        - { name: appid, in: query, required: true, schema: { type: string } }
        - name: units
          in: query
          description: How temperatures are counted
          schema: { type: string, enum: [standard, metric, imperial], default: metric }
        - { name: days, in: query, schema: { type: integer, minimum: 0, exclusiveMinimum: true, maximum: 16 } }
        - { name: X-Trace, in: header, schema: { type: string, nullable: true } }
      responses:
        "200":
          description: The weather
          content:
            application/xml: {}
            application/json: { schema: { $ref: "#/components/schemas/Weather" } }
  /stations/{id}:
    parameters:
      - { name: id, in: path, required: true, schema: { type: string } }
    get:
      summary: One station
      responses: { "200": { description: A station } }
    delete:
      operationId: stations.remove
      security: []
      responses: { "204": { description: Gone } }
components:
  parameters:
    q:
      name: q
      in: query
      required: true
      description: City name, e.g. Ghent
      schema: { type: string, minLength: 2 }
  schemas:
    Weather: { type: object, properties: { temp: { type: number } } }
  securitySchemes:
    appid: { type: apiKey, in: query, name: appid }
`;
}

/** A pet shop: OpenAPI 3.1 with nesting, choices, recursion, and every kind of body. */
export function petDocument(server: string): Json {
  return {
    openapi: '3.1.0',
    info: { title: 'Pets', version: '1' },
    servers: [{ url: server }],
    paths: {
      '/pets': {
        get: {
          operationId: 'listPets',
          parameters: [
            {
              name: 'filter',
              in: 'query',
              style: 'deepObject',
              explode: true,
              schema: {
                type: 'object',
                properties: {
                  status: { enum: ['available', 'sold'] },
                  price: { type: 'object', properties: { min: { type: 'number' } } },
                },
              },
            },
            {
              name: 'tags',
              in: 'query',
              explode: false,
              schema: { type: 'array', items: { type: 'string' } },
            },
            { name: '$top', in: 'query', schema: { type: ['integer', 'null'], minimum: 1 } },
          ],
        },
        post: {
          operationId: 'addPet',
          requestBody: {
            required: true,
            content: { 'application/json': { schema: { $ref: '#/components/schemas/NewPet' } } },
          },
        },
      },
      '/pets/{id}': {
        put: {
          operationId: 'replacePet',
          parameters: [
            { name: 'id', in: 'path', required: true, schema: { type: 'integer' } },
            { name: 'id', in: 'query', schema: { type: 'string' } },
          ],
          requestBody: {
            content: {
              'application/json': {
                schema: {
                  type: 'object',
                  required: ['id', 'name'],
                  properties: { id: { type: 'integer' }, name: { type: 'string' } },
                },
              },
            },
          },
        },
      },
      '/pets/{id}/photo': {
        post: {
          operationId: 'addPhoto',
          parameters: [{ name: 'id', in: 'path', required: true, schema: { type: 'integer' } }],
          requestBody: {
            required: true,
            content: {
              'multipart/form-data': {
                schema: {
                  type: 'object',
                  required: ['photo'],
                  properties: {
                    caption: { type: 'string' },
                    photo: { type: 'string', contentMediaType: 'image/png', contentEncoding: 'binary' },
                    tags: { type: 'array', items: { type: 'string' } },
                    about: { type: 'object', properties: { by: { type: 'string' } } },
                  },
                },
              },
            },
          },
        },
      },
    },
    components: {
      schemas: {
        NewPet: {
          allOf: [
            { $ref: '#/components/schemas/Named' },
            {
              type: 'object',
              required: ['kind', 'id'],
              properties: {
                id: { type: 'integer', readOnly: true },
                kind: { type: 'string', enum: ['cat', 'dog'] },
                parent: { $ref: '#/components/schemas/Pet' },
              },
            },
          ],
        },
        Named: {
          type: 'object',
          required: ['name'],
          properties: { name: { type: 'string', maxLength: 20 } },
        },
        Pet: {
          type: 'object',
          description: 'A pet',
          properties: {
            name: { type: ['string', 'null'] },
            parent: { $ref: '#/components/schemas/Pet', description: 'Of the pet' },
            friends: { type: 'array', items: { $ref: '#/components/schemas/Pet' } },
          },
        },
      },
    },
  };
}
