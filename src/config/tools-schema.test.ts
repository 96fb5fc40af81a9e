import { describe, expect, test } from 'vitest';
import { ConfigError } from './config-error.ts';
import { readConfigFile } from './read-config-file.ts';

const read = (source: string, env: Record<string, string> = {}) =>
  readConfigFile(source, 'parley.yml', env).tools;

function problems(source: string, env: Record<string, string> = {}): readonly string[] {
  try {
    readConfigFile(source, 'parley.yml', env);
  } catch (error) {
    if (error instanceof ConfigError) return error.message.split('\n');
    throw error;
  }
  return [];
}

test('every kind of tool, with all that it may have', () => {
  const source = `
tools:
  - name: weather
    openapi: ./weather.yml
    headers: { authorization: Bearer $\{KEY}, X-Team: blue }
    query: { appid: $\{KEY} }
    base_url: https://api.example/v1/
    timeout: 20s
  - { name: files, mcp: "http://127.0.0.1:9300/mcp", headers: { authorization: "$\{KEY}" }, timeout: 1m }
  - { name: git, mcp: { command: npx, args: [-y, "", git-server], env: { TOKEN: "$\{KEY}" } } }
  - { name: tavily, api_key: $\{KEY}, base_url: http://127.0.0.1:1/, timeout: 500ms }
  - { name: time }
  - name: device
    client:
      - name: get_location
        description: Where the device is
        parameters: { type: object, properties: { precise: { type: boolean } }, required: [precise] }
      - { name: vibrate }
      - { name: ring, parameters: { properties: { loud: true } } }
`;
  expect(read(source, { KEY: 'k-1' })).toEqual([
    {
      ...{ kind: 'openapi', name: 'weather', timeoutMs: 20_000, document: './weather.yml' },
      headers: { authorization: 'Bearer k-1', 'X-Team': 'blue' },
      query: { appid: 'k-1' },
      baseUrl: 'https://api.example/v1',
    },
    {
      ...{ kind: 'mcp', name: 'files', timeoutMs: 60_000 },
      server: { kind: 'http', url: 'http://127.0.0.1:9300/mcp', headers: { authorization: 'k-1' } },
    },
    {
      ...{ kind: 'mcp', name: 'git', timeoutMs: null },
      server: { kind: 'stdio', command: 'npx', args: ['-y', '', 'git-server'], env: { TOKEN: 'k-1' } },
    },
    { kind: 'builtin', name: 'tavily', timeoutMs: 500, apiKey: 'k-1', baseUrl: 'http://127.0.0.1:1' },
    { kind: 'builtin', name: 'time', timeoutMs: null, apiKey: null, baseUrl: null },
    {
      ...{ kind: 'client', name: 'device', timeoutMs: null },
      functions: [
        {
          name: 'get_location',
          description: 'Where the device is',
          parameters: { type: 'object', properties: { precise: { type: 'boolean' } }, required: ['precise'] },
        },
        { name: 'vibrate', description: '', parameters: { type: 'object', properties: {} } },
        { name: 'ring', description: '', parameters: { type: 'object', properties: { loud: true } } },
      ],
    },
  ]);
});

test('what may be left out', () => {
  expect(read('tools: [{ name: a, openapi: a.yml }, { name: b, mcp: { command: c } }]')).toEqual([
    {
      ...{ kind: 'openapi', name: 'a', timeoutMs: null, document: 'a.yml' },
      ...{ headers: {}, query: {}, baseUrl: null },
    },
    {
      ...{ kind: 'mcp', name: 'b', timeoutMs: null },
      server: { kind: 'stdio', command: 'c', args: [], env: {} },
    },
  ]);
});

