import { describe, expect, test } from 'vitest';
import { documentOf, entryOf, getOf } from './documents.fixture.ts';
import type { OpenApiEntry } from './openapi-entry.ts';
import { operationsOf, reasonOf, SERVER } from './operations.fixture.ts';
import { readDocument } from './read-document.ts';
import { readOperations } from './read-operations.ts';

type Json = Readonly<Record<string, unknown>>;

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

test('a base URL with a password is refused', async () => {
  const baseUrl = 'http://u:hunter2@a.example/v1';
  expect(await reasonOf(documentOf(SERVER, { '/': getOf([]) }), { baseUrl })).toBe(
    'the base URL at a.example holds credentials; send them in a header instead',
  );
});
