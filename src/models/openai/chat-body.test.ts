import { describe, expect, test } from 'vitest';
import { chatBody } from './chat-body.ts';

describe('max_tokens', () => {
  const body = (model: string, isOpenAI: boolean) =>
    JSON.parse(chatBody(model, [], { messages: [], params: { max_tokens: 9 } }, { isOpenAI }));

  test.each(['o1', 'o3-mini', 'gpt-5', 'gpt-5-mini'])('%s on OpenAI', (model) => {
    expect(body(model, true)).toMatchObject({ max_completion_tokens: 9 });
    expect(body(model, true)).not.toHaveProperty('max_tokens');
  });
  test.each([
    ['gpt-4o', true],
    ['o3', false],
  ] as const)('%s elsewhere', (model, isOpenAI) => {
    expect(body(model, isOpenAI)).toMatchObject({ max_tokens: 9 });
  });
});
