import type { PriceCalculation, TieredPrices } from '@pydantic/genai-prices';
import type { TokenUsage } from './chat-model.ts';
import type { Price } from './price.ts';
import { canonicalProviderName } from './provider-names.ts';

/** Price list's ids of providers whose canonical name differs. */
const listIds: Readonly<Record<string, string>> = {
  azure_openai: 'azure',
  bedrock: 'aws',
  mistralai: 'mistral',
  moonshot: 'moonshotai',
  x: 'x-ai',
  huggingface_hub: 'huggingface_together',
};

const perMillion = '0.000001';

/**
 * What `usage` cost by the list of `@pydantic/genai-prices`, as Dify computes it: price of one unit × unit × tokens,
 * each rounded half up to 7 decimals. Zero for models that the list does not know. The list is loaded at first use:
 * it costs 15 MB.
 */
export async function priceOf(
  provider: { readonly name: string; readonly baseUrl: string | null },
  model: string,
  usage: TokenUsage,
): Promise<Price> {
  const found = await priced(provider, model, usage);
  const prompt = decimal(unitPrice(found?.input_mtok, usage.promptTokens));
  const completion = decimal(unitPrice(found?.output_mtok, usage.promptTokens));
  const promptPrice = cost(prompt, usage.promptTokens);
  const completionPrice = cost(completion, usage.completionTokens);
  return {
    promptUnitPrice: prompt.text,
    promptPriceUnit: perMillion,
    promptPrice: sevenDecimals(promptPrice),
    completionUnitPrice: completion.text,
    completionPriceUnit: perMillion,
    completionPrice: sevenDecimals(completionPrice),
    totalPrice: sevenDecimals(promptPrice + completionPrice),
    currency: 'USD',
  };
}

type ModelPrice = PriceCalculation['model_price'];

/** A price found stays this long: the list knows prices by the hour of the day. */
const FRESH_MS = 60_000;
const MAX_CACHED = 1_000;
const cache = new Map<string, { readonly price: ModelPrice | null; readonly until: number }>();

/** Finding a model in the list costs as much as relaying twenty tokens. */
async function priced(
  provider: { readonly name: string; readonly baseUrl: string | null },
  model: string,
  usage: TokenUsage,
): Promise<ModelPrice | null> {
  const key = `${provider.name}\n${provider.baseUrl}\n${model}`;
  const now = Date.now();
  const cached = cache.get(key);
  if (cached && cached.until > now) return cached.price;
  const price = (await lookUp(provider, model, usage))?.model_price ?? null;
  if (cache.size >= MAX_CACHED) cache.clear();
  cache.set(key, { price, until: now + FRESH_MS });
  return price;
}

async function lookUp(
  provider: { readonly name: string; readonly baseUrl: string | null },
  model: string,
  usage: TokenUsage,
): Promise<PriceCalculation | null> {
  const { calcPrice } = await import('@pydantic/genai-prices');
  const canonical = canonicalProviderName(provider.name);
  const ask = { input_tokens: usage.promptTokens, output_tokens: usage.completionTokens };
  const ways = [
    { providerId: listIds[canonical] ?? canonical },
    ...(provider.baseUrl === null ? [] : [{ providerApiUrl: provider.baseUrl }]),
  ];
  for (const way of ways) {
    try {
      const found = calcPrice(ask, model, way);
      if (found) return found;
    } catch {
      // A usage or a model that the list cannot compute has no price.
    }
  }
  return null;
}

/** USD per 1,000,000 tokens; a tier's price holds for the whole request once its prompt is longer than `start`. */
function unitPrice(price: number | TieredPrices | undefined, promptTokens: number): number {
  if (price === undefined) return 0;
  if (typeof price === 'number') return price;
  let rate = price.base;
  for (const tier of price.tiers) if (promptTokens > tier.start) rate = tier.price;
  return rate;
}

/** A decimal number as its shortest text and as an integer count of 1e-12. */
interface Decimal {
  readonly text: string;
  readonly pico: bigint;
}

function decimal(value: number): Decimal {
  const fixed = value.toFixed(12);
  return { text: fixed.replace(/\.?0+$/, ''), pico: BigInt(fixed.replace('.', '')) };
}

/** In units of 1e-7, rounded half up: `pico` (1e-12) × tokens × 1e-6 is in 1e-18. */
function cost(unit: Decimal, tokens: number): bigint {
  const exact = unit.pico * BigInt(Math.max(0, Math.round(tokens)));
  return (exact + 50_000_000_000n) / 100_000_000_000n;
}

function sevenDecimals(units: bigint): string {
  const digits = units.toString().padStart(8, '0');
  const text = `${digits.slice(0, -7)}.${digits.slice(-7)}`;
  return units === 0n ? '0' : text;
}
