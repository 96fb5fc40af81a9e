import type { OpenAIProvider } from '@ai-sdk/openai';

/**
 * The AI SDK's OpenAI package, which also serves compatible endpoints: `@ai-sdk/openai-compatible` has no audio.
 * Global fetch, because the package sends the global `FormData`, which undici's own fetch does not accept.
 */
export async function loadOpenAI(endpoint: AudioEndpoint): Promise<OpenAIProvider> {
  const { createOpenAI } = await import('@ai-sdk/openai');
  return createOpenAI({
    apiKey: endpoint.apiKey ?? '',
    baseURL: endpoint.baseUrl,
    headers: { ...endpoint.headers },
  });
}

export interface AudioEndpoint {
  readonly apiKey: string | null;
  readonly baseUrl: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly secrets: readonly string[];
  /** A call may take so long; it is silent until its answer is complete. */
  readonly limitMs: number;
}
