import { afterAll, beforeAll, expect, test } from 'vitest';
import { type MockProvider, startMockProvider } from '../../support/mock-provider/start-mock-provider.ts';
import { chatApp } from '../../support/parley/apps.ts';
import { startParley, type TestParley } from '../../support/parley/start-parley.ts';
import { answered, sendChat, streamChat, usageOf } from '../../support/parley/turns.ts';
import { schemaProblems } from '../../support/spec/dify-spec.ts';

const KEYS = [
  'prompt_tokens',
  'prompt_unit_price',
  'prompt_price_unit',
  'prompt_price',
  'completion_tokens',
  'completion_unit_price',
  'completion_price_unit',
  'completion_price',
  'total_tokens',
  'total_price',
  'currency',
  'latency',
  'time_to_first_token',
  'time_to_generate',
];

let provider: MockProvider;
let parley: TestParley;

beforeAll(async () => {
  provider = await startMockProvider();
  const model = { provider: 'openai', name: 'gpt-4o-mini', mode: 'chat', completion_params: {} };
  parley = await startParley({
    apps: { chat: chatApp(), priced: chatApp({ model }) },
    provider: provider.baseUrl,
  });
});
afterAll(async () => {
  await parley.close();
  await provider.close();
});

async function ask(app: string): Promise<Record<string, unknown>> {
  return usageOf(await (await streamChat(parley, {}, app)).readAll());
}

test('has every field, tokens as the provider counts them, prices as plain decimal strings', async () => {
  provider.reply({ tokens: ['a', 'b'], usage: { prompt_tokens: 1_000_000, completion_tokens: 3_000_000 } });
  const usage = await ask('priced');
  expect(Object.keys(usage)).toEqual(KEYS);
  expect(schemaProblems('Usage', usage)).toEqual([]);
  expect(usage).toMatchObject({
    prompt_tokens: 1_000_000,
    completion_tokens: 3_000_000,
    total_tokens: 4_000_000,
    currency: 'USD',
  });
  for (const key of KEYS.filter((name) => name.includes('price'))) {
    expect(usage[key], key).toMatch(/^\d+(\.\d+)?$/);
  }
  // gpt-4o-mini: $0.15 and $0.60 per million tokens.
  expect(Number(usage.prompt_price)).toBeCloseTo(0.15, 6);
  expect(Number(usage.completion_price)).toBeCloseTo(1.8, 6);
  expect(Number(usage.total_price)).toBeCloseTo(1.95, 6);
  for (const [unit, price, tokens] of [
    ['prompt_unit_price', 'prompt_price', 1_000_000],
    ['completion_unit_price', 'completion_price', 3_000_000],
  ] as const) {
    const perToken = Number(usage[unit]) * Number(usage[unit.replace('unit_price', 'price_unit')]);
    expect(perToken * tokens, unit).toBeCloseTo(Number(usage[price]), 6);
  }
});

test('small sums are not written with an exponent', async () => {
  provider.reply({ tokens: ['a'], usage: { prompt_tokens: 1, completion_tokens: 1 } });
  const usage = await ask('priced');
  expect(usage.prompt_price).toMatch(/^0\.0+\d+$/);
  expect(usage.total_price).toMatch(/^0\.0+\d+$/);
});

test('a model that no price list knows costs zero', async () => {
  provider.reply();
  expect(await ask('chat')).toMatchObject({ prompt_price: '0', completion_price: '0', total_price: '0' });
});

test('tokens are counted here when the provider reports none', async () => {
  provider.reply({ tokens: ['Hello', ' there', ' friend'], usage: null });
  const usage = await ask('chat');
  expect(usage.completion_tokens).toBeGreaterThan(1);
  expect(usage.prompt_tokens).toBeGreaterThan(1);
  expect(usage.total_tokens).toBe(Number(usage.prompt_tokens) + Number(usage.completion_tokens));
});

test('times are seconds: the first token comes within the latency', async () => {
  provider.reply({ tokens: ['a', 'b'], delayMs: 30 });
  const usage = await ask('chat');
  expect(usage.time_to_first_token).toBeGreaterThanOrEqual(0.025);
  expect(Number(usage.latency)).toBeGreaterThanOrEqual(Number(usage.time_to_first_token));
  expect(Number(usage.latency)).toBeLessThan(5);
  expect(Number(usage.time_to_generate)).toBeGreaterThan(0);
});

test('a blocking answer has the same usage, and no provider is asked twice', async () => {
  provider.reply({ usage: { prompt_tokens: 7, completion_tokens: 5 } });
  const before = provider.requests.length;
  const body = await answered(sendChat(parley));
  const usage = (body.metadata as { usage: Record<string, unknown> }).usage;
  expect(Object.keys(usage)).toEqual(KEYS);
  expect(usage).toMatchObject({ prompt_tokens: 7, completion_tokens: 5, total_tokens: 12 });
  expect(provider.requests.length).toBe(before + 1);
});
