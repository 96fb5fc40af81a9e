import { describe, expect, test } from 'vitest';
import { upstreamLimits } from '../upstream-limits.ts';
import type { WireMessage } from './chat-chunk.ts';
import { ToolCallReader } from './tool-call-reader.ts';

type Entry = Record<string, unknown>;

/** The calls of a stream with one delta for each list of entries. */
function read(...deltas: readonly (readonly unknown[])[]) {
  return readMessages(...deltas.map((tool_calls) => ({ tool_calls })));
}

function readMessages(...messages: readonly WireMessage[]) {
  const reader = new ToolCallReader();
  for (const message of messages) reader.read(message);
  return reader.calls(null);
}

function entry(name: string | undefined, args: unknown, more: Entry = {}): Entry {
  return { ...more, function: { ...(name === undefined ? {} : { name }), arguments: args } };
}

const weather = (city: string, id = '') => ({ id, name: 'weather', arguments: `{"city":"${city}"}` });
const time = (id = '') => ({ id, name: 'time', arguments: '{}' });

describe('calls in pieces', () => {
  test('as OpenAI streams them, two at once', () => {
    expect(
      read(
        [entry('weather', '', { index: 0, id: 'a', type: 'function' })],
        [entry(undefined, '{"ci', { index: 0 })],
        [entry('time', '', { index: 1, id: 'b', type: 'function' }), entry(undefined, 'ty":"', { index: 0 })],
        [entry(undefined, '{}', { index: 1 }), entry(undefined, 'Oslo"}', { index: 0 })],
      ),
    ).toEqual([weather('Oslo', 'a'), time('b')]);
  });

  test.each([
    ['id and name in each', { index: 0, id: 'a' }, 'weather', 'a'],
    ['id and name in each, without index', { id: 'a' }, 'weather', 'a'],
    ['the name in each, without id', { index: 0 }, 'weather', ''],
    ['the name in each, without index and id', {}, 'weather', ''],
    ['an empty id and name in each', { index: 0, id: '' }, '', ''],
    ['neither index nor id', {}, undefined, ''],
  ] as const)('%s', (_, more, name, id) => {
    const pieces = ['{"ci', 'ty":"', 'Oslo"}', ''];
    expect(read([entry('weather', '', more)], ...pieces.map((piece) => [entry(name, piece, more)]))).toEqual([
      weather('Oslo', id),
    ]);
  });

  test('another id in each: a piece without a name goes on with its call', () => {
    for (const place of [{ index: 0 }, {}]) {
      expect(
        read(
          [entry('weather', '', { ...place, id: 'a' })],
          [entry(undefined, '{"city":', { ...place, id: 'b' })],
          [entry(undefined, '"Oslo"}', { ...place, id: 'c' })],
        ),
      ).toEqual([weather('Oslo', 'a')]);
    }
  });

  test('id and name may come apart, and late', () => {
    expect(
      read(
        [{ index: 0, id: 'a' }],
        [entry('weather', null, { index: 0 })],
        [entry(undefined, '{"city":"Oslo"}', { index: 0 })],
      ),
    ).toEqual([weather('Oslo', 'a')]);
  });

  test('indexes need not begin at 0 nor follow one another', () => {
    expect(
      read(
        [entry('weather', '{"city":"Oslo"}', { index: 7, id: 'a' })],
        [entry('time', '{}', { index: 3, id: 'b' })],
      ),
    ).toEqual([weather('Oslo', 'a'), time('b')]);
  });
});

describe('whole calls, one index for all or none', () => {
  test.each([
    ['own ids', { index: 0 }, 'a', 'b'],
    ['own ids, no index', {}, 'a', 'b'],
    ['one id', { index: 0 }, 'weather', 'weather'],
    ['one id, no index', {}, 'weather', 'weather'],
    ['no ids', { index: 0 }, undefined, undefined],
    ['neither', {}, undefined, undefined],
  ] as const)('the same tool twice: %s', (_, place, first, second) => {
    const one = entry('weather', '{"city":"Oslo"}', { ...place, ...(first && { id: first }) });
    const two = entry('weather', '{"city":"Rome"}', { ...place, ...(second && { id: second }) });
    const expected = [weather('Oslo', first), weather('Rome', second)];
    expect(read([one], [two])).toEqual(expected);
    expect(read([one, two])).toEqual(expected);
  });

  test('one id for every call of a tool, in pieces, no index', () => {
    const pieces = (city: string) =>
      ['', '{"city":', `"${city}"}`].map((piece) => [entry('weather', piece, { id: 'weather' })]);
    expect(read(...pieces('Oslo'), ...pieces('Rome'))).toEqual([
      weather('Oslo', 'weather'),
      weather('Rome', 'weather'),
    ]);
  });

  test('another tool begins a call, even after one without arguments', () => {
    expect(
      read([entry('time', '', { index: 0 })], [entry('weather', '{"city":"Oslo"}', { index: 0 })]),
    ).toEqual([time(), weather('Oslo')]);
  });

  test('two calls without arguments in one delta', () => {
    expect(read([entry('time', ''), entry('time', '')])).toEqual([time(), time()]);
  });

  test('brackets and quotes inside of arguments end nothing', () => {
    const args = '{"a":"}\\"}","b":[{}]}';
    const pieces = [...args].map((piece) => [entry('f', piece, { index: 0 })]);
    expect(read(...pieces)).toEqual([{ id: '', name: 'f', arguments: args }]);
  });

  test('arguments as an object, or none', () => {
    expect(read([entry('weather', { city: 'Oslo' })], [entry('time', null)])).toEqual([
      weather('Oslo'),
      time(),
    ]);
  });

  test('a whole message', () => {
    expect(
      readMessages({
        tool_calls: [entry('weather', '{"city":"Oslo"}', { id: 'a' }), entry('weather', '{"city":"Rome"}')],
      }),
    ).toEqual([weather('Oslo', 'a'), weather('Rome')]);
  });
});

