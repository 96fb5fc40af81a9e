import { expect, test } from 'vitest';
import { EXTRACT_LIMITS } from '../extract-limits.ts';
import { readCsv } from './read-csv.ts';
import { readJson } from './read-json.ts';
import { readProperties } from './read-properties.ts';
import { readVtt } from './read-vtt.ts';
import { readYaml } from './read-yaml.ts';

test('JSON is indented by two; numbers, keys and characters stay what they are', () => {
  const source =
    '{"2":[1.0,12345678901234567890, -1e5],"1":{},"e":[ ],"__proto__":{"a":"\\u4e2d\\n\\"中"},"t":true}';
  expect(readJson(source)).toBe(`{
  "2": [
    1.0,
    12345678901234567890,
    -1e5
  ],
  "1": {},
  "e": [],
  "__proto__": {
    "a": "中\\n\\"中"
  },
  "t": true
}`);
  expect(readJson(' "a" ')).toBe('"a"');
  expect(JSON.parse(readJson(source))).toEqual(JSON.parse(source));
});

test('JSON that is none, or lies too deep, is refused', () => {
  expect(() => readJson('{"a":}')).toThrow(SyntaxError);
  const deep = (levels: number) => `${'['.repeat(levels)}0${']'.repeat(levels)}`;
  expect(() => readJson(deep(EXTRACT_LIMITS.depth + 1))).toThrow('too deep');
  expect(readJson(deep(EXTRACT_LIMITS.depth))).toContain('0');
});

test('YAML is read and written as PyYAML does, all of its documents', () => {
  const source =
    'b: yes # comment\na: [1, {c: "d"}]\n1: 2024-01-01\ns: "yes"\nn: ~\n---\n<<: {k: v}\nm: 中\n';
  expect(readYaml(source)).toBe(
    "b: true\na:\n- 1\n- c: d\n1: 2024-01-01\ns: 'yes'\nn: null\n---\nk: v\nm: 中\n",
  );
  expect(readYaml('')).toBe('');
});

test('YAML that is none, or that grows by its aliases, is refused', () => {
  expect(() => readYaml('a: [')).toThrow();
  const levels = 'bcdefghij'.split('').map((name, at) => {
    const ten = Array(10).fill(`*${'abcdefghi'[at]}`);
    return `${name}: &${name} [${ten}]`;
  });
  expect(() => readYaml(['a: &a [x,x,x,x,x,x,x,x,x,x]', ...levels].join('\n'))).toThrow('alias');
});

test('CSV is a Markdown table', () => {
  expect(readCsv('name,"said ""x"",\r\nthen"\r\n\r\nAnn,1,2\nBob,a"b"\n')).toBe(
    '| name | said "x", then |\n| --- | --- |\n| Ann | 1 | 2 |\n| Bob | a"b" |\n',
  );
  expect(readCsv('')).toBe('');
  expect(readCsv('a,\n,b')).toBe('| a |  |\n| --- | --- |\n|  | b |\n');
  expect(readCsv('"open, \n')).toBe('| open,   |\n| --- |\n');
});

test('subtitles are what is said, by whom', () => {
  const cue = (text: string) => `00:00.000 --> 00:01.000 align:start\n${text}\n\n`;
  const file = `WEBVTT - title\n\nNOTE no\n\n1\n${cue('<v Ann>Hi <i>you</i>')}${cue('<v Ann>More</v>')}${cue(
    '<v.loud Bob>Yes',
  )}${cue('two\nlines')}${cue('three')}`;
  expect(readVtt(file)).toBe('Ann "Hi you More"\nBob "Yes"\n"two\nlines"\n"three"');
  expect(readVtt('WEBVTT')).toBe('');
});

test('properties', () => {
  expect(readProperties('# c\n! d\n\n a = b=c \nx: y:z\nbare\n')).toBe('# c\n! d\n\na: b=c\nx: y:z\nbare:');
});

test.each([
  ['a bracket in subtitles', () => readVtt(`WEBVTT\n\n00:00 --> 00:01\n${'<v'.repeat(120_000)}`)],
  ['spaces in subtitles', () => readVtt(`WEBVTT\n\n00:00 --> 00:01\n<v${' '.repeat(240_000)}`)],
  ['quotes in CSV', () => readCsv('"'.repeat(250_000))],
  ['commas in CSV', () => readCsv(','.repeat(250_000))],
  ['spaces in JSON', () => readJson(`[${' '.repeat(250_000)}]`)],
  ['signs in properties', () => readProperties('= '.repeat(120_000))],
])('%s cost time by their number', (_, read) => {
  expect(typeof read()).toBe('string');
});
