import type { Agent } from 'undici';

/** Where and as whom a provider is asked. One per configured provider; the agent pools its connections. */
export interface UpstreamEndpoint {
  readonly agent: Agent;
  /** `https://api.openai.com`; without path. */
  readonly origin: string;
  /** Path of the base URL without a slash at its end, e.g. `/v1`. */
  readonly basePath: string;
  /** Query of the base URL with its `?`, or empty. */
  readonly query: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly headersMs: number;
  readonly bodyGapMs: number;
  readonly finishMs: number;
  readonly drainMs: number;
  /** Never shown to anybody. */
  readonly secrets: readonly string[];
}
