import type { ModelUsage } from '../../../tools/model-usage.ts';
import { addUsage } from '../add-usage.ts';
import type { NodeUsage } from '../node-result.ts';

/** What tools of one node have used of models. */
export class UsageOfTools {
  #total: NodeUsage | null = null;

  add({ promptTokens, completionTokens, totalPrice }: ModelUsage): void {
    const tokens = promptTokens + completionTokens;
    this.#total = addUsage(this.#total, { tokens, price: totalPrice, currency: 'USD' });
  }

  /** Null: nothing. */
  get total(): NodeUsage | null {
    return this.#total;
  }
}
