import { Validator } from '@seriousme/openapi-schema-validator';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { difyRoutes } from '../../src/surfaces/dify/routes/index.ts';
import type { JsonSchema, OpenApiDocument } from '../../src/surfaces/openapi-document.ts';
import { chatApp } from '../support/parley/apps.ts';
import { startParley, type TestParley } from '../support/parley/start-parley.ts';

let parley: TestParley;
let document: OpenApiDocument;
beforeAll(async () => {
  parley = await startParley({ apps: { assistant: chatApp() } });
  const response = await fetch(`${parley.url}/openapi.json`);
  expect(response.headers.get('content-type')).toBe('application/json; charset=utf-8');
  document = (await response.json()) as OpenApiDocument;
});
afterAll(() => parley.close());

const pathOf = (path: string) => path.replace(/:(\w+)/g, '{$1}');

test('the document is valid OpenAPI 3.1', async () => {
  const { valid, errors } = await new Validator().validate({ ...structuredClone(document) });
  expect(errors).toBeUndefined();
  expect(valid).toBe(true);
  expect(document.openapi).toBe('3.1.0');
});

test.each(difyRoutes.map((route) => [`${route.method} ${route.path}`, route] as const))(
  '%s is described',
  (_name, route) => {
    const operation = document.paths[pathOf(route.path)]?.[route.method.toLowerCase()];
    expect(operation?.summary).toBe(route.summary);
    expect(document.tags.map(({ name }) => name)).toEqual(
      expect.arrayContaining([...(operation?.tags ?? ['none'])]),
    );
    const inPath = operation?.parameters
      .filter((parameter) => parameter.in === 'path')
      .map(({ name }) => name);
    expect(inPath).toEqual([...route.path.matchAll(/:(\w+)/g)].map((match) => match[1]));
    const answer = operation?.responses[route.response.status];
    expect(answer).toBeDefined();
    if ('run' in route.response) {
      expect(Object.keys(answer?.content ?? {})).toEqual(['application/json', 'text/event-stream']);
    }
    const user =
      route.user.in === 'query'
        ? operation?.parameters.find(({ name }) => name === 'user')
        : Object.values(operation?.requestBody?.content ?? {})[0]?.schema?.properties?.user;
    expect(user !== undefined).toBe(route.user.in !== 'nowhere');
    if (route.body === 'multipart')
      expect(operation?.requestBody?.content).toHaveProperty('multipart/form-data');
  },
);

test('operation ids are unique', () => {
  const ids = Object.values(document.paths).flatMap((path) =>
    Object.values(path).map(({ operationId }) => operationId),
  );
  expect(new Set(ids).size).toBe(ids.length);
});

test('the example of each JSON body has every required field', () => {
  for (const path of Object.values(document.paths)) {
    for (const { requestBody, operationId } of Object.values(path)) {
      const json = requestBody?.content['application/json'];
      if (!json) continue;
      const required = (json.schema as JsonSchema).required ?? [];
      expect(Object.keys(json.example as object), operationId).toEqual(expect.arrayContaining([...required]));
    }
  }
});
