import { addDecimals } from '../../answer/add-decimals.ts';
import { addUsage } from '../add-usage.ts';
import { nodeUsage, type UsageRecord } from '../model/usage-record.ts';
import type { NodeUsage } from '../node-result.ts';

/** What an agent node has used of models: its own calls, and those of its tools. */
export class UsageOfAgent {
  #own: UsageRecord | null = null;
  #total: NodeUsage | null = null;

  /** A call of its own model, or of its model for a tool. */
  add(record: UsageRecord): void {
    this.#own = this.#own === null ? record : together(this.#own, record);
    this.addOther(nodeUsage(record));
  }

  addOther(usage: NodeUsage): void {
    this.#total = addUsage(this.#total, usage);
  }

  /** Of its own calls, in Dify's terms; null: there were none. */
  get own(): UsageRecord | null {
    return this.#own;
  }

  get total(): NodeUsage | null {
    return this.#total;
  }
}

/** Of two calls, one after the other. */
function together(a: UsageRecord, b: UsageRecord): UsageRecord {
  return {
    ...b,
    prompt_tokens: a.prompt_tokens + b.prompt_tokens,
    prompt_price: addDecimals(a.prompt_price, b.prompt_price),
    completion_tokens: a.completion_tokens + b.completion_tokens,
    completion_price: addDecimals(a.completion_price, b.completion_price),
    total_tokens: a.total_tokens + b.total_tokens,
    total_price: addDecimals(a.total_price, b.total_price),
    latency: sum(a.latency, b.latency),
    time_to_first_token: a.time_to_first_token ?? b.time_to_first_token,
    time_to_generate: sum(a.time_to_generate ?? 0, b.time_to_generate ?? 0),
  };
}

/** Of seconds, in milliseconds exact. */
function sum(a: number, b: number): number {
  return Math.round((a + b) * 1000) / 1000;
}
