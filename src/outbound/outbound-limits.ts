/** What holds for every request, whoever causes it. */
export interface OutboundLimits {
  /** All headers of one answer together. */
  readonly maxHeaderBytes: number;
  /** Redirects that are followed when the caller does not say. */
  readonly maxRedirects: number;
  /** Layers of `content-encoding` that are undone. */
  readonly maxEncodings: number;
  /**
   * How long an idle connection is kept. Short, because a callee that closes one at the moment it is used again
   * costs a request; most keep theirs for five seconds or more.
   */
  readonly keepAliveMs: number;
  /** Idle connections kept per origin and rule set. */
  readonly maxIdleSockets: number;
  /** Limits of the guarded `fetch`, whose callers can only name a signal. */
  readonly fetch: {
    readonly connectMs: number;
    /** From the request being sent to the answer's headers; the streams after them may be silent for as long as they like. */
    readonly headersMs: number;
    /** Largest body; for an event stream, which may have no end, the largest single event. */
    readonly maxBytes: number;
  };
}

export const outboundLimits: OutboundLimits = {
  maxHeaderBytes: 32 * 1024,
  maxRedirects: 5,
  maxEncodings: 3,
  keepAliveMs: 4_000,
  maxIdleSockets: 8,
  fetch: { connectMs: 10_000, headersMs: 300_000, maxBytes: 32 * 1024 * 1024 },
};
