import type {
  LanguageModelV3,
  LanguageModelV3CallOptions,
  LanguageModelV3StreamPart,
} from '@ai-sdk/provider';
import type { ChatDelta, ChatModel, ChatRequest, ChatResult } from '../chat-model.ts';
import { reportedUsage } from '../reported-usage.ts';
import { UpstreamError } from '../upstream-error.ts';
import { withRetries } from '../with-retries.ts';
import { toCallOptions } from './to-call-options.ts';
import { toPrompt } from './to-prompt.ts';
import { toUpstreamError } from './to-upstream-error.ts';

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
      const pass = (delta: ChatDelta) => {
        untouched = false;
        onDelta(delta);
      };
      const attempt = async () => {
        try {
          return await stream(language, { ...options, prompt }, pass, signal);
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

/** An error thrown by the caller's own `onDelta`, kept apart from the provider's errors. */
class CallerError extends Error {}

/** One call. The abort listener rejects and cuts the connection in the same turn, whatever the package does. */
function stream(
  model: LanguageModelV3,
  options: LanguageModelV3CallOptions,
  onDelta: (delta: ChatDelta) => void,
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
    read(model, { ...options, abortSignal: connection.signal }, onDelta)
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
  onDelta: (delta: ChatDelta) => void,
): Promise<ChatResult> {
  const { stream } = await model.doStream(options);
  const reader = stream.getReader();
  let result: ChatResult | null = null;
  for (;;) {
    const { done, value } = await reader.read();
    if (options.abortSignal.aborted) throw options.abortSignal.reason;
    if (done) break;
    const delta = toDelta(value);
    if (delta) {
      try {
        onDelta(delta);
      } catch (cause) {
        throw new CallerError('onDelta', { cause });
      }
    }
    if (value.type === 'error') throw value.error;
    if (value.type === 'finish') result = toResult(value);
  }
  if (result) return result;
  throw new UpstreamError('cut', 'The model provider ended its answer before it was complete.');
}

function toDelta(part: LanguageModelV3StreamPart): ChatDelta | null {
  if (part.type === 'text-delta' && part.delta !== '') return { kind: 'text', text: part.delta };
  if (part.type === 'reasoning-delta' && part.delta !== '') return { kind: 'reasoning', text: part.delta };
  return null;
}

/** Packages report a finish also when the stream just ended: then without the provider's own word for the reason. */
function toResult(part: LanguageModelV3StreamPart & { type: 'finish' }): ChatResult | null {
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
