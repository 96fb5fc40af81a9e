import { describe, expect, test, vi } from 'vitest';
import type { ChatMessage } from '../chat-model.ts';
import { countTokens } from '../count-tokens.ts';
import { createDemoModel } from './create-demo-model.ts';

const model = createDemoModel({ delayMs: 0 });

async function ask(...messages: ChatMessage[]) {
  const pieces: string[] = [];
  const result = await model.chat({ messages, params: {} }, (delta) => pieces.push(delta.text), {
    signal: new AbortController().signal,
  });
  return { pieces, text: pieces.join(''), result };
}

describe('demo model', () => {
  test('says what it is, then what it was asked and how many turns it was given', async () => {
    const messages: ChatMessage[] = [
      { role: 'system', content: 'Be kind.' },
      { role: 'user', content: 'First?' },
      { role: 'assistant', content: 'Yes.' },
      { role: 'user', content: 'What is a parrot?' },
    ];
    const { text, pieces, result } = await ask(...messages);
    expect(text).toMatch(/^This is Parley's built-in demo model: no model provider is configured yet\./);
    expect(text).toContain('"What is a parrot?"');
    expect(text).toContain('1 earlier turn ');
    expect(pieces.length).toBeGreaterThan(20);
    expect(result.usage?.completionTokens).toBe(countTokens(text));
    expect(result.usage?.promptTokens).toBeGreaterThan(10);
    expect((await ask(...messages)).text).toBe(text);
  });

  test('suggested questions', async () => {
    const { text } = await ask({
      role: 'user',
      content: 'Suggest three questions, output as a JSON array of strings.',
    });
    const questions: unknown = JSON.parse(text);
    expect(questions).toHaveLength(3);
  });

  test('title of a conversation', async () => {
    const { text } = await ask(
      { role: 'system', content: 'Write a short title for this conversation.' },
      { role: 'user', content: 'How do parrots learn to speak like humans do?' },
    );
    expect(text).toBe('How do parrots learn to speak');
  });

  test('a word about titles is not a request for one', async () => {
    expect((await ask({ role: 'user', content: 'What is the title of your book?' })).text).toContain(
      'demo model',
    );
  });

  test('abort ends it at once', async () => {
    vi.useFakeTimers();
    try {
      const controller = new AbortController();
      const pieces: string[] = [];
      const done = createDemoModel().chat(
        { messages: [{ role: 'user', content: 'x' }], params: {} },
        (delta) => pieces.push(delta.text),
        { signal: controller.signal },
      );
      await vi.advanceTimersByTimeAsync(50);
      expect(pieces).toHaveLength(3);
      controller.abort('stop');
      await expect(done).rejects.toBe('stop');
      await vi.advanceTimersByTimeAsync(1000);
      expect(pieces).toHaveLength(3);
      expect(vi.getTimerCount()).toBe(0);
    } finally {
      vi.useRealTimers();
    }
  });
});
