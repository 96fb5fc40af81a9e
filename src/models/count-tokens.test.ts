import { estimateTokenCount } from 'tokenx';
import { expect, test } from 'vitest';
import { countMessages, countTokens, countToolCall, countTools } from './count-tokens.ts';

test('texts and prompts', () => {
  expect(countTokens('')).toBe(0);
  expect(countTokens('The quick brown fox jumps over the lazy dog.')).toBe(10);
  expect(countTokens('你好，世界')).toBeGreaterThan(2);
  const read = async () => new Uint8Array();
  const image = {
    kind: 'image',
    mimeType: 'image/png',
    filename: 'f',
    source: { read },
    detail: 'low',
  } as const;
  expect(countMessages([{ role: 'user', content: [{ kind: 'text', text: 'fox' }, image] }])).toBe(
    3 + 3 + 1 + 85,
  );
});

test('tool calls and their results', () => {
  const call = { id: 'a', name: 'fox', arguments: '{"lazy":"dog"}' };
  const [name, args] = [countTokens('fox'), countTokens('{"lazy":"dog"}')];
  expect([name, args > 3]).toEqual([1, true]);
  expect(countToolCall(call)).toBe(3 + name + args);
  expect(
    countMessages([
      { role: 'assistant', content: 'fox', toolCalls: [call, call] },
      { role: 'tool', toolCallId: 'a', name: 'fox', content: 'fox' },
    ]),
  ).toBe(3 + (3 + 1) + 2 * (3 + name + args) + (3 + 1));
});

test('offered tools', () => {
  const parameters = { type: 'object', properties: { city: { type: 'string', description: 'Which city' } } };
  const tool = { name: 'get_weather', description: 'Weather of a city.', parameters };
  const texts = countTokens('get_weather:Weather of a city.') + countTokens(JSON.stringify(parameters));
  expect(texts).toBeGreaterThan(20);
  expect(countTools([])).toBe(0);
  expect(countTools([tool])).toBe(12 + 7 + texts);
  expect(countTools([tool, tool])).toBe(12 + 2 * (7 + texts));
});

const prose = 'The quick brown fox jumps over the lazy dog, and 1,024 others follow.\n';
const chinese = '敏捷的棕色狐狸跳过了懒狗，然后继续往前跑。\n';
const code = '  if (options.value !== null) {\n    return items.map((item) => item.id);\n  }\n';

test.each([
  ['prose', prose.repeat(15_000)],
  ['Chinese', chinese.repeat(40_000)],
  ['code', code.repeat(13_000)],
  ['parts of different kinds', prose.repeat(6000) + chinese.repeat(20_000) + code.repeat(4000)],
  ['just too long', prose.repeat(1500)],
])('a long text is estimated from samples: %s', (_, text) => {
  expect(text.length).toBeGreaterThan(100_000);
  const counted = estimateTokenCount(text);
  expect(Math.abs(countTokens(text) / counted - 1)).toBeLessThan(0.05);
  expect(Number.isInteger(countTokens(text))).toBe(true);
});

test('a text of 10 MB costs little more than one of 100 kB', () => {
  const cost = (text: string) => {
    const times = Array.from({ length: 5 }, () => {
      const start = performance.now();
      countTokens(text);
      return performance.now() - start;
    });
    return Math.min(...times);
  };
  const short = prose.repeat(1400);
  const long = prose.repeat(143_000);
  expect([short.length < 100_000, long.length > 10_000_000]).toEqual([true, true]);
  cost(short);
  expect(cost(long) / cost(short)).toBeLessThan(5);
});