test('the legacy function_call, whole and in pieces', () => {
  expect(readMessages({ function_call: { name: 'weather', arguments: '{"city":"Oslo"}' } })).toEqual([
    weather('Oslo'),
  ]);
  expect(
    readMessages(
      { function_call: { name: 'weather', arguments: '' } },
      { function_call: { arguments: '{"city":' } },
      { function_call: { arguments: '"Oslo"}' } },
    ),
  ).toEqual([weather('Oslo')]);
});

test('a provider that sends both forms calls once', () => {
  const call = { name: 'weather', arguments: '{"city":"Oslo"}' };
  const message = { function_call: call, tool_calls: [{ index: 0, id: 'a', function: call }] };
  expect(readMessages(message)).toEqual([weather('Oslo', 'a')]);
});

test('malformed arguments stay as they are', () => {
  for (const args of ['{"city":', 'Oslo', '[1]', '"x"', '{"a":1}{"b":2}']) {
    expect(read([entry('weather', args, { index: 0 })])).toEqual([
      { id: '', name: 'weather', arguments: args },
    ]);
  }
});

test.each([
  ['null', { tool_calls: null, function_call: null }],
  ['an empty list', { tool_calls: [] }],
  ['no list', { tool_calls: 'x', function_call: 'x' }],
  ['a list of other things', { tool_calls: [null, 'x', 1, []] }],
])('%s is no call', (_, message) => {
  const reader = new ToolCallReader();
  expect(reader.read(message)).toBe(false);
  expect(reader.isEmpty).toBe(true);
  expect(reader.calls(null)).toEqual([]);
});

test('an entry with nothing in it is no call, arguments without a name are an error', () => {
  expect(read([{ index: 0, id: '', type: 'function', function: { name: '', arguments: '' } }])).toEqual([]);
  expect(read([entry('time', '{}', { index: 0 })], [{ index: 1, function: null }])).toEqual([time()]);
  expect(() => read([entry(undefined, '{}', { index: 0 })])).toThrow('a tool call without a name');
});

test('extra content of a call is kept, also when it comes by itself', () => {
  const google = { google: { thought_signature: 'sig' } };
  const kept = { ...weather('Oslo', 'a'), providerData: { openai: { extra_content: google } } };
  const call = entry('weather', '{"city":"Oslo"}', { id: 'a' });
  expect(read([{ ...call, extra_content: google }])).toEqual([kept]);
  expect(read([call], [{ extra_content: google }])).toEqual([kept]);
});

test('reasoning goes with the first call alone', () => {
  const reader = new ToolCallReader();
  reader.read({
    tool_calls: [{ index: 4 }, entry('time', '{}', { index: 0 }), entry('time', '{}', { index: 1 })],
  });
  expect(reader.calls({ reasoning_content: 'hm' })).toEqual([
    { ...time(), providerData: { openai: { reasoning_content: 'hm' } } },
    time(),
  ]);
});

test('names of prototypes are names', () => {
  for (const name of ['__proto__', 'constructor', 'toString']) {
    const call = entry(name, `{"${name}":{"x":1}}`, {
      index: 0,
      id: name,
      extra_content: JSON.parse(`{"${name}":{"polluted":1}}`),
    });
    expect(read([call], [{ ...call, index: name }])).toHaveLength(2);
    expect(read([call])[0]).toMatchObject({ id: name, name, arguments: `{"${name}":{"x":1}}` });
  }
  expect(({} as { polluted?: number }).polluted).toBeUndefined();
});

describe('bounds', () => {
  const calls = (count: number) =>
    Array.from({ length: count }, (_, index) => entry('time', '{}', { index }));

  test('calls of one answer', () => {
    expect(read(calls(upstreamLimits.maxToolCalls))).toHaveLength(128);
    expect(() => read(calls(upstreamLimits.maxToolCalls + 1))).toThrow('too many tool calls');
  });

  test('empty entries count too', () => {
    expect(() => read(Array.from({ length: 129 }, (_, index) => ({ index })))).toThrow('too many tool calls');
  });

  test.each([
    ['arguments', (text: string) => [[entry('f', text, { index: 0 })]]],
    [
      'arguments in pieces',
      (text: string) => [[entry('f', '{', { index: 0 })], [entry(undefined, text, { index: 0 })]],
    ],
    ['arguments of several calls', (text: string) => [calls(9), [entry(undefined, text, { index: 8 })]]],
    ['a name', (text: string) => [[entry(text, '', { index: 0 })]]],
    ['an id', (text: string) => [[entry('f', '', { index: 0, id: text })]]],
    ['extra content', (text: string) => [[entry('f', '', { index: 0, extra_content: { text } })]]],
  ])('%s', (_, deltas) => {
    const room = upstreamLimits.maxToolCallChars;
    expect(() => read(...deltas('x'.repeat(room + 1)))).toThrow('tool calls that are too large');
    expect(() => read(...deltas('x'.repeat(room - 100)))).not.toThrow();
  });

  test('arguments that come in many pieces with their name cost no more than they are long', () => {
    const reader = new ToolCallReader();
    const piece = (args: string) => reader.read({ tool_calls: [entry('f', args, { index: 0 })] });
    const start = performance.now();
    piece('{"a":"');
    for (let i = 0; i < 200_000; i++) piece('}}}}}');
    expect(reader.calls(null)[0]?.arguments).toHaveLength(1_000_006);
    expect(performance.now() - start).toBeLessThan(5_000);
  });
});
