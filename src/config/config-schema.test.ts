import { expect, test } from 'vitest';
import { ConfigError } from './config-error.ts';
import { readConfigFile } from './read-config-file.ts';

function problems(source: string): readonly string[] {
  try {
    readConfigFile(source, 'parley.yml', {});
  } catch (error) {
    if (error instanceof ConfigError) return error.message.split('\n');
    throw error;
  }
  return [];
}

const RULE =
  'allow: expected an address, a range such as 10.1.0.0/16, or a host name, with or without a port';
const RULES = 'allow: expected a list of addresses, ranges and host names';
const DURATION = 'timeout: expected a duration such as 500ms, 30s, 20m or 1h';

test.each([
  ['outbound: [10.0.0.0/8]', '11', 'outbound: expected a mapping with allow'],
  ['outbound:', '10', 'outbound: expected a mapping with allow'],
  ['outbound: { deny: [] }', '13', 'unknown key "deny", expected one of allow'],
  ['outbound: { allow: 10.0.0.1 }', '20', RULES],
  ['outbound: { allow: }', '20', RULES],
  ['outbound: { allow: [10.0.0.0/33] }', '21', RULE],
  ['outbound: { allow: [a.example, "http://b.example"] }', '32', RULE],
  ['outbound: { allow: [127.0.0.1:0] }', '21', RULE],
  ['outbound: { allow: [127.1] }', '21', RULE],
  ['outbound: { allow: ["*"] }', '21', RULE],
  ['outbound: { allow: [5] }', '21', RULE],
  ['outbound: { allow: [~] }', '21', RULE],
  ['outbound: { allow: [{ host: a }] }', '21', RULE],
  ['app_settings: { a: { missing_tools: skip } }', '37', 'missing_tools: expected one of refuse, ignore'],
  ['app_settings: { a: { missing_tools: true } }', '37', 'missing_tools: expected one of refuse, ignore'],
  ['app_settings: { a: { outbound: [b] } }', '32', 'outbound: expected a mapping with allow'],
  ['app_settings: { a: { outbound: { allow: [b/c] } } }', '42', RULE],
  [
    'app_settings: { a: { tools: ignore } }',
    '22',
    'unknown key "tools", expected one of on_disconnect, max_concurrency, missing_tools, outbound, env',
  ],
  ['app_settings: { a: { env: [b] } }', '27', 'env: expected a mapping of environment variables'],
  ['app_settings: { a: { env: { B: true } } }', '32', 'B: expected a string or a number'],
  ['app_settings: { a: { env: { B: .nan } } }', '32', 'B: expected a string or a number'],
  ['app_settings: { a: { env: { " ": b } } }', '29', ' : expected the name of an environment variable'],
  ['tools_folder: 5', '15', 'tools_folder: expected the path of a folder'],
  ['tools_folder: ""', '15', 'tools_folder: expected the path of a folder'],
  ['tools_folder: [a]', '15', 'tools_folder: expected the path of a folder'],
  ['sandbox: on', '10', 'sandbox: expected a mapping with javascript, python'],
  ['sandbox: { ruby: {} }', '12', 'unknown key "ruby", expected one of javascript, python'],
  ['sandbox: { python: 3 }', '20', 'python: expected a mapping with timeout, memory, packages'],
  ['sandbox: { javascript: { timeout: 30 } }', '35', DURATION],
  ['sandbox: { javascript: { timeout: 0s } }', '35', DURATION],
  ['sandbox: { python: { timeout: 0 } }', '31', DURATION],
  ['sandbox: { javascript: { memory: 31MB } }', '34', 'memory: expected a size from 32MB to 4GB'],
  ['sandbox: { javascript: { memory: 5GB } }', '34', 'memory: expected a size from 32MB to 4GB'],
  ['sandbox: { python: { memory: 63MB } }', '30', 'memory: expected a size from 64MB to 4GB'],
  ['sandbox: { python: { memory: lots } }', '30', 'memory: expected a size from 64MB to 4GB'],
  [
    'sandbox: { python: { packages: "ftp://a.example/p" } }',
    '32',
    'packages: expected the path or the http(s) address of a folder of packages',
  ],
  [
    'sandbox: { python: { packages: 5 } }',
    '32',
    'packages: expected the path or the http(s) address of a folder of packages',
  ],
  [
    'sandbox: { javascript: { packages: ./p } }',
    '26',
    'unknown key "packages", expected one of timeout, memory',
  ],
])('%s is refused with its place', (source, column, reason) => {
  expect(problems(source)).toEqual([`parley.yml:1:${column}: ${reason}`]);
});

test.each([
  'sandbox: { javascript: { memory: 32MB, timeout: 1ms }, python: { memory: 4GB } }',
  'outbound: { allow: [] }',
  'app_settings: { a: { missing_tools: ignore, outbound: {} } }',
  'tools_folder: ./tools',
  'tools: []',
])('%s is taken', (source) => {
  expect(problems(source)).toEqual([]);
});
