import type { ChatModel, ChatRequest, TokenUsage, ToolCall } from '../../models/chat-model.ts';
import { countUsage } from '../../models/count-usage.ts';
import type { Models } from '../../models/models.ts';
import type { RunUsage } from '../../runs/run-event.ts';
import type { ModelUsage } from '../../tools/model-usage.ts';
import { addModelUsage } from './add-model-usage.ts';

/** Times of a turn, in milliseconds of `performance.now()`. */
export interface TurnTimes {
  readonly began: number;
  readonly firstToken: number | null;
}

/**
 * What a turn has used, over all its model calls: as the provider reported it, or counted here where it reported nothing
 * (a call that was stopped, or a provider that never does).
 */
export class TurnUsage {
  readonly #models: Models;
  readonly #model: ChatModel;
  readonly #times: () => TurnTimes;
  #tokens: TokenUsage = { promptTokens: 0, completionTokens: 0 };
  /** Used beside the app's own model: by a turn before its pause, by apps that were called as tools. */
  readonly #others: ModelUsage[] = [];
  /** The call that has not reported yet. */
  #open: { readonly request: ChatRequest; readonly said: () => string } | null = null;
  #earlierSeconds = 0;

  constructor(models: Models, model: ChatModel, times: () => TurnTimes) {
    this.#models = models;
    this.#model = model;
    this.#times = times;
  }

  /** A model call begins. `said` gives what it has answered so far. */
  begin(request: ChatRequest, said: () => string): void {
    this.#open = { request, said };
  }

  /** It has ended, with these calls of tools; null: nothing was reported. */
  end(reported: TokenUsage | null, toolCalls: readonly ToolCall[] = []): void {
    const open = this.#open;
    this.#open = null;
    const tokens = reported ?? (open && countUsage(open.request, open.said(), toolCalls));
    if (tokens) this.#tokens = sum(this.#tokens, tokens);
  }

  /** A call of the same model that is over, made while others may be open. */
  spent(request: ChatRequest, answer: string, reported: TokenUsage | null): void {
    this.#tokens = sum(this.#tokens, reported ?? countUsage(request, answer));
  }

  add(usage: ModelUsage): void {
    this.#others.push(usage);
  }

  /** What the turn had used when it paused. */
  addEarlier(usage: RunUsage): void {
    this.add(usage);
    this.#earlierSeconds += usage.latency;
  }

  async read(): Promise<RunUsage> {
    const now = performance.now();
    const { began, firstToken } = this.#times();
    const open = this.#open;
    const tokens = open ? sum(this.#tokens, countUsage(open.request, open.said())) : this.#tokens;
    const price = await this.#models.price(this.#model, tokens);
    const total = this.#others.reduce<ModelUsage>(addModelUsage, { ...tokens, ...price });
    return {
      ...price,
      ...total,
      totalTokens: total.promptTokens + total.completionTokens,
      latency: seconds(now - began + this.#earlierSeconds * 1000),
      timeToFirstToken: firstToken === null ? null : seconds(firstToken - began),
      timeToGenerate: firstToken === null ? null : seconds(now - firstToken),
    };
  }
}

function sum(a: TokenUsage, b: TokenUsage): TokenUsage {
  return {
    promptTokens: a.promptTokens + b.promptTokens,
    completionTokens: a.completionTokens + b.completionTokens,
  };
}

function seconds(ms: number): number {
  return Math.round(ms) / 1000;
}
