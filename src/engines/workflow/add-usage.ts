import { addDecimals } from '../answer/add-decimals.ts';
import type { NodeUsage } from './node-result.ts';

/** Together; the first currency that is named holds. */
export function addUsage(a: NodeUsage | null, b: NodeUsage | null): NodeUsage | null {
  if (a === null || b === null) return a ?? b;
  return { tokens: a.tokens + b.tokens, price: addDecimals(a.price, b.price), currency: a.currency };
}
