import { expect, test } from 'vitest';
import { upstreamLimits } from '../upstream-limits.ts';
import type { WireMessage } from './chat-chunk.ts';
import { KeptReasoning } from './kept-reasoning.ts';

function kept(...messages: WireMessage[]) {
  const reasoning = new KeptReasoning();
  for (const message of messages) reasoning.read(message);
  return reasoning.value();
}

test('reasoning_content, put together; an empty one too', () => {
  expect(kept({ reasoning_content: 'Let me' }, { content: 'x' }, { reasoning_content: ' see' })).toEqual({
    reasoning_content: 'Let me see',
  });
  expect(kept({ reasoning_content: '' }, { reasoning_content: null })).toEqual({ reasoning_content: '' });
});

test('nothing when the provider sends none, or in a field that none demands back', () => {
  expect(kept({ content: 'x' }, { reasoning_content: null }, { reasoning: 'hm' })).toBeNull();
});

test('reasoning_details: the pieces of a block are one, blocks stay apart, and they win', () => {
  const text = { type: 'reasoning.text', format: 'anthropic-claude-v1' };
  expect(
    kept(
      { reasoning_content: 'Let me see', reasoning_details: [{ ...text, text: 'Let', index: 0 }] },
      { reasoning_details: [{ ...text, text: ' me', index: 0, signature: null }] },
      { reasoning_details: [{ ...text, signature: 'sig', index: 0 }] },
      { reasoning_details: [{ ...text, text: 'Now', index: 1 }, 'x', null] },
      { reasoning_details: [{ type: 'reasoning.encrypted', data: 'AA', index: 1 }] },
      { reasoning_details: [{ type: 'reasoning.encrypted', data: 'BB', index: 1 }] },
      { reasoning_details: [{ type: 'reasoning.summary', summary: 'a', index: 2 }] },
      { reasoning_details: [{ type: 'reasoning.summary', summary: 'b', index: 2 }] },
    ),
  ).toEqual({
    reasoning_details: [
      { ...text, text: 'Let me', signature: 'sig', index: 0 },
      { ...text, text: 'Now', index: 1 },
      { type: 'reasoning.encrypted', data: 'AA', index: 1 },
      { type: 'reasoning.encrypted', data: 'BB', index: 1 },
      { type: 'reasoning.summary', summary: 'ab', index: 2 },
    ],
  });
});

test('a detail changes no prototype', () => {
  const detail = JSON.parse('{"type":"reasoning.text","text":"a","__proto__":{"polluted":1}}');
  const { reasoning_details } = kept({ reasoning_details: [detail] }, { reasoning_details: [detail] }) ?? {};
  const [merged] = reasoning_details as { polluted?: number; text: string }[];
  expect(merged?.text).toBe('aa');
  expect(merged?.polluted).toBeUndefined();
});

test('too much of it is not kept', () => {
  const most = 'x'.repeat(upstreamLimits.maxKeptReasoningChars);
  expect(kept({ reasoning_content: most })).toEqual({ reasoning_content: most });
  expect(kept({ reasoning_content: most }, { reasoning_content: 'x' })).toBeNull();
  expect(kept({ reasoning_details: [{ text: most }] })).toBeNull();
});
