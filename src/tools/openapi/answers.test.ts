import type { ServerResponse } from 'node:http';
import { brotliCompressSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { type Call, startCallee } from '../../outbound/start-callee.fixture.ts';
import type { ToolPart } from '../tool-part.ts';
import { callTool, providerOf } from './call-tool.fixture.ts';
import { documentOf, getOf } from './documents.fixture.ts';
import type { OpenApiEntry } from './openapi-entry.ts';

async function answered(
  answer: (response: ServerResponse, call: Call) => unknown,
  entry: Partial<OpenApiEntry> = {},
  path = '/files/report',
): Promise<readonly ToolPart[]> {
  const callee = await startCallee((call, response) => answer(response, call));
  return callTool(providerOf(documentOf(callee.url, { [path]: getOf([]) }), entry), {});
}

const plain =
  (type: string | null, body: string | Buffer, headers: Record<string, string> = {}) =>
  (response: ServerResponse) =>
    response.writeHead(200, { ...(type !== null && { 'content-type': type }), ...headers }).end(body);

describe('good answers', () => {
  test.each([
    ['application/json', '{"a":[1]}', { kind: 'json', value: { a: [1] } }],
    ['application/problem+json; charset=utf-8', 'null', { kind: 'json', value: null }],
    ['application/json', '{broken', { kind: 'text', text: '{broken' }],
    ['text/html', '<p>', { kind: 'text', text: '<p>' }],
    ['text/plain; charset=iso-8859-1', Buffer.from([0xfc]), { kind: 'text', text: 'ü' }],
    ['text/plain; charset=klingon', 'a', { kind: 'text', text: 'a' }],
    ['application/xml', '<a/>', { kind: 'text', text: '<a/>' }],
    [null, '{"a":1}', { kind: 'json', value: { a: 1 } }],
    [null, 'words', { kind: 'text', text: 'words' }],
  ])('%s %s', async (type, body, expected) => {
    expect(await answered(plain(type, body))).toEqual([expected]);
  });

  test('nothing is a success', async () => {
    expect(await answered((response) => response.writeHead(204).end())).toEqual([
      { kind: 'text', text: 'success' },
    ]);
    expect(await answered((response) => response.writeHead(304).end())).toEqual([
      { kind: 'text', text: '304 Not Modified' },
    ]);
  });

  const bytes = Buffer.from([1, 2, 255]);
  test.each([
    ['image/png', {}, 'report.png'],
    [
      'application/pdf',
      { 'content-disposition': 'attachment; filename="my \\"report\\".pdf"' },
      'my "report".pdf',
    ],
    ['application/pdf', { 'content-disposition': 'attachment; filename=plain.pdf' }, 'plain.pdf'],
    [
      'audio/mpeg',
      { 'content-disposition': "attachment; filename=a.mp3; filename*=UTF-8''%C3%BC.mp3" },
      'ü.mp3',
    ],
    ['video/mp4', { 'content-disposition': 'attachment; filename="../../etc/passwd"' }, 'passwd.mp4'],
    ['application/zip', { 'content-disposition': 'attachment; filename="..\\\\..\\\\x.zip"' }, 'x.zip'],
    ['application/octet-stream', { 'content-disposition': "attachment; filename*=UTF-8''%zz" }, 'report.bin'],
    ['application/octet-stream', { 'content-disposition': 'attachment; filename=".."' }, 'file.bin'],
  ])('a file of %s with %j', async (type, headers, filename) => {
    const parts = await answered(plain(type, bytes, headers));
    expect(parts).toEqual([{ kind: 'file', data: bytes, mimeType: type, filename }]);
  });

  test('bytes of no type are a file', async () => {
    expect(await answered(plain(null, bytes))).toMatchObject([
      { kind: 'file', mimeType: 'application/octet-stream', filename: 'report.bin' },
    ]);
  });

  test('JSON that is too deep to be written again is text', async () => {
    const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`;
    expect(await answered(plain('application/json', deep))).toEqual([{ kind: 'text', text: deep }]);
  });
});

describe('bad answers', () => {
  test.each([
    [404, 'text/plain', ' no such\nthing ', 'failed', '404 Not Found: no such\nthing'],
    [401, 'application/json', '{"e":1}', 'credentials', '401 Unauthorized: {"e":1}'],
    [403, 'text/plain', '', 'credentials', '403 Forbidden'],
    [500, 'image/png', 'PNG', 'failed', '500 Internal Server Error'],
    [599, 'text/plain', 'x', 'failed', '599: x'],
  ])('%s with %s %j', async (status, type, body, kind, message) => {
    const call = answered((response) => response.writeHead(status, { 'content-type': type }).end(body));
    const error = await call.catch((reason) => reason);
    expect(error).toMatchObject({ name: 'ToolError', kind });
    expect(error.message.replace(/^127\.0\.0\.1:\d+ answered /, '')).toBe(message);
  });

  test('only the beginning of an endless error is read', async () => {
    let gone: Promise<void> | undefined;
    const call = answered((response, { gone: closed }) => {
      gone = closed;
      response.writeHead(500, { 'content-type': 'text/plain' });
      const more = () => response.write('x'.repeat(4_096), () => setImmediate(more));
      more();
    });
    await expect(call).rejects.toHaveProperty('message', expect.stringMatching(/: x{1000}…$/));
    await gone;
  });

  test.each([
    ['text/plain', 5],
    ['application/json', 5],
    ['application/pdf', 15],
  ])('%s of more than %s MB is refused, and its connection closed', async (type, most) => {
    let gone: Promise<void> | undefined;
    const call = answered((response, { gone: closed }) => {
      gone = closed;
      response.writeHead(200, { 'content-type': type });
      const piece = Buffer.alloc(256 * 1024, '1');
      const more = () => response.write(piece, () => setImmediate(more));
      more();
    });
    await expect(call).rejects.toMatchObject({ name: 'ToolError', kind: 'failed' });
    await expect(call).rejects.toHaveProperty(
      'message',
      expect.stringMatching(new RegExp(`more than (${most} MB|the 15728640 bytes)`)),
    );
    await gone;
  });

  test('as large as may be is taken; a bomb is not', async () => {
    const text = 'x'.repeat(5 * 1024 ** 2);
    expect(await answered(plain('text/plain', text))).toEqual([{ kind: 'text', text }]);
    const bomb = brotliCompressSync(Buffer.alloc(100 * 1024 ** 2));
    const call = answered(plain('text/plain', bomb, { 'content-encoding': 'br' }));
    await expect(call).rejects.toMatchObject({ name: 'ToolError', kind: 'failed' });
  });

  test('one that breaks off', async () => {
    const call = answered((response) => {
      response.writeHead(200, { 'content-type': 'text/plain', 'content-length': '10' });
      response.write('half', () => response.destroy());
    });
    await expect(call).rejects.toMatchObject({ name: 'ToolError', kind: 'failed' });
  });
});

describe("the owner's credentials", () => {
  const entry = {
    headers: { Authorization: 'Bearer sk-live-0123456789abcdef', accept: 'application/json' },
    query: { key: 'q+k/0123456789"abcd', units: 'metric' },
  };

  test('are hidden where a service echoes them in good answers', async () => {
    const json = await answered((response, { headers, path }) => {
      response.setHeader('content-type', 'application/json');
      response.end(
        JSON.stringify({
          headers,
          path,
          [headers.authorization ?? '']: 1,
          key: entry.query.key,
          units: 'metric',
        }),
      );
    }, entry);
    const text = JSON.stringify(json);
    expect(text).not.toMatch(/0123456789/);
    expect(json).toMatchObject([
      { value: { path: '/files/report?key=***&units=metric', key: '***', units: 'metric' } },
    ]);
    expect(
      await answered(
        (response, { headers }) =>
          response.setHeader('content-type', 'text/plain').end(headers.authorization),
        entry,
      ),
    ).toEqual([{ kind: 'text', text: '***' }]);
  });

  test('from eight characters up, also where JSON writes them in another way, and in names of files', async () => {
    const own = { headers: { 'x-key': 'eight/ch', 'x-team': 'team-a' }, query: {} };
    const json = '{"key": "eight\\/ch", "\\u0065ight/ch": 1, "team": "team-a"}';
    expect(await answered(plain('application/json', json), own)).toEqual([
      { kind: 'json', value: { key: '***', '***': 1, team: 'team-a' } },
    ]);
    const named = { 'content-disposition': 'attachment; filename="of eight%2Fch.png"' };
    expect(await answered(plain('image/png', 'x', named), own)).toMatchObject([
      { kind: 'file', filename: 'of ***.png' },
    ]);
  });

  test('and in errors, whole and in part', async () => {
    const echo =
      (repeat: number) =>
      (response: ServerResponse, { headers, path }: Call) =>
        response
          .writeHead(400, { 'content-type': 'text/plain' })
          .end(`${headers.authorization} ${path} `.repeat(repeat));
    const failure = (repeat: number, own = entry) =>
      answered(echo(repeat), own).catch((error) => error.message);
    expect(await failure(1)).toMatch(
      /answered 400 Bad Request: \*\*\* \/files\/report\?key=\*\*\*&units=\*\*\*$/,
    );
    expect(await failure(1_000)).not.toMatch(/0123|sk-|abcdef/);
    // So long that the read beginning ends within it.
    const long = { headers: { 'x-key': 'k'.repeat(7_000) }, query: {} } as unknown as typeof entry;
    const cut = await answered(
      (response, { headers }) =>
        response.writeHead(400, { 'content-type': 'text/plain' }).end(String(headers['x-key']).repeat(3)),
      long,
    ).catch((error) => error.message);
    expect(cut).not.toContain('kk');
  });
});
