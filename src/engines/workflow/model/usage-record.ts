import type { TokenUsage } from '../../../models/chat-model.ts';
import type { Price } from '../../../models/price.ts';
import type { ModelUsage } from '../../../tools/model-usage.ts';
import type { NodeUsage } from '../node-result.ts';
import type { ValueRecord } from '../values/value.ts';

/** What a node's model call has used, in Dify's names (`facts/dify-dsl-engine.md` §4.4). Times are seconds. */
export interface UsageRecord extends ValueRecord {
  readonly prompt_tokens: number;
  readonly prompt_unit_price: string;
  readonly prompt_price_unit: string;
  readonly prompt_price: string;
  readonly completion_tokens: number;
  readonly completion_unit_price: string;
  readonly completion_price_unit: string;
  readonly completion_price: string;
  readonly total_tokens: number;
  readonly total_price: string;
  readonly currency: string;
  readonly latency: number;
  readonly time_to_first_token: number | null;
  readonly time_to_generate: number | null;
}

/** Milliseconds of one clock. */
export interface CallTimes {
  readonly began: number;
  /** Null: nothing was said. */
  readonly firstToken: number | null;
  readonly ended: number;
}

export function usageRecord(
  { promptTokens, completionTokens }: TokenUsage,
  price: Price,
  { began, firstToken, ended }: CallTimes,
): UsageRecord {
  return {
    prompt_tokens: promptTokens,
    prompt_unit_price: price.promptUnitPrice,
    prompt_price_unit: price.promptPriceUnit,
    prompt_price: price.promptPrice,
    completion_tokens: completionTokens,
    completion_unit_price: price.completionUnitPrice,
    completion_price_unit: price.completionPriceUnit,
    completion_price: price.completionPrice,
    total_tokens: promptTokens + completionTokens,
    total_price: price.totalPrice,
    currency: price.currency,
    latency: seconds(ended - began),
    time_to_first_token: firstToken === null ? null : seconds(firstToken - began),
    time_to_generate: firstToken === null ? null : seconds(ended - firstToken),
  };
}

/** The same as nodes add it up. */
export function nodeUsage({ total_tokens, total_price, currency }: UsageRecord): NodeUsage {
  return { tokens: total_tokens, price: total_price, currency };
}

/** The same as `WorkflowServices.onModelUsage` hears it. */
export function modelUsage(record: UsageRecord): ModelUsage {
  return {
    promptTokens: record.prompt_tokens,
    completionTokens: record.completion_tokens,
    promptPrice: record.prompt_price,
    completionPrice: record.completion_price,
    totalPrice: record.total_price,
  };
}

function seconds(ms: number): number {
  return Math.round(ms) / 1000;
}
