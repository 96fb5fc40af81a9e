import { expect, test } from 'vitest';
import type { ChatMessage, ToolCall } from './chat-model.ts';
import { withUniqueIds } from './with-unique-ids.ts';

const call = (id: string): ToolCall => ({ id, name: 'f', arguments: '{}' });
const earlier = (...ids: string[]): ChatMessage[] => [
  { role: 'user', content: 'Hi' },
  { role: 'assistant', content: '', toolCalls: ids.map(call) },
];

test('ids of the provider stay', () => {
  const calls = [call('a'), call('b')];
  expect(withUniqueIds(calls, earlier('c'))).toEqual(calls);
});

test.each([
  ['none', ['', ''], []],
  ['the same for two', ['f', 'f'], []],
  ['those of an earlier answer', ['call_0', 'call_1'], ['call_0', 'call_1']],
  ['some', ['', 'a', '', 'a'], ['b']],
])('%s: each call has one of its own, as long as Mistral wants it', (_, ids, before) => {
  const unique = withUniqueIds(ids.map(call), earlier(...before)).map(({ id }) => id);
  expect(new Set([...unique, ...before]).size).toBe(ids.length + before.length);
  for (const id of unique) if (!ids.includes(id)) expect(id).toMatch(/^[a-z0-9]{9}$/);
});

test('the first of two keeps its id, and everything else stays', () => {
  const [first, second] = withUniqueIds([call('a'), { ...call('a'), providerData: { x: 1 } }], []);
  expect(first?.id).toBe('a');
  expect(second).toEqual({ ...call('a'), id: second?.id, providerData: { x: 1 } });
});
