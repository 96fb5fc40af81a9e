import { type Agent, fetch as undiciFetch } from 'undici';

/** `fetch` over Parley's own connections, with their time limits, for AI SDK packages. */
export function createFetch(agent: Agent): typeof globalThis.fetch {
  return ((input: string | URL, init?: RequestInit) =>
    undiciFetch(input, { ...(init as object), dispatcher: agent })) as unknown as typeof globalThis.fetch;
}
