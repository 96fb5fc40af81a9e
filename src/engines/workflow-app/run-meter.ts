import { setImmediate } from 'node:timers/promises';
import { NO_USAGE, type RunUsage } from '../../runs/run-event.ts';
import type { ModelUsage } from '../../tools/model-usage.ts';
import { addModelUsage } from '../answer/add-model-usage.ts';
import type { TurnTimes } from '../answer/turn-usage.ts';

/** What all the model calls of a workflow's run have used together. They have no one price per token. */
export class RunMeter {
  #used: ModelUsage = NO_USAGE;
  readonly #pricing = new Set<Promise<unknown>>();

  add(usage: ModelUsage): void {
    this.#used = addModelUsage(this.#used, usage);
  }

  /** A price is being found: what it is the price of will be added, also when the run has been stopped meanwhile. */
  pricing<Price>(price: Promise<Price>): Promise<Price> {
    this.#pricing.add(price);
    const found = () => this.#pricing.delete(price);
    price.then(found, found);
    return price;
  }

  /**
   * @param times in milliseconds of `performance.now()`
   * @param options `stopped`: calls that the stop has ended ask for their price only now
   */
  async read(
    { began, firstToken }: TurnTimes,
    { stopped }: { readonly stopped: boolean },
  ): Promise<RunUsage> {
    const now = performance.now();
    if (stopped) {
      await setImmediate();
      await Promise.allSettled(this.#pricing);
      await setImmediate();
    }
    const used = this.#used;
    return {
      ...NO_USAGE,
      promptTokens: used.promptTokens,
      promptPrice: used.promptPrice,
      completionTokens: used.completionTokens,
      completionPrice: used.completionPrice,
      totalTokens: used.promptTokens + used.completionTokens,
      totalPrice: used.totalPrice,
      latency: seconds(now - began),
      timeToFirstToken: firstToken === null ? null : seconds(firstToken - began),
      timeToGenerate: firstToken === null ? null : seconds(now - firstToken),
    };
  }
}

function seconds(ms: number): number {
  return Math.round(ms) / 1000;
}
