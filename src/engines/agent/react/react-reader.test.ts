import { describe, expect, test } from 'vitest';
import { ReactReader } from './react-reader.ts';
import type { ReactAction } from './read-action.ts';

interface Told {
  /** All that was told, as it was told. */
  readonly shown: string;
  readonly thought: string;
  readonly action: ReactAction | null;
}

function read(pieces: readonly string[]): Told {
  let shown = '';
  const reader = new ReactReader((text) => {
    shown += text;
  });
  for (const piece of pieces) reader.add(piece);
  reader.end();
  return { shown, thought: reader.thought, action: reader.action };
}

/** What it makes of a text, however the text is cut. */
function readAnyhow(text: string): Told {
  const whole = read([text]);
  expect(whole.shown).toBe(whole.thought);
  expect(read([...text]), 'one character at a time').toEqual(whole);
  for (let at = 1; at < text.length; at++) {
    expect(read([text.slice(0, at), text.slice(at)]), `cut at ${at}`).toEqual(whole);
    expect(read([text.slice(0, at), '', text.slice(at)]), `an empty piece at ${at}`).toEqual(whole);
  }
  for (let size = 2; size <= 7; size++) {
    const pieces = text.match(new RegExp(`[\\s\\S]{1,${size}}`, 'g')) ?? [];
    expect(read(pieces), `pieces of ${size}`).toEqual(whole);
  }
  return whole;
}

const WEEKDAY = { name: 'weekday', input: { year: 2024, month: 1, day: 5 } };
const JSON_OF_IT = '{"action": "weekday", "action_input": {"year": 2024, "month": 1, "day": 5}}';

describe('an action is found, wherever its pieces break', () => {
  test.each([
    [
      'fenced, as the prompt asks',
      `Thought: I look it up.\nAction:\n\`\`\`\n${JSON_OF_IT}\n\`\`\``,
      'I look it up.',
    ],
    [
      'fenced as json',
      `Thought: I look it up.\n\nAction:\n\`\`\`json\n${JSON_OF_IT}\n\`\`\`\n`,
      'I look it up.',
    ],
    ['in a fence that is not closed', `Thought: I look.\nAction:\n\`\`\`JSON\n${JSON_OF_IT}`, 'I look.'],
    ['bare', `I look it up.\n${JSON_OF_IT}`, 'I look it up.'],
    ['bare behind its marker', `Thought: now\nAction: ${JSON_OF_IT}`, 'now'],
    ['within a line', `I use ${JSON_OF_IT} for that.`, 'I use'],
    ['as a list of one', `Action: [${JSON_OF_IT}]`, ''],
    ['as a list of one over several lines', `Now\n\`\`\`json\n[\n  ${JSON_OF_IT}\n]\n\`\`\``, 'Now'],
    ['with nothing around it', JSON_OF_IT, ''],
    [
      'after thoughts of many lines',
      `Thought: one\ntwo\nthree\n\nfour\nAction:\n${JSON_OF_IT}`,
      'one\ntwo\nthree\n\nfour',
    ],
    ['with its marker in the fence', `Thought: so\n\`\`\`\nAction: ${JSON_OF_IT}\n\`\`\``, 'so\n```'],
    [
      'after code that is none',
      `See\n\`\`\`python\nd = {"a": 1}\n\`\`\`\nAction:\n\`\`\`\n${JSON_OF_IT}\n\`\`\``,
      'See\n```python\nd = {"a": 1}\n```',
    ],
    [
      'after JSON that is none',
      `Given {"a": [1, {"b": 2}]} I go on.\n${JSON_OF_IT}`,
      'Given {"a": [1, {"b": 2}]} I go on.',
    ],
    [
      'after brackets that are none',
      `A list [1, 2], a set {x, y}, [ and {.\n${JSON_OF_IT}`,
      'A list [1, 2], a set {x, y}, [ and {.',
    ],
    [
      'after backticks that are none',
      `Use \`weekday\` or \`\`it\`\`.\n${JSON_OF_IT}`,
      'Use `weekday` or ``it``.',
    ],
    ['with markers in capitals and a wide colon', `THOUGHT： so\nACTION： ${JSON_OF_IT}`, 'so'],
    ['behind indented markers', `  Thought :  so\n\t Action :\t${JSON_OF_IT}`, 'so'],
  ])('%s', (_, text, thought) => {
    const told = readAnyhow(text);
    expect(told.action).toEqual(WEEKDAY);
    expect(told.thought.trim()).toBe(thought);
  });
});

