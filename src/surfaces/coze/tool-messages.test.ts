import { expect, test } from 'vitest';
import { upstreamLimits } from '../../models/upstream-limits.ts';
import type { Thought, ToolUse } from '../../runs/thought.ts';
import { namedId } from './ids.ts';
import { toolMessages } from './tool-messages.ts';
import type { ChatIds } from './wire-chat.ts';

const ids: ChatIds = {
  ...{ chat: 'chat', conversation: 'conversation', bot: 'bot', section: 'section' },
  message: () => 'never asked',
};

const use = (more: Partial<ToolUse> = {}): ToolUse => ({
  ...{ id: 'a', provider: 'time', name: 'now', label: {}, arguments: '{"zone":"UTC"}' },
  ...{ output: null, executedBy: 'server' },
  ...more,
});
const thought = (uses: readonly ToolUse[], more: Partial<Thought> = {}): Thought => ({
  ...{ id: '01a1fa4c-2136-71d9-874a-a6a8c68cb563', position: 1, text: '', uses },
  ...{ files: [], createdAt: 1_700_000_000_123 },
  ...more,
});
const contentOf = (uses: readonly ToolUse[], text = '') =>
  toolMessages(ids, thought(uses, { text })).map(({ message }) => message.content);

test('nothing of a thought without calls', () => {
  expect(toolMessages(ids, thought([], { text: 'The end.' }))).toEqual([]);
});

test('a call is a message, and its output another, behind all calls', () => {
  const messages = toolMessages(
    ids,
    thought([use(), use({ id: 'b', output: 'B' }), use({ id: 'c', output: '' })]),
  );
  expect(
    messages.map(({ callId, message: { type, content } }) => [callId, type, content.slice(0, 1)]),
  ).toEqual([
    ['a', 'function_call', '{'],
    ['b', 'function_call', '{'],
    ['c', 'function_call', '{'],
    ['b', 'tool_response', 'B'],
    ['c', 'tool_response', ''],
  ]);
  expect(messages[3]?.message).toEqual({
    id: expect.stringMatching(/^\d{19}$/),
    conversation_id: 'conversation',
    bot_id: 'bot',
    chat_id: 'chat',
    section_id: 'section',
    role: 'assistant',
    type: 'tool_response',
    content: 'B',
    content_type: 'text',
    created_at: 1_700_000_000,
    updated_at: 1_700_000_000,
    meta_data: {},
  });
});

test('keys and ids stay as the thought grows', () => {
  const before = toolMessages(ids, thought([use(), use({ id: 'b' })]));
  const after = toolMessages(ids, thought([use({ output: 'A' }), use({ id: 'b', output: 'B' })]));
  expect(after.slice(0, 2)).toEqual(before);
  expect(new Set(after.map(({ key }) => key)).size).toBe(4);
});

test('ids tell as many calls apart as one round can have, and two thoughts of one moment', () => {
  const uses = Array.from({ length: upstreamLimits.maxToolCalls }, (_, n) =>
    use({ id: `${n}`, output: 'x' }),
  );
  const one = toolMessages(ids, thought(uses));
  const other = toolMessages(ids, thought(uses, { id: '01a1fa4c-2136-71da-874a-a6a8c68cb563' }));
  const all = [...one, ...other].map(({ message }) => message.id);
  expect(new Set(all).size).toBe(4 * upstreamLimits.maxToolCalls);
  for (const id of all) expect(BigInt(id)).toBeLessThan(2n ** 63n);
});

test('what a call says, with ids as numbers of all their digits', () => {
  const [content] = contentOf([use()], 'What "time"\n is it?');
  expect(content).toBe(
    `{"name":"time-now","arguments":{"zone":"UTC"},"plugin_id":${namedId('plugin', 'time')},"plugin_name":"time",` +
      `"api_id":${namedId('api', 'time/now')},"api_name":"now","plugin_type":1,` +
      '"thought":"What \\"time\\"\\n is it?"}',
  );
});

test.each([
  ['as the model wrote them', '{"a": 12345678901234567890}', '{"a": 12345678901234567890}'],
  ['none', '', '{}'],
  ['blank', ' \n ', '{}'],
  ['with white space around them', '\n{"a":1}\n', '{"a":1}'],
  ['no object', '[1]', '[1]'],
  ['malformed', '{"a":"\n', '"{\\"a\\":\\"\\n"'],
  ['two values', '{} {}', '"{} {}"'],
])('arguments, %s', (_, written, shown) => {
  const [content] = contentOf([use({ arguments: written })]);
  expect(content).toContain(`"arguments":${shown},"plugin_id"`);
  JSON.parse(String(content));
});

test('of a tool that there is none of, the name alone', () => {
  const [content] = contentOf([use({ provider: '', name: 'fly' })]);
  expect(JSON.parse(String(content))).toMatchObject({ name: 'fly', plugin_name: '', api_name: 'fly' });
});
