import { expect, test } from 'vitest';
import type { ChatModel, ChatRequest } from '../../models/chat-model.ts';
import { countMessages, countToolCall, countTools } from '../../models/count-tokens.ts';
import type { Models } from '../../models/models.ts';
import { NO_USAGE } from '../../runs/run-event.ts';
import { TurnUsage } from './turn-usage.ts';

/** Each prompt token costs a cent, each other two. */
const models = {
  price: async (_model: ChatModel, tokens: { promptTokens: number; completionTokens: number }) => ({
    promptPrice: (tokens.promptTokens / 100).toFixed(2),
    completionPrice: (tokens.completionTokens / 50).toFixed(2),
    totalPrice: (tokens.promptTokens / 100 + tokens.completionTokens / 50).toFixed(2),
  }),
} as unknown as Models;
const request: ChatRequest = {
  messages: [{ role: 'user', content: 'How are you today?' }],
  params: {},
  tools: [{ name: 't', description: 'Does it', parameters: { type: 'object' } }],
};
const PROMPT = countMessages(request.messages) + countTools(request.tools ?? []);
const usage = (firstToken: number | null = null, began = performance.now()) =>
  new TurnUsage(models, {} as ChatModel, () => ({ began, firstToken }));

test('nothing was asked', async () => {
  expect(await usage().read()).toMatchObject({ totalTokens: 0, totalPrice: '0.00', timeToFirstToken: null });
});

test('reported rounds are added up, and priced as a whole', async () => {
  const turn = usage();
  for (const promptTokens of [100, 200]) {
    turn.begin(request, () => 'ignored');
    turn.end({ promptTokens, completionTokens: 10 });
  }
  expect(await turn.read()).toMatchObject({
    ...{ promptTokens: 300, completionTokens: 20, totalTokens: 320 },
    ...{ promptPrice: '3.00', completionPrice: '0.40', totalPrice: '3.40' },
  });
});

test('what is not reported is counted: prompt and functions, words and calls', async () => {
  const turn = usage();
  const call = { id: 'c', name: 'lookup', arguments: '{"q":"something"}' };
  turn.begin(request, () => '');
  turn.end(null, [call, call]);
  expect(await turn.read()).toMatchObject({
    promptTokens: PROMPT,
    completionTokens: 2 * countToolCall(call),
  });
  turn.begin(request, () => 'Fine, thanks.');
  turn.end(null);
  const { completionTokens } = await turn.read();
  expect(completionTokens).toBeGreaterThan(2 * countToolCall(call) + 1);
});

test('a round that is still open counts as far as it has come, and once', async () => {
  const turn = usage();
  turn.begin(request, () => 'So far');
  const { promptTokens, completionTokens } = await turn.read();
  expect(promptTokens).toBe(PROMPT);
  expect(completionTokens).toBeGreaterThan(0);
  turn.end({ promptTokens: 5, completionTokens: 1 });
  expect(await turn.read()).toMatchObject({ promptTokens: 5, completionTokens: 1 });
});

test('a call beside the rounds leaves the open one alone', async () => {
  const turn = usage();
  turn.begin(request, () => '');
  turn.spent(request, 'Short.', { promptTokens: 50, completionTokens: 5 });
  expect((await turn.read()).promptTokens).toBe(PROMPT + 50);
  turn.end({ promptTokens: 10, completionTokens: 1 });
  turn.spent(request, 'Short.', null);
  const { promptTokens, completionTokens } = await turn.read();
  expect(promptTokens).toBe(60 + PROMPT);
  expect(completionTokens).toBeGreaterThan(6);
});

test('what others used, and the turn before its pause, is added with its own prices and time', async () => {
  const turn = usage();
  turn.begin(request, () => '');
  turn.end({ promptTokens: 100, completionTokens: 0 });
  const other = {
    promptTokens: 1,
    completionTokens: 2,
    promptPrice: '0.1',
    completionPrice: '0.02',
    totalPrice: '0.12',
  };
  turn.add(other);
  turn.addEarlier({ ...NO_USAGE, ...other, latency: 5 });
  const read = await turn.read();
  expect(read).toMatchObject({
    ...{ promptTokens: 102, completionTokens: 4, totalTokens: 106 },
    ...{ promptPrice: '1.20', completionPrice: '0.04', totalPrice: '1.24' },
  });
  expect(read.latency).toBeGreaterThanOrEqual(5);
});

test('times are seconds from the beginning of the turn', async () => {
  const began = performance.now() - 3_000;
  const read = await usage(began + 1_000, began).read();
  expect(read.timeToFirstToken).toBe(1);
  expect(read.latency).toBeGreaterThanOrEqual(3);
  expect(read.timeToGenerate).toBeGreaterThanOrEqual(2);
});
