import { describe, expect, test } from 'vitest';
import { ConfigError } from './config-error.ts';
import { readConfigFile } from './read-config-file.ts';

const variable = (name: string) => `$\{${name}}`;

function problems(source: string, env: Record<string, string> = {}): readonly string[] {
  try {
    readConfigFile(source, 'parley.yml', env);
  } catch (error) {
    if (error instanceof ConfigError) return error.message.split('\n');
    throw error;
  }
  return [];
}

describe('variables of the environment', () => {
  test('are replaced in flow mappings, where YAML would not allow the braces', () => {
    const source = `providers:\n  openai: { api_key: ${variable('KEY')}, base_url: http://127.0.0.1:9000/v1 }\n`;
    const { openai } = readConfigFile(source, 'f', { KEY: 'sk-1' }).providers ?? {};
    expect(openai).toEqual({ api_key: 'sk-1', base_url: 'http://127.0.0.1:9000/v1' });
  });

  test('are replaced within longer and quoted strings, and never read as YAML', () => {
    const env = { A: 'x: {y} #z', B: variable('A') };
    const source = `providers:\n  p:\n    api_key: "<${variable('A')}>-${variable('B')}"\n`;
    expect(readConfigFile(source, 'f', env).providers?.p?.api_key).toBe(`<x: {y} #z>-${variable('A')}`);
  });

  test('may be numbers', () => {
    expect(readConfigFile(`port: ${variable('PORT')}`, 'f', { PORT: '8080' }).port).toBe(8080);
  });

  test('that are missing name file, line, column and variable, once each', () => {
    const source = `# ${variable('COMMENTED')}\nport: ${variable('PORT')}\nhost: "a${variable('A_1')}b"\n`;
    expect(problems(source)).toEqual([
      'parley.yml:2:7: expected the environment variable PORT to be set',
      'parley.yml:3:7: expected the environment variable A_1 to be set',
    ]);
  });

  test('with other forms are refused', () => {
    expect(problems(`host: "$\{A:-b}"`)[0]).toMatch(/^parley\.yml:1:7: expected \$\{NAME\}/);
  });
});

