import { describe, expect, test } from 'vitest';
import type { ProviderType } from '../config/config.ts';
import { createModels } from './create-models.ts';
import { priceOf } from './price-list.ts';

const openai = { name: 'openai', baseUrl: null };

describe('prices', () => {
  test('plain decimals as Dify prints them', async () => {
    expect(await priceOf(openai, 'gpt-4o', { promptTokens: 1033, completionTokens: 128 })).toEqual({
      promptUnitPrice: '2.5',
      promptPriceUnit: '0.000001',
      promptPrice: '0.0025825',
      completionUnitPrice: '10',
      completionPriceUnit: '0.000001',
      completionPrice: '0.0012800',
      totalPrice: '0.0038625',
      currency: 'USD',
    });
  });

  test('no float noise, no exponent, rounded half up to 7 decimals', async () => {
    const price = await priceOf(openai, 'gpt-4o-mini', { promptTokens: 1, completionTokens: 3 });
    expect(price.promptUnitPrice).toBe('0.15');
    expect(price.promptPrice).toBe('0.0000002');
    expect(price.completionPrice).toBe('0.0000018');
    expect(price.totalPrice).toBe('0.0000020');
    const many = await priceOf(openai, 'gpt-4o', { promptTokens: 3_000_000_000, completionTokens: 0 });
    expect(many.totalPrice).toBe('7500.0000000');
  });

  test('tiers', async () => {
    const google = { name: 'google', baseUrl: null };
    const small = await priceOf(google, 'gemini-2.5-pro', { promptTokens: 1000, completionTokens: 10 });
    const large = await priceOf(google, 'gemini-2.5-pro', { promptTokens: 300_000, completionTokens: 77 });
    expect([small.promptUnitPrice, large.promptUnitPrice]).toEqual(['1.25', '2.5']);
    expect([large.promptPrice, large.completionPrice]).toEqual(['0.7500000', '0.0011550']);
  });

  test('zero for unknown models', async () => {
    expect(await priceOf(openai, 'nobody-knows', { promptTokens: 5, completionTokens: 5 })).toMatchObject({
      promptUnitPrice: '0',
      promptPrice: '0',
      totalPrice: '0',
    });
  });

  test('by the type of a provider that the owner named, by the host of a compatible one', async () => {
    const provider = (name: string, type: ProviderType, baseUrl: string | null = null) => ({
      name,
      type,
      baseUrl,
      apiKey: 'sk-test-key-1',
      models: [],
      options: {},
    });
    const models = createModels(
      {
        providers: [
          provider('claude-prod', 'anthropic'),
          provider('deepseek', 'openai-compatible'),
          provider('fast', 'openai-compatible', 'https://api.groq.com/openai/v1'),
          provider('home', 'openai-compatible', 'http://127.0.0.1:9/v1'),
        ],
        defaultModel: null,
      },
      { warn() {} },
    );
    const unit = async (p: string, name: string) => {
      const usage = { promptTokens: 1, completionTokens: 1 };
      return (await models.price(models.chat({ provider: p, name }), usage)).promptUnitPrice;
    };
    expect(await unit('claude-prod', 'claude-sonnet-4-5')).toBe('3');
    expect(await unit('deepseek', 'deepseek-chat')).not.toBe('0');
    expect(await unit('fast', 'llama-3.3-70b-versatile')).toBe('0.59');
    expect(await unit('home', 'gpt-4o')).toBe('0');
    expect(await unit('demo', 'demo')).toBe('0');
  });
});
