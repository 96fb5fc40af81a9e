import type { LanguageModelV3StreamPart } from '@ai-sdk/provider';
import { expect, test } from 'vitest';
import { upstreamLimits } from '../upstream-limits.ts';
import { ToolCallParts } from './tool-call-parts.ts';

function read(...parts: LanguageModelV3StreamPart[]) {
  const calls = new ToolCallParts();
  for (const part of parts) calls.read(part);
  return calls.calls();
}

const call = (toolCallId: string, input = '{}') =>
  ({ type: 'tool-call', toolCallId, toolName: 'f', input }) as const;
const pieces = (id: string, ...deltas: string[]) => [
  { type: 'tool-input-start', id, toolName: 'f' } as const,
  ...deltas.map((delta) => ({ type: 'tool-input-delta', id, delta }) as const),
];
const thought = (delta: string, signature?: string) =>
  ({
    type: 'reasoning-delta',
    id: '0',
    delta,
    ...(signature && { providerMetadata: { anthropic: { signature } } }),
  }) as const;

test('the whole call counts, not its pieces; two may have one id', () => {
  expect(
    read(...pieces('a', '{', '"b":1}'), call('a', '{"b":2}'), ...pieces('a', '{"c":'), call('b')),
  ).toEqual([
    { id: 'a', name: 'f', arguments: '{"b":2}' },
    { id: 'a', name: 'f', arguments: '{"c":' },
    { id: 'b', name: 'f', arguments: '{}' },
  ]);
});

test('pieces of a call that nobody began are none', () => {
  const calls = new ToolCallParts();
  expect(calls.read({ type: 'tool-input-delta', id: 'a', delta: '{}' })).toBe(false);
  expect(calls.calls()).toEqual([]);
});

test('signed thoughts go with the call after them, once; unsigned ones with none', () => {
  const reasoning = [{ text: 'hm', metadata: { anthropic: { signature: 's' } } }];
  const end = { type: 'reasoning-end', id: '0' } as const;
  expect(
    read(thought('h'), thought('m'), thought('', 's'), end, call('a'), thought('so'), call('b')),
  ).toEqual([
    { id: 'a', name: 'f', arguments: '{}', providerData: { aiSdk: { reasoning } } },
    { id: 'b', name: 'f', arguments: '{}' },
  ]);
});

test('too many thoughts go with no call: half of them would be refused', () => {
  const most = 'x'.repeat(upstreamLimits.maxKeptReasoningChars - 100);
  expect(read(thought(most, 's'), call('a'))[0]).toHaveProperty('providerData');
  expect(read(thought(most, 's'), thought('x'.repeat(100)), call('a'))[0]).not.toHaveProperty('providerData');
});

test('the pieces of an input are not counted twice', () => {
  const input = `{"a":"${'x'.repeat(upstreamLimits.maxToolCallChars - 100)}"}`;
  expect(read(...pieces('a', input), call('a', input))).toHaveLength(1);
  expect(() => read(...pieces('a', input), ...pieces('b', 'x'.repeat(200)))).toThrow('too large');
});
