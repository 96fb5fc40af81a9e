import { afterAll, beforeAll, expect, test } from 'vitest';
import { type MockProvider, startMockProvider } from '../../support/mock-provider/start-mock-provider.ts';
import { chatApp } from '../../support/parley/apps.ts';
import { startParley, type TestParley } from '../../support/parley/start-parley.ts';
import { answered, sendChat, type Wire } from '../../support/parley/turns.ts';

const WINDOW = 400;

let provider: MockProvider;
let parley: TestParley;

const app = (completion_params: object, pre_prompt = '') =>
  chatApp({ pre_prompt, model: { provider: 'openai', name: 'small', mode: 'chat', completion_params } });

beforeAll(async () => {
  provider = await startMockProvider();
  parley = await startParley({
    apps: {
      small: app({ max_tokens: 100 }, 'Be brief.'),
      unset: app({}),
      greedy: app({ max_tokens: 380 }, 'word '.repeat(100)),
      overfull: app({ max_tokens: 100 }, 'word '.repeat(2000)),
    },
    config: {
      providers: {
        openai: {
          api_key: 'sk-test',
          base_url: provider.baseUrl,
          models: [{ name: 'small', context_window: WINDOW }],
        },
      },
    },
  });
});
afterAll(async () => {
  await parley.close();
  await provider.close();
});

function lastRequest() {
  const body = provider.requests.at(-1)?.body as {
    messages: { role: string; content: string }[];
    max_tokens?: number;
  };
  return { ...body, texts: body.messages.map(({ content }) => content) };
}

/** A conversation of `count` turns with about 30 words each in question and answer. */
async function talk(id: string, count: number): Promise<string> {
  let conversation_id: string | null = null;
  for (let turn = 1; turn <= count; turn++) {
    provider.reply({ tokens: [`answer${turn} `, 'said '.repeat(30)] });
    const query = `question${turn} ${'asked '.repeat(30)}`;
    const answer: Wire = await answered(sendChat(parley, { query, conversation_id }, id));
    conversation_id = answer.conversation_id;
  }
  return conversation_id as string;
}

test('the newest turns that fit are sent, whole and in order; older ones are left out', async () => {
  await talk('small', 8);
  const { texts, messages } = lastRequest();
  expect(texts[0]).toBe('Be brief.');
  expect(texts.at(-1)).toMatch(/^question8/);
  expect(texts.at(-2)).toMatch(/^answer7/);
  expect(texts.some((text) => text.startsWith('question1 '))).toBe(false);
  const history = messages.slice(1, -1);
  expect(history.length).toBeGreaterThanOrEqual(2);
  expect(history.length % 2).toBe(0);
  expect(history.map(({ role }) => role)).toEqual(
    history.map((_, index) => (index % 2 === 0 ? 'user' : 'assistant')),
  );
  const words = texts.join(' ').split(/\s+/).length;
  expect(words).toBeLessThan(WINDOW - 100);
});

test('an app without max_tokens remembers too', async () => {
  await talk('unset', 2);
  expect(lastRequest().texts.map((text) => text.split(' ')[0])).toEqual([
    'question1',
    'answer1',
    'question2',
  ]);
});

test('max_tokens shrinks to what the prompt leaves', async () => {
  provider.reply();
  await answered(sendChat(parley, {}, 'greedy'));
  const { max_tokens } = lastRequest();
  expect(max_tokens).toBeLessThan(WINDOW - 100);
  expect(max_tokens).toBeGreaterThan(100);
});

test('a prompt beyond the window leaves 16 tokens, and the provider has the last word', async () => {
  provider.reply();
  await answered(sendChat(parley, {}, 'overfull'));
  expect(lastRequest().max_tokens).toBe(16);
});

test('max_tokens that fit stay as they are', async () => {
  provider.reply();
  await answered(sendChat(parley, {}, 'small'));
  expect(lastRequest().max_tokens).toBe(100);
});
