import { expect, test } from 'vitest';
import { testProvider } from './mcp-provider.fixture.ts';
import { echoTool, startMcpServer } from './mcp-server.fixture.ts';

const png = 'iVBORw0KGgo=';

/** What a call gives whose result is this. */
async function answer(result: unknown, tool: Readonly<Record<string, unknown>> = {}, parts = {}) {
  const server = await startMcpServer({ list: () => ({ tools: [echoTool(tool)] }), call: () => result });
  return testProvider(server.url, parts).call('echo', { text: '' });
}

/** The same of a server that sends what the SDK's would refuse to, or put right. */
async function rawAnswer(result: string, parts = {}) {
  const server = await startMcpServer({
    list: () => ({ tools: [echoTool()] }),
    http: ({ messages }, response) => {
      const call = messages.find(({ method }) => method === 'tools/call') as { id?: unknown } | undefined;
      if (call === undefined) return false;
      response.setHeader('content-type', 'application/json');
      response.end(`{"jsonrpc":"2.0","id":${call.id},"result":${result}}`);
      return true;
    },
  });
  return testProvider(server.url, parts).call('echo', { text: '' });
}

test('every kind of content becomes a part, in order', async () => {
  const content = [
    { type: 'text', text: 'one' },
    { type: 'image', data: png, mimeType: 'image/png' },
    { type: 'audio', data: 'UklGRg==', mimeType: 'audio/wav' },
    { type: 'resource', resource: { uri: 'file:///srv/notes.txt', text: 'two' } },
    {
      type: 'resource',
      resource: { uri: 'file:///srv/Bericht%20%C3%BC.pdf', blob: 'JVBERg==', mimeType: 'application/pdf' },
    },
    { type: 'resource_link', uri: 'https://example.com/a?b=c', name: 'a' },
  ];
  expect(await answer({ content, structuredContent: { three: 3 } })).toEqual([
    { kind: 'text', text: 'one' },
    { kind: 'file', data: Buffer.from(png, 'base64'), mimeType: 'image/png', filename: 'echo.png' },
    { kind: 'file', data: Buffer.from('RIFF'), mimeType: 'audio/wav', filename: 'echo.wav' },
    { kind: 'text', text: 'two' },
    { kind: 'file', data: Buffer.from('%PDF'), mimeType: 'application/pdf', filename: 'Bericht ü.pdf' },
    { kind: 'link', url: 'https://example.com/a?b=c' },
    { kind: 'json', value: { three: 3 } },
  ]);
});

test('structured content that a text says already comes once', async () => {
  const structuredContent = { b: [1, { c: null }], a: 'x' };
  const content = [{ type: 'text', text: '{ "a": "x", "b": [1, {"c": null}] }' }];
  expect(await answer({ content, structuredContent })).toEqual([
    { kind: 'text', text: '{ "a": "x", "b": [1, {"c": null}] }' },
  ]);
});

test.each(['file:///etc/passwd', 'javascript:alert(1)', 'data:text/html,x', 'no url', 7])(
  'a link to %s is dropped',
  async (uri) => {
    const link = { type: 'resource_link', uri, name: 'a' };
    const content = [link, { type: 'text', text: 'a' }];
    expect(await rawAnswer(JSON.stringify({ content }))).toEqual([{ kind: 'text', text: 'a' }]);
  },
);

test.each([
  ['text/html', 'application/octet-stream', 'echo.bin'],
  ['IMAGE/PNG; charset=x', 'image/png', 'echo.png'],
  ['image/../../x', 'application/octet-stream', 'echo.bin'],
  ['', 'application/octet-stream', 'echo.bin'],
])('an image of the type %j is of type %s', async (mimeType, type, filename) => {
  const image = { type: 'image', data: png, mimeType };
  expect(await answer({ content: [image] })).toMatchObject([{ kind: 'file', mimeType: type, filename }]);
});

test.each([
  ['file:///a/..%2f..%2fetc%2fpasswd', '_.._etc_passwd.pdf'],
  ['ui://x/.htaccess', 'htaccess.pdf'],
  ['no url', 'echo.pdf'],
  ['file:///a/%00%0a<b>.pdf', '___b_.pdf'],
])('a file named by %s is called %s', async (uri, filename) => {
  const resource = { uri, blob: 'JVBERg==', mimeType: 'application/pdf' };
  expect(await answer({ content: [{ type: 'resource', resource }] })).toMatchObject([{ filename }]);
});

test.each([
  ['a text alone', { content: 'yes' }, [{ kind: 'text', text: 'yes' }]],
  ['nothing', {}, []],
  ['no content', { content: [] }, []],
  [
    'a kind of content that is not known',
    { content: [{ type: 'hologram', data: 1 }] },
    [{ kind: 'json', value: { type: 'hologram', data: 1 } }],
  ],
  [
    'what is no content',
    { content: [null, 7, { type: 'text' }, { type: 'image' }, { type: 'resource' }] },
    [],
  ],
])('answers that are not quite right: %s', async (_, result, parts) => {
  expect(await rawAnswer(JSON.stringify(result))).toEqual(parts);
});

