import type { ChatModel, ChatRequest, TokenUsage } from '../../models/chat-model.ts';
import { countMessages, countTokens } from '../../models/count-tokens.ts';
import type { Models } from '../../models/models.ts';
import type { RunUsage } from '../../runs/run-event.ts';

/** Times of a model call, in milliseconds of `performance.now()`. */
export interface CallTimes {
  readonly began: number;
  readonly firstToken: number | null;
}

/**
 * What a model call has used: as the provider reported it, or counted here where it reported nothing (a stopped
 * call, or a provider that never does).
 */
export async function runUsage(
  models: Models,
  model: ChatModel,
  call: {
    readonly request: ChatRequest;
    readonly answer: string;
    readonly reported: TokenUsage | null;
    readonly times: CallTimes;
  },
): Promise<RunUsage> {
  const now = performance.now();
  const { began, firstToken } = call.times;
  const usage = call.reported ?? {
    promptTokens: countMessages(call.request.messages),
    completionTokens: call.answer === '' ? 0 : countTokens(call.answer),
  };
  return {
    ...usage,
    totalTokens: usage.promptTokens + usage.completionTokens,
    ...(await models.price(model, usage)),
    latency: seconds(now - began),
    timeToFirstToken: firstToken === null ? null : seconds(firstToken - began),
    timeToGenerate: firstToken === null ? null : seconds(now - firstToken),
  };
}

function seconds(ms: number): number {
  return Math.round(ms) / 1000;
}
