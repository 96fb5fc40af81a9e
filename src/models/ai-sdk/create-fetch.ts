import type { Agent } from 'undici';

/** `fetch` over Parley's own connections, with their time limits, for AI SDK packages. */
export function createFetch(agent: Agent): typeof globalThis.fetch {
  return (async (input: string | URL, init?: RequestInit) => {
    // Loaded with the first request: most servers never make one.
    const { fetch } = await import('undici');
    return fetch(input, { ...(init as object), dispatcher: agent });
  }) as unknown as typeof globalThis.fetch;
}