test('isError is an error with the words of the tool, bounded and without what it was told', async () => {
  const content = [
    { type: 'text', text: 'no such city\u0007 (key: s3cret-key)' },
    { type: 'text', text: 'x'.repeat(10_000) },
  ];
  const server = await startMcpServer({
    list: () => ({ tools: [echoTool()] }),
    call: () => ({ content, isError: true }),
  });
  const headers = { authorization: 'Bearer s3cret-key' };
  const provider = testProvider({ kind: 'http', url: server.url, headers });
  const error = await provider.call('echo', { text: '' }).catch((thrown) => thrown);
  expect(error).toMatchObject({ name: 'ToolError', kind: 'failed' });
  expect(error.message).toMatch(/^no such city \(key: \*\*\*\)\nx+…$/);
  expect(error.message.length).toBeLessThanOrEqual(4_096);
});

test('isError without words', async () => {
  await expect(answer({ content: [], isError: true })).rejects.toMatchObject({
    kind: 'failed',
    message: 'the tool failed, and does not say why',
  });
});

test.each([
  [
    'text',
    {
      content: [
        { type: 'text', text: 'x'.repeat(60) },
        { type: 'text', text: 'x'.repeat(60) },
      ],
    },
    'the tool answered with more than the 100 characters that are allowed',
  ],
  [
    'structured content',
    { content: [], structuredContent: { x: 'x'.repeat(101) } },
    'the tool answered with more than the 100 characters that are allowed',
  ],
  [
    'files',
    {
      content: Array(3).fill({
        type: 'image',
        data: Buffer.alloc(60).toString('base64'),
        mimeType: 'image/png',
      }),
    },
    'the tool answered with files that are too large',
  ],
  [
    'parts',
    { content: Array(11).fill({ type: 'text', text: '' }) },
    'the tool answered with more than the 10 parts that are allowed',
  ],
  [
    'what is no base64',
    { content: [{ type: 'image', data: '<svg>', mimeType: 'image/png' }] },
    'the tool answered with a file that is not base64',
  ],
])('refuses %s', async (_, result, message) => {
  const limits = { maxTextLength: 100, maxFileBytes: 130, maxParts: 10 };
  await expect(rawAnswer(JSON.stringify(result), { limits })).rejects.toMatchObject({
    kind: 'failed',
    message,
  });
});

test.each([false, true])('a message that is too large says so (JSON: %s)', async (json) => {
  const server = await startMcpServer(
    {
      list: () => ({ tools: [echoTool()] }),
      call: () => ({ content: [{ type: 'text', text: 'x'.repeat(2_000_000) }] }),
    },
    { json },
  );
  const provider = testProvider(server.url, { limits: { maxMessageBytes: 1_000_000 } });
  await expect(provider.call('echo', { text: '' })).rejects.toMatchObject({
    name: 'ToolError',
    kind: 'failed',
    message: 'the MCP server sent a message of more than 1000000 bytes',
  });
});

test.each([
  ['JSON', ' [1]', 'x', ['text']],
  ['none', 'a [1]', 'x', ['text', 'json']],
])('a long text that looks like %s is not compared', async (_, begin, text, kinds) => {
  const content = [{ type: 'text', text: begin + text.repeat(100) }];
  const limits = { maxComparedLength: 100 };
  const parts = await rawAnswer(JSON.stringify({ content, structuredContent: [2] }), { limits });
  expect(parts.map(({ kind }) => kind)).toEqual(kinds);
});

test('JSON that is nested without end is refused, and harms nothing', async () => {
  const value = `${'['.repeat(100_000)}${']'.repeat(100_000)}`;
  await expect(rawAnswer(`{"content":[],"structuredContent":${value}}`)).rejects.toMatchObject({
    name: 'ToolError',
    kind: 'failed',
  });
});

const outputSchema = { type: 'object', properties: { n: { type: 'number' } }, required: ['n'] };

test('structured content is checked against the schema that the tool has for it', async () => {
  const fits = { content: [], structuredContent: { n: 1 } };
  expect(await answer(fits, { outputSchema })).toEqual([{ kind: 'json', value: { n: 1 } }]);
  await expect(
    answer({ content: [], structuredContent: { n: 'x' } }, { outputSchema }),
  ).rejects.toMatchObject({
    kind: 'failed',
    message: expect.stringMatching(/^the tool's structured answer does not fit its own schema: .*number/),
  });
});

test.each([
  ['an endless regular expression', { type: 'string', pattern: '^(a+)+$' }],
  ['references that multiply', { $ref: '#/$defs/d0' }],
  ['an unknown reference', { $ref: 'https://example.com/schema' }],
  ['a reference to itself', { $ref: '#/$defs/self' }],
])('a schema with %s holds nobody up', async (_, n) => {
  const $defs = Object.fromEntries(
    Array.from({ length: 30 }, (_, i) => [`d${i}`, { allOf: Array(2).fill({ $ref: `#/$defs/d${i + 1}` }) }]),
  );
  const schema = {
    type: 'object',
    properties: { n },
    $defs: { ...$defs, d30: {}, self: { $ref: '#/$defs/self' } },
  };
  const structuredContent = { n: `${'a'.repeat(60)}!` };
  const at = performance.now();
  expect(await answer({ content: [], structuredContent }, { outputSchema: schema })).toEqual([
    { kind: 'json', value: structuredContent },
  ]);
  expect(performance.now() - at).toBeLessThan(3_000);
});
