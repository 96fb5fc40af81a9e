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
   * Resolves when the answer is complete. Rejects with a `ParleyError` (codes of `facts/dify-wire.md` §3.6) when
   * the provider fails, and with `signal.reason` when `signal` aborts: the upstream socket is closed within the
   * same event-loop turn, and `onDelta` is never called again. Retries happen only before the first delta.
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
}

export type ChatMessage =
  | { readonly role: 'system'; readonly content: string }
  | { readonly role: 'user'; readonly content: string | readonly ContentPart[] }
  | { readonly role: 'assistant'; readonly content: string };

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
  readonly finishReason: 'stop' | 'length' | 'content_filter' | 'other';
  /** As reported by the provider; null when it reported none. */
  readonly usage: TokenUsage | null;
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
   * whole prompt. Matters to `openai` and `openai-compatible` providers only. Default: `chat`.
   */
  readonly mode?: 'chat' | 'completion';
}
