import { NO_USAGE, type RunUsage } from '../../runs/run-event.ts';
import type { ModelUsage } from '../../tools/model-usage.ts';
import { addModelUsage } from '../answer/add-model-usage.ts';
import type { TurnTimes } from '../answer/turn-usage.ts';

/** What all the model calls of a workflow's run have used together. They have no one price per token. */
export class RunMeter {
  #used: ModelUsage = NO_USAGE;

  add(usage: ModelUsage): void {
    this.#used = addModelUsage(this.#used, usage);
  }

  /** @param times in milliseconds of `performance.now()` */
  read({ began, firstToken }: TurnTimes): RunUsage {
    const now = performance.now();
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
