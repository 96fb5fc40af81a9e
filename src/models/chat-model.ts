/** One chat model of one configured provider. Two implementations: `openai/` and `ai-sdk/`; `demo/` is offline. */
export interface ChatModel {
  /** Name of the configured provider that answers, e.g. `openai`, `my-vllm`, `demo`. */
  readonly provider: string;
  /** Model name as sent to the provider. */
  readonly name: string;
  /** Tokens of prompt and answer together; a conservative default where the model is unknown. */
  readonly contextWindow: number;

  /**
   * Asks the model and calls `onDelta` synchronously for each piece as it arrives.
   *
   * Text and reasoning stream the same way whether or not tools are offered: before, between and beside tool calls. The
   * calls themselves do not stream, since nothing can be done with half of one: they are in the result, whole.
   *
   * Resolves when the answer is complete. Rejects with a `ParleyError` (codes of `facts/dify-wire.md` §3.6) when
   * the provider fails or calls tools beyond `upstreamLimits`, and with `signal.reason` when `signal` aborts: the
   * upstream socket is closed within the same event-loop turn, and `onDelta` is never called again. Retries happen only
   * before the first delta and the first piece of a tool call.
   */
  chat(
    request: ChatRequest,
    onDelta: (delta: ChatDelta) => void,
    options: { readonly signal: AbortSignal },
  ): Promise<ChatResult>;
}

export interface ChatRequest {
  readonly messages: readonly ChatMessage[];
  /** `completion_params` of the DSL (temperature, top_p, max_tokens, response_format, …), passed on by name. */
  readonly params: Readonly<Record<string, unknown>>;
  readonly stop?: readonly string[];
  /**
   * What the model may call; whether it does is left to it (the provider's default `tool_choice`). Models of mode
   * `completion` have no tools and ignore them. As long as `messages` hold calls and results, offer the same tools again:
   * some providers refuse such messages without them.
   */
  readonly tools?: readonly ToolSpec[];
  /**
   * The model is to answer without calling any of `tools`, which are there for the calls in `messages`. A provider that
   * needs them for those may still let the model call.
   */
  readonly toolChoice?: 'none';
}

/** The results of an assistant's calls follow it directly, one `tool` message for each of its `toolCalls`. */
export type ChatMessage =
  | { readonly role: 'system'; readonly content: string }
  | { readonly role: 'user'; readonly content: string | readonly ContentPart[] }
  | { readonly role: 'assistant'; readonly content: string; readonly toolCalls?: readonly ToolCall[] }
  | { readonly role: 'tool'; readonly toolCallId: string; readonly name: string; readonly content: string };

export interface ToolSpec {
  /** Letters, digits, `_` and `-`, 64 at most: what every provider takes. */
  readonly name: string;
  readonly description: string;
  /** JSON Schema of the arguments, an object: `{ type: 'object', properties: {} }` for a tool without any. */
  readonly parameters: Readonly<Record<string, unknown>>;
}

export interface ToolCall {
  /** The provider's own, or made up where it gives none; unlike every other in the request and in the answer. */
  readonly id: string;
  /** As the model wrote it: not necessarily that of a tool which was offered. */
  readonly name: string;
  /** JSON as the model wrote it, possibly malformed or cut (`parseToolArguments`); `{}` where it wrote nothing. */
  readonly arguments: string;
  /**
   * What the provider wants back with the call in the next request, e.g. the signature of the thoughts that led to it.
   * Opaque JSON: keep it with the call and hand it back as it is. Providers without a use for it never see it.
   */
  readonly providerData?: unknown;
}

/** Part of a user message. `data` is read when the request is built, so a file is never held by a waiting run. */
export type ContentPart =
  | { readonly kind: 'text'; readonly text: string }
  | {
      readonly kind: 'image' | 'audio' | 'video' | 'document';
      readonly source: { readonly url: string } | { readonly read: () => Promise<Uint8Array> };
      readonly mimeType: string;
      readonly filename: string;
      /** Vision detail of the app's `file_upload.image.detail`; images only. */
      readonly detail?: 'low' | 'high' | 'auto';
    };

export type ChatDelta =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'reasoning'; readonly text: string };

export interface ChatResult {
  /**
   * `tool_calls`: the model waits for the results of `toolCalls`. An answer may hold calls under `length` and
   * `content_filter` too: then it broke off, the last call is likely to be cut, and there may have been more to come.
   */
  readonly finishReason: 'stop' | 'tool_calls' | 'length' | 'content_filter' | 'other';
  /** As reported by the provider; null when it reported none. */
  readonly usage: TokenUsage | null;
  /** In the order of the answer; empty when there are none. */
  readonly toolCalls: readonly ToolCall[];
}

export interface TokenUsage {
  readonly promptTokens: number;
  readonly completionTokens: number;
}

/** What an app's DSL names: `provider` as written there (`openai`, `langgenius/openai/openai`, …) and model name. */
export interface ModelRef {
  readonly provider: string;
  readonly name: string;
  /**
   * `completion`: a model that continues a text (gpt-3.5-turbo-instruct), asked with one user message that holds the
   * whole prompt, and knows no tools. Matters to `openai` and `openai-compatible` providers only. Default: `chat`.
   */
  readonly mode?: 'chat' | 'completion';
}
