import type { ModelUsage } from '../../../tools/model-usage.ts';
import type { NodeUsage } from '../node-result.ts';

/** What a call of a tool has used of models, as nodes add it up. */
export function usageOfCall({ promptTokens, completionTokens, totalPrice }: ModelUsage): NodeUsage {
  return { tokens: promptTokens + completionTokens, price: totalPrice, currency: 'USD' };
}
