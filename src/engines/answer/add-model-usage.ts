import type { ModelUsage } from '../../tools/model-usage.ts';
import { addDecimals } from './add-decimals.ts';

export function addModelUsage(a: ModelUsage, b: ModelUsage): ModelUsage {
  return {
    promptTokens: a.promptTokens + b.promptTokens,
    completionTokens: a.completionTokens + b.completionTokens,
    promptPrice: addDecimals(a.promptPrice, b.promptPrice),
    completionPrice: addDecimals(a.completionPrice, b.completionPrice),
    totalPrice: addDecimals(a.totalPrice, b.totalPrice),
  };
}
