import type {
  LanguageModelV3,
  LanguageModelV3CallOptions,
  LanguageModelV3StreamPart,
} from '@ai-sdk/provider';
import type { ChatDelta, ChatModel, ChatRequest, ChatResult } from '../chat-model.ts';
import { reportedUsage } from '../reported-usage.ts';
import { toolFinish } from '../tool-finish.ts';
import { UpstreamError } from '../upstream-error.ts';
import { withRetries } from '../with-retries.ts';
import { withUniqueIds } from '../with-unique-ids.ts';
import { toCallOptions } from './to-call-options.ts';
import { toPrompt } from './to-prompt.ts';
import { toUpstreamError } from './to-upstream-error.ts';
import { ToolCallParts } from './tool-call-parts.ts';

/** A chat model behind an AI SDK package, asked through `doStream` (the SDK's upper layers cost 3 times as much). */
export function createAiSdkChatModel(
  model: { readonly provider: string; readonly name: string; readonly contextWindow: number },
  source: {
    readonly load: () => Promise<LanguageModelV3>;
    readonly optionKeys: readonly string[];
    readonly secrets: readonly string[];
  },
): ChatModel {
  let loaded: Promise<LanguageModelV3> | null = null;

  async function load(): Promise<LanguageModelV3> {
    loaded ??= source.load();
    try {
      return await loaded;
    } catch (error) {
      throw toUpstreamError(error, source.secrets).toParleyError();
    }
  }

  return {
    ...model,
    async chat(request: ChatRequest, onDelta, { signal }): Promise<ChatResult> {
      signal.throwIfAborted();
      const options = toCallOptions(request, source.optionKeys);
      const language = await load();
      const prompt = await toPrompt(request.messages, await language.supportedUrls);
      let untouched = true;
      const pass: Listener = {
        onDelta(delta) {
          untouched = false;
          onDelta(delta);
        },
        onToolPiece() {
          untouched = false;
        },
      };
      const attempt = async () => {
        try {
          const result = await stream(language, { ...options, prompt }, pass, signal);
          return { ...result, toolCalls: withUniqueIds(result.toolCalls, request.messages) };
        } catch (error) {
          if (error instanceof CallerError) throw error.cause;
          if (signal.aborted) throw signal.reason;
          throw toUpstreamError(error, source.secrets);
        }
      };
      return withRetries(attempt, { mayRetry: () => untouched, signal });
    },
  };
}

interface Listener {
  onDelta(delta: ChatDelta): void;
  onToolPiece(): void;
}

/** An error thrown by the caller's own `onDelta`, kept apart from the provider's errors. */
class CallerError extends Error {}

/** One call. The abort listener rejects and cuts the connection in the same turn, whatever the package does. */
function stream(
  model: LanguageModelV3,
  options: LanguageModelV3CallOptions,
  listener: Listener,
  signal: AbortSignal,
): Promise<ChatResult> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason);
    const connection = new AbortController();
    const onAbort = () => {
      reject(signal.reason);
      connection.abort(signal.reason);
    };
    signal.addEventListener('abort', onAbort, { once: true });
    read(model, { ...options, abortSignal: connection.signal }, listener)
      .then(resolve, (error: unknown) => {
        connection.abort(error);
        reject(error);
      })
      .finally(() => signal.removeEventListener('abort', onAbort));
  });
}

async function read(
  model: LanguageModelV3,
  options: LanguageModelV3CallOptions & { readonly abortSignal: AbortSignal },
  listener: Listener,
): Promise<ChatResult> {
  const { stream } = await model.doStream(options);
  const reader = stream.getReader();
  const toolCalls = new ToolCallParts();
  let finish: Omit<ChatResult, 'toolCalls'> | null = null;
  for (;;) {
    const { done, value } = await reader.read();
    if (options.abortSignal.aborted) throw options.abortSignal.reason;
    if (done) break;
    const delta = toDelta(value);
    if (delta) {
      try {
        listener.onDelta(delta);
      } catch (cause) {
        throw new CallerError('onDelta', { cause });
      }
    }
    if (toolCalls.read(value)) listener.onToolPiece();
    if (value.type === 'error') throw value.error;
    if (value.type === 'finish') finish = toFinish(value);
  }
  if (finish) {
    const calls = toolCalls.calls();
    return { ...finish, finishReason: toolFinish(finish.finishReason, calls), toolCalls: calls };
  }
  throw new UpstreamError('cut', 'The model provider ended its answer before it was complete.');
}

function toDelta(part: LanguageModelV3StreamPart): ChatDelta | null {
  if (part.type === 'text-delta' && part.delta !== '') return { kind: 'text', text: part.delta };
  if (part.type === 'reasoning-delta' && part.delta !== '') return { kind: 'reasoning', text: part.delta };
  return null;
}

/** Packages report a finish also when the stream just ended: then without the provider's own word for the reason. */
function toFinish(
  part: LanguageModelV3StreamPart & { type: 'finish' },
): Omit<ChatResult, 'toolCalls'> | null {
  const { unified, raw } = part.finishReason;
  if (unified === 'other' && raw === undefined) return null;
  return {
    finishReason:
      unified === 'content-filter'
        ? 'content_filter'
        : unified === 'stop' || unified === 'length'
          ? unified
          : 'other',
    usage: reportedUsage(part.usage.inputTokens.total, part.usage.outputTokens.total),
  };
}