describe('what stands in an action', () => {
  const action = (json: string) => readAnyhow(`Thought: so\nAction:\n\`\`\`json\n${json}\n\`\`\``).action;

  test.each([
    [
      '{"action": "Final Answer", "action_input": "Use:\\n```js\\nlet a = {};\\n```\\nThat is it."}',
      'Use:\n```js\nlet a = {};\n```\nThat is it.',
    ],
    ['{"action": "Final Answer", "action_input": "a } b ] c { d \\" e \\\\"}', 'a } b ] c { d " e \\'],
    [
      '{"action": "Final Answer", "action_input": {"city": "Rome", "list": [1, [2]]}}',
      { city: 'Rome', list: [1, [2]] },
    ],
    ['{"action": "Final Answer", "action_input": ""}', ''],
    ['{"action": "Final Answer", "action_input": 42}', 42],
    ['{"action": "Final Answer", "action_input": "Zwölf Boxkämpfer 🥊 日本"}', 'Zwölf Boxkämpfer 🥊 日本'],
  ])('%s', (json, input) => {
    expect(action(json)).toEqual({ name: 'Final Answer', input });
  });

  test('texts of several lines, as models write them against the rules of JSON', () => {
    const json = '{"action": "Final Answer", "action_input": "First line.\nSecond\tline.\r\n"}';
    expect(action(json)).toEqual({ name: 'Final Answer', input: 'First line.\nSecond\tline.\r\n' });
  });

  test('the key with "input" in it is the input, the other the name, in any order', () => {
    expect(action('{"Action_Input": {"a": 1}, "tool": "t"}')).toEqual({ name: 't', input: { a: 1 } });
    expect(action('{"name": "t", "input": "x"}')).toEqual({ name: 't', input: 'x' });
  });

  test.each([
    ['{"action": "weekday"}'],
    ['{"action_input": {"a": 1}}'],
    ['{"action": 5, "action_input": {}}'],
    [`[${JSON_OF_IT}, ${JSON_OF_IT}]`],
    ['{}'],
    ['{"action": "weekday", "action_input": {a: 1}}'],
    ["{'action': 'weekday', 'action_input': {}}"],
  ])('%s is none: it is told as it stands', (json) => {
    const told = readAnyhow(`So: ${json} or so`);
    expect(told.action).toBeNull();
    expect(told.thought).toBe(`So: ${json} or so`);
  });
});

test('what follows an action is the model’s own invention: a result, and even a next action', () => {
  const invented = `\nObservation: It is a Monday.\nThought: I know.\nAction: {"action": "Final Answer", "action_input": "Monday"}`;
  const told = readAnyhow(`Thought: so\nAction: ${JSON_OF_IT}${invented}`);
  expect(told.action).toEqual(WEEKDAY);
  expect(told.thought.trim()).toBe('so');
});

describe('without an action all is thought', () => {
  test.each([
    ['The answer is 42.', 'The answer is 42.'],
    ['Thought: The answer\nis 42.\n', 'The answer\nis 42.\n'],
    ['No marker: Thought: stays, and my Action: too', 'No marker: Thought: stays, and my Action: too'],
    ['Thoughts are free\nActionable\nObserve', 'Thoughts are free\nActionable\nObserve'],
    ['Thought', 'Thought'],
    ['Thought:', ''],
    ['', ''],
    ['  \n  indented', '  \n  indented'],
    ['```', '```'],
    ['ends with `` ', 'ends with `` '],
    ['ends with ``', 'ends with ``'],
    ['ends with [', 'ends with ['],
    ['```js\nconst a = { b: [1] };\n```', '```js\nconst a = { b: [1] };\n```'],
    [
      'never closed: {"action": "weekday", "action_input": {"year": 2',
      'never closed: {"action": "weekday", "action_input": {"year": 2',
    ],
    ['```json\n{"a": 1}\n```\nmore', '```json\n{"a": 1}\n```\nmore'],
  ])('%j', (text, thought) => {
    const told = readAnyhow(text);
    expect(told.action).toBeNull();
    expect(told.thought).toBe(thought);
  });
});

test('thoughts are told at once, up to what may become a marker or an action', () => {
  const told: string[] = [];
  const reader = new ReactReader((text) => told.push(text));
  const shown = (piece: string) => {
    told.length = 0;
    reader.add(piece);
    return told.join('');
  };
  expect(shown('Thou')).toBe('');
  expect(shown('ght: I ')).toBe('I ');
  expect(shown('think')).toBe('think');
  expect(shown(' {x')).toBe(' {x');
  expect(shown(' `')).toBe(' ');
  expect(shown('code` [')).toBe('`code` ');
  expect(shown('1]\n')).toBe('[1]\n');
  expect(shown('Act')).toBe('');
  expect(shown('ually')).toBe('Actually');
  expect(shown('\nAction: {"action"')).toBe('\n');
  expect(shown(': "t", "action_input": {}}')).toBe('');
  expect(reader.action).toEqual({ name: 't', input: {} });
});

test('an action of 150,000 characters in pieces of 3 is read in a moment', () => {
  const answer = 'word '.repeat(30_000);
  const text = `Action: {"action": "Final Answer", "action_input": "${answer}"}`;
  const began = performance.now();
  const { action } = read(text.match(/[\s\S]{1,3}/g) ?? []);
  expect(action).toEqual({ name: 'Final Answer', input: answer });
  expect(performance.now() - began).toBeLessThan(2_000);
});

test('JSON that is nested without measure is no action', () => {
  const deep = (levels: number) =>
    `{"action": "t", "action_input": ${'['.repeat(levels)}${']'.repeat(levels)}}`;
  expect(read([deep(100)]).action).toMatchObject({ name: 't' });
  const { action, thought } = read([deep(100_000)]);
  expect(action).toBeNull();
  expect(thought).toBe(deep(100_000));
});

test('a text that begins like JSON and goes on for ever is told in the end, whatever it is', () => {
  const text = `{"a": "${'x'.repeat(300_000)}`;
  const { thought, action } = read(text.match(/[\s\S]{1,5000}/g) ?? []);
  expect(action).toBeNull();
  expect(thought).toBe(text);
});
