import type { ToolContext } from './tool.ts';

/** A context for tests; 127.0.0.1 may be reached unless `allow` says otherwise. */
export function toolContext(given: Partial<ToolContext> = {}): ToolContext {
  return {
    appId: 'app',
    endUserId: '00000000-0000-7000-8000-000000000001',
    user: 'u1',
    conversationId: null,
    allow: [{ kind: 'range', network: '127.0.0.0', bits: 8, port: null }],
    summarize: null,
    callers: ['app'],
    appCalls: { count: 0 },
    onUsage: () => {},
    signal: new AbortController().signal,
    ...given,
  };
}
