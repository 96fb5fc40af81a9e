import {
  SSEClientTransport,
  SseError,
  StreamableHTTPClientTransport,
  type Transport,
} from '@modelcontextprotocol/client';
import type { Channel } from './channel.ts';
import type { McpLimits } from './mcp-limits.ts';
import { scopedTransport } from './scoped-transport.ts';
import { serverFetch } from './server-fetch.ts';

/** Streamable HTTP (since 2025-03-26), or HTTP with SSE (2024-11-05). */
export type HttpProtocol = 'streamable' | 'sse';

export interface HttpServer {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  /** Guarded. */
  readonly fetch: typeof globalThis.fetch;
}

export function httpChannel(protocol: HttpProtocol, server: HttpServer, limits: McpLimits): Channel {
  let lost = false;
  const { fetch, takeFailure } = serverFetch({
    fetch: server.fetch,
    origin: server.url.origin,
    limits,
    // Not for GET: servers that offer no stream of their own should answer 405, and often answer 404.
    inSession: (method, headers) =>
      method === 'POST' && (protocol === 'sse' || headers.has('mcp-session-id')),
    onSessionLost: () => {
      lost = true;
    },
  });
  const options = { fetch, requestInit: { headers: { ...server.headers } } };
  const common = { takeFailure, complaint: () => '', isLost: () => lost };

  if (protocol === 'sse') {
    const inner = new SSEClientTransport(server.url, options);
    const { transport, sent } = scopedTransport(inner);
    closeWhenBrokenOff(transport, () => {
      lost = true;
    });
    return { ...common, transport, leave: sent };
  }

  const inner = new StreamableHTTPClientTransport(server.url, {
    ...options,
    reconnectionScheduler: (reconnect, delay) => {
      // A server says how long to wait, and could let every stream break off at once.
      const wait = Math.min(Math.max(delay, limits.refreshGapMs), 60_000);
      const timer = setTimeout(reconnect, wait).unref();
      return () => clearTimeout(timer);
    },
  });
  const { transport, sent } = scopedTransport(inner);
  return {
    ...common,
    transport,
    async leave() {
      await sent();
      if (!lost) await inner.terminateSession().catch(() => {});
    },
  };
}

/**
 * An event source opens a broken stream again by itself, but over SSE a new stream is a new session, which nobody has
 * opened.
 */
function closeWhenBrokenOff(transport: Transport, onBroken: () => void): void {
  transport.onerror = (error) => {
    if (!(error instanceof SseError)) return;
    onBroken();
    void transport.close();
  };
}
