import type { ChatDelta, ChatModel, ChatRequest, ChatResult } from '../../../src/models/chat-model.ts';

/** How a call of a chat model ended: with a result or an error, and every piece before that. */
export interface ChatOutcome {
  readonly result: ChatResult | null;
  readonly error: unknown;
  readonly deltas: readonly ChatDelta[];
  /** The answer without its reasoning. */
  readonly text: string;
}

/** Asks `model` and waits for the end; a failure is part of the outcome. */
export async function askChatModel(
  model: ChatModel,
  request: ChatRequest,
  signal: AbortSignal = new AbortController().signal,
): Promise<ChatOutcome> {
  const deltas: ChatDelta[] = [];
  const outcome = await model
    .chat(request, (delta) => deltas.push(delta), { signal })
    .then(
      (result) => ({ result, error: null as unknown }),
      (error: unknown) => ({ result: null, error }),
    );
  return { ...outcome, deltas, text: deltas.map((d) => (d.kind === 'text' ? d.text : '')).join('') };
}