describe('problems', () => {
  test('are all reported, in the order of the file', () => {
    const source = [
      'hots: a',
      'port: 70000',
      'providers:',
      '  one: { base_ul: http://x, base_url: ftp://x }',
      '  two:',
      '    type: opnai',
      '    models:',
      '      - good',
      '      - { nam: x }',
      'keys:',
      '  - { key: sk-1, app: a }',
      '  - { app: a }',
      'app_settings:',
      '  a: { on_disconnect: { stop_after: 30 }, max_concurrency: -1 }',
      '  "../b": {}',
      'limits: { file_size: 15 apples, drain_time: 30 }',
    ].join('\n');
    const found = problems(source);
    expect(found.map((line) => line.replace(/expected.*/, '').trim())).toEqual([
      'parley.yml:1:1: unknown key "hots",',
      'parley.yml:2:7: port:',
      'parley.yml:4:10: unknown key "base_ul",',
      'parley.yml:4:39: base_url:',
      'parley.yml:6:11: type:',
      'parley.yml:9:9: models:',
      'parley.yml:11:12: key:',
      'parley.yml:12:5: key:',
      'parley.yml:14:23: on_disconnect:',
      'parley.yml:14:60: max_concurrency:',
      'parley.yml:15:3: ../b:',
      'parley.yml:16:22: file_size:',
      'parley.yml:16:45: drain_time:',
    ]);
    expect(found[1]).toBe('parley.yml:2:7: port: expected a port number from 0 to 65535');
    expect(found[0]).toContain('expected one of host, port, data');
  });

  test.each([
    ['a: [\nb: {', /^parley\.yml:2:1: /],
    ['host: a\nhost: b', /^parley\.yml:2:1: Map keys must be unique/],
    ['- 1', /^parley\.yml:1:1: expected a mapping/],
    ['app_settings: { __proto__: {} }', /^parley\.yml:1:17: the key "__proto__" is not allowed/],
    ['host: !!js/function x', /^parley\.yml:1:7: /],
    ['host:', /^parley\.yml:1:6: host: expected a host name/],
    [
      'keys: [{key: app-a, app: a}, {key: app-a, app: b}]',
      /^parley\.yml:1:36: key: expected a key that is not/,
    ],
    ['keys: [{key: pat_a}, {key: pat_a}]', /^parley\.yml:1:28: key: expected a key that is not/],
    ['coze: { cancel: stop }', /^parley\.yml:1:17: cancel: expected one of continue, interrupt$/],
    ['coze: { port: 70000 }', /^parley\.yml:1:15: port: expected a port number from 0 to 65535$/],
    ['coze: { prot: 1 }', /^parley\.yml:1:9: unknown key "prot", expected one of cancel, port$/],
  ])('%j', (source, message) => {
    expect(problems(source)[0]).toMatch(message);
  });

  test('of keys and access tokens say what is expected of the one that it is', () => {
    const source = [
      'keys:',
      '  - { key: app-a, bots: [a] }',
      '  - { key: pat_a, app: a }',
      '  - { key: pat_a b }',
      '  - { key: pat_b, bots: a, scopes: [] }',
      '  - { key: pat_c, bots: [a, ../b] }',
      '  - { key: pat_d, scopes: [chat, chta] }',
      '  - { key: sk-1, bots: a, colour: red }',
      '  - pat_e',
    ].join('\n');
    const found = problems(source);
    expect(found.map((line) => line.replace(/(listMessage), .*/, '$1'))).toEqual([
      'parley.yml:2:5: app: expected the id of an app',
      'parley.yml:2:19: unknown key "bots", expected one of key, app with a key app-…',
      'parley.yml:3:19: unknown key "app", expected one of key, bots, scopes with a key pat_…',
      'parley.yml:4:12: key: expected an access token: pat_ and then letters, digits, - and _',
      'parley.yml:5:25: bots: expected a list of app ids, or ["*"] for all',
      'parley.yml:5:36: scopes: expected a list of permissions, or ["*"] for all',
      'parley.yml:6:29: bots: expected the id of an app, or "*" for all',
      'parley.yml:7:34: scopes: expected one of *, chat, getChat, cancelChat, submitToolChat, listMessage',
      'parley.yml:8:12: key: expected an API key (app-…) or an access token (pat_…)',
      'parley.yml:9:5: keys: expected a mapping with key and app, or with key, bots and scopes',
    ]);
  });

  test('do not show values, which may be secrets', () => {
    const source = `port: ${variable('S')}\nproviders: { a: { base_url: ${variable('S')} } }\nkeys: [{ key: ${variable('S')}, app: a }]`;
    const found = problems(source, { S: 'hunter2' });
    expect(found).toHaveLength(3);
    expect(found.join()).not.toContain('hunter2');
  });

  test('of deep nesting and of alias bombs are ordinary problems', () => {
    expect(problems('['.repeat(100_000))[0]).toMatch(/^parley\.yml:1:/);
    const bomb = ['a: &a [x,x,x,x,x,x,x,x,x]', ...'bcdefgh'.split('').map(repeat)].join('\n');
    expect(problems(bomb)[0]).toMatch(/alias/i);
  });
});

function repeat(name: string): string {
  const before = String.fromCharCode(name.charCodeAt(0) - 1);
  return `${name}: &${name} [${Array(9).fill(`*${before}`).join(',')}]`;
}

test('a position is found whatever stands around it', () => {
  for (let lines = 0; lines < 40; lines++) {
    const source = `${'# padding\n'.repeat(lines)}limits:\n${' '.repeat(1 + (lines % 7))}file_size: nope\n`;
    const indent = 1 + (lines % 7);
    expect(problems(source)).toEqual([
      `parley.yml:${lines + 2}:${indent + 12}: file_size: expected a size such as 512KB or 15MB`,
    ]);
  }
});

test('an empty file is an empty configuration', () => {
  expect(readConfigFile('', 'f', {})).toEqual({});
  expect(readConfigFile('# nothing\n', 'f', {})).toEqual({});
});
