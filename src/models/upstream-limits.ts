/** Every time limit and retry rule of a call to a model provider, in one place. */
export const upstreamLimits = {
  /** TCP and TLS handshake. */
  connectMs: 10_000,
  /** From the request being sent to the response's headers; the owner's `options.headers_timeout_ms` wins. */
  headersMs: 60_000,
  /**
   * Longest silence inside a response's body, and longest call for speech or transcription, which is silent until it
   * is done; the owner's `options.body_timeout_ms` wins.
   */
  bodyGapMs: 300_000,
  /** From an answer's finish reason, or its last words after it, to its end without `[DONE]`; usage may still come. */
  finishMs: 2_000,
  /** From `[DONE]` to the end of the response; then its connection is closed. */
  drainMs: 1_000,
  /** How long an idle connection is kept when the provider does not say. */
  keepAliveMs: 15_000,
  /** Attempts after the first one. */
  maxRetries: 2,
  /** Pause before the first retry; doubled for each further one. */
  retryBackoffMs: 250,
  /** A provider that asks for a longer pause (`retry-after`) is not asked again. */
  maxRetryAfterMs: 5_000,
  /** HTTP statuses after which the same request may succeed. */
  retryableStatuses: [429, 500, 502, 503, 504, 529] as readonly number[],
  /** How much of an error's body is read. */
  maxErrorBytes: 64 * 1024,
  /** Largest answer that is not streamed. */
  maxJsonBytes: 32 * 1024 * 1024,
  /** Largest single event of a stream, in characters. */
  maxEventChars: 8 * 1024 * 1024,
  /** Tool calls of one answer; OpenAI takes no more than 128 tools in the first place. */
  maxToolCalls: 128,
  /** All calls of one answer together: names, ids, arguments and what goes back with them, in characters. */
  maxToolCallChars: 1024 * 1024,
  /** Reasoning kept to go back with tool calls, in characters; an answer with more goes on, and none is sent back. */
  maxKeptReasoningChars: 1024 * 1024,
  /** Largest number of tokens taken from a provider's report: what clients and the store hold as an integer. */
  maxTokens: 2 ** 31 - 1,
  /** A longer text's tokens are estimated from samples of this length together: counting takes 100 ns per character. */
  maxCountedChars: 100_000,
} as const;