const NAME = "expected a tool's name: letters, digits, _, - and ., at most 64";
const DURATION = 'expected a duration such as 500ms, 30s, 20m or 1h';
const TWIN = 'expected a name that is not in the list yet';
const HEADER_VALUE = 'expected the value of a header: Latin-1 text of one line, not empty';
const MCP = 'expected the http(s) address of an MCP server, or a mapping with its command';
const FUNCTION_NAME = "expected a function's name: letters, digits, _ and -, at most 64";
const PARAMETERS = 'parameters: expected a JSON Schema of type object';

describe('a wrong value is refused with its place', () => {
  test.each([
    ['{ a: 1 }', '8', 'tools: expected a list of tools'],
    ['', '8', 'tools: expected a list of tools'],
    ['[ x ]', '10', 'tools: expected a mapping with name, timeout, api_key, base_url'],
    ['[ { } ]', '10', `name: ${NAME}`],
    ['[ { name: ../x } ]', '18', `name: ${NAME}`],
    ['[ { name: 5 } ]', '18', `name: ${NAME}`],
    [`[ { name: ${'n'.repeat(65)} } ]`, '18', `name: ${NAME}`],
    ['[ { name: a, timeout: 20 } ]', '30', `timeout: ${DURATION}`],
    ['[ { name: a, timeout: 0s } ]', '30', `timeout: ${DURATION}`],
    ['[ { name: a }, { name: a } ]', '31', `name: ${TWIN}`],
    ['[ { name: a, api_key: 7 } ]', '30', 'api_key: expected a non-empty string'],
    ['[ { name: a, api_key: "" } ]', '30', 'api_key: expected a non-empty string'],
    ['[ { name: a, base_url: a.example } ]', '31', 'base_url: expected an http:// or https:// address'],
    [
      '[ { name: a, opnapi: a.yml } ]',
      '21',
      'unknown key "opnapi", expected one of name, timeout, api_key, base_url for a built-in tool (others have openapi, mcp or client)',
    ],
  ])('tools: %s', (value, column, reason) => {
    expect(problems(`tools: ${value}`)).toEqual([`parley.yml:1:${column}: ${reason}`]);
  });

  const DOCUMENT = 'openapi: expected the path or the http(s) address of an OpenAPI document';
  test.each([
    ['openapi: ""', '30', DOCUMENT],
    ['openapi: 5', '30', DOCUMENT],
    ['openapi: ftp://a.example/x.yml', '30', DOCUMENT],
    ['openapi: "file:///etc/x.yml"', '30', DOCUMENT],
    ['openapi: "http://"', '30', DOCUMENT],
    ['openapi: x, headers: 5', '42', 'headers: expected a mapping of HTTP headers'],
    ['openapi: x, headers: { "a b": c }', '44', 'a b: expected an HTTP header name'],
    ['openapi: x, headers: { a: 5 }', '47', `a: ${HEADER_VALUE}`],
    ['openapi: x, headers: { a: "x\\r\\nb: c" }', '47', `a: ${HEADER_VALUE}`],
    ['openapi: x, headers: { a: 日本 }', '47', `a: ${HEADER_VALUE}`],
    ['openapi: x, headers: { a: b, A: c }', '53', 'A: expected a header that is not in the mapping yet'],
    ['openapi: x, query: [a]', '40', 'query: expected a mapping of query parameters'],
    ['openapi: x, query: { a: 5 }', '45', 'a: expected a non-empty string'],
    ['openapi: x, base_url: /v1', '43', 'base_url: expected an http:// or https:// address'],
    [
      'openapi: x, mcp: http://a.example',
      '33',
      'unknown key "mcp", expected one of name, timeout, openapi, headers, query, base_url with openapi',
    ],
  ])('an OpenAPI tool with %s', (rest, column, reason) => {
    expect(problems(`tools: [ { name: a, ${rest} } ]`)).toEqual([`parley.yml:1:${column}: ${reason}`]);
  });

  test.each([
    ['mcp: 5', '26', `mcp: ${MCP}`],
    ['mcp:', '26', `mcp: ${MCP}`],
    ['mcp: [npx]', '26', `mcp: ${MCP}`],
    ['mcp: ws://a.example', '26', `mcp: ${MCP}`],
    ['mcp: {}', '21', 'command: expected a command'],
    ['mcp: { command: 5 }', '37', 'command: expected a command'],
    ['mcp: { command: c, args: x }', '46', 'args: expected a list of arguments'],
    ['mcp: { command: c, args: [5] }', '47', 'args: expected a string'],
    ['mcp: { command: c, env: [a] }', '45', 'env: expected a mapping of environment variables'],
    ['mcp: { command: c, env: { "A=B": c } }', '47', 'A=B: expected the name of an environment variable'],
    ['mcp: { command: c, env: { A: 5 } }', '50', 'A: expected a non-empty string'],
    [
      'mcp: { command: c }, headers: { a: b }',
      '42',
      'unknown key "headers", expected one of name, timeout, mcp with the command of an mcp',
    ],
    [
      'mcp: http://a.example, api_key: k',
      '44',
      'unknown key "api_key", expected one of name, timeout, mcp, headers with the address of an mcp',
    ],
  ])('an MCP server with %s', (rest, column, reason) => {
    expect(problems(`tools: [ { name: a, ${rest} } ]`)).toEqual([`parley.yml:1:${column}: ${reason}`]);
  });

  test.each([
    ['client: []', '29', 'client: expected a list of functions'],
    ['client: { a: b }', '29', 'client: expected a list of functions'],
    ['client: [f]', '30', 'client: expected a mapping with name, description, parameters'],
    ['client: [{ name: a.b }]', '38', `name: ${FUNCTION_NAME}`],
    ['client: [{ name: f }, { name: f }]', '51', `name: ${TWIN}`],
    ['client: [{ name: f, description: 5 }]', '54', 'description: expected a non-empty string'],
    ['client: [{ name: f, parameters: [a] }]', '53', PARAMETERS],
    ['client: [{ name: f, parameters: { type: string } }]', '53', PARAMETERS],
    ['client: [{ name: f, parameters: { properties: [a] } }]', '53', PARAMETERS],
    ['client: [{ name: f, parameters: { properties: { a: 5 } } }]', '53', PARAMETERS],
    ['client: [{ name: f, parameters: { required: a } }]', '53', PARAMETERS],
    [
      'client: [{ name: f, params: {} }]',
      '41',
      'unknown key "params", expected one of name, description, parameters',
    ],
    [
      'client: [{ name: f }], mcp: http://a.example',
      '44',
      'unknown key "mcp", expected one of name, client with client',
    ],
    [
      'client: [{ name: f }], timeout: 5s',
      '44',
      'unknown key "timeout", expected one of name, client with client',
    ],
  ])('functions of the caller with %s', (rest, column, reason) => {
    expect(problems(`tools: [ { name: a, ${rest} } ]`)).toEqual([`parley.yml:1:${column}: ${reason}`]);
  });

  test('all of them at once, without showing what may be a secret', () => {
    const source = [
      'tools:',
      '  - { name: a, openapi: "<S>://x", headers: { "x y": "<S>" } }',
      '  - { name: b, base_url: "<S>" }',
      '  - { name: c, mcp: "<S>", timeout: "<S>" }',
      '  - { name: d, api_key: "<MISSING>" }',
    ]
      .join('\n')
      .replaceAll(/<(\w+)>/g, '$${$1}');
    const found = problems(source, { S: 'hunter2' });
    expect(found.map((line) => line.replace(/: expected.*/, ''))).toEqual([
      'parley.yml:2:25: openapi',
      'parley.yml:2:48: x y',
      'parley.yml:3:26: base_url',
      'parley.yml:4:21: mcp',
      'parley.yml:4:38: timeout',
      'parley.yml:5:25',
    ]);
    expect(found.at(-1)).toContain('expected the environment variable MISSING to be set');
    expect(found.join()).not.toContain('hunter2');
  });
});
