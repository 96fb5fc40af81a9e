import type { FetchLike } from '@modelcontextprotocol/client';
import { ToolError } from '../tool-error.ts';
import type { McpLimits } from './mcp-limits.ts';
import { type MessageMeter, messageMeter } from './message-meter.ts';
import { SessionLostError } from './session-lost-error.ts';

export interface ServerFetch {
  readonly fetch: FetchLike;
  /** Why the newest request, or the stream of its answer, came to nothing. Said once. */
  takeFailure(): Error | null;
}

export interface ServerFetchOptions {
  /** Guarded. */
  readonly fetch: typeof globalThis.fetch;
  readonly origin: string;
  readonly limits: McpLimits;
  /** True when a request belongs to a session that the server must know. */
  readonly inSession: (method: string, headers: Headers) => boolean;
  readonly onSessionLost: () => void;
}

/** Of what a server writes about a status, as much as is looked at. */
const MAX_REASON_LENGTH = 10_000;

/**
 * A `fetch` for the SDK's transports: never leaves the server's origin (the configured headers go with every request),
 * and tells apart what the transports take for one kind of failure, or do not tell at all.
 */
export function serverFetch(options: ServerFetchOptions): ServerFetch {
  let failure: Error | null = null;

  function failed<E extends Error>(error: E): E {
    failure = error;
    return error;
  }

  /** What we have ended ourselves is no failure. */
  function broke(error: unknown, signal: AbortSignal | null | undefined): void {
    if (error instanceof Error && signal?.aborted !== true) failure = error;
  }

  const fetch: FetchLike = async (input, init) => {
    const url = new URL(input);
    if (url.origin !== options.origin) throw failed(leftOrigin(url));
    const method = init?.method ?? 'GET';
    let response: Response;
    try {
      response = measured(await options.fetch(url, init), options.limits, (error) =>
        broke(error, init?.signal),
      );
    } catch (error) {
      broke(error, init?.signal);
      throw error;
    }
    const { status } = response;
    if (status === 401 || status === 403) {
      await discard(response);
      throw failed(new ToolError('credentials', refused(status)));
    }
    const target = redirectTarget(response, url);
    if (target !== null && target.origin !== options.origin) {
      await discard(response);
      throw failed(leftOrigin(target));
    }
    if ((status === 404 || status === 400) && options.inSession(method, new Headers(init?.headers))) {
      // 404 says so (2025-11-25, "Session Management"); the SDK's own server, and its examples, also answer 400.
      const reason = await response.text();
      if (status === 404 || /session|not initialized/i.test(reason.slice(0, MAX_REASON_LENGTH))) {
        options.onSessionLost();
        throw new SessionLostError(status);
      }
      return new Response(reason, { status, headers: response.headers });
    }
    return response;
  };

  return {
    fetch,
    takeFailure() {
      const taken = failure;
      failure = null;
      return taken;
    },
  };
}

/** Nothing but the origin: a path may hold what is secret. */
function leftOrigin(url: URL): ToolError {
  return new ToolError('failed', `the MCP server redirects to ${url.origin}, where it is not followed`);
}

function refused(status: number): string {
  return `the MCP server answered with the status ${status}: it wants credentials, or refuses those it was given`;
}

function redirectTarget(response: Response, from: URL): URL | null {
  const location = response.headers.get('location');
  const redirects = response.status >= 300 && response.status < 400 && location !== null;
  return redirects ? URL.parse(location, from.href) : null;
}

/** The response, each of whose messages is measured before it is parsed. */
function measured(response: Response, limits: McpLimits, broke: (error: unknown) => void): Response {
  const { body, status, headers } = response;
  if (body === null) return response;
  const events = /^text\/event-stream\b/i.test(headers.get('content-type') ?? '');
  const meter = messageMeter(limits, events ? 'event' : 'none');
  return new Response(watched(body, meter, broke), { status, headers });
}

/** The stream, whose error the transports would make a sentence of. */
function watched(
  body: ReadableStream<Uint8Array>,
  meter: MessageMeter,
  broke: (error: unknown) => void,
): ReadableStream<Uint8Array> {
  const reader = body.getReader();
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      try {
        const { done, value } = await reader.read();
        if (done) return controller.close();
        meter.count(value);
        controller.enqueue(value);
      } catch (error) {
        broke(error);
        controller.error(error);
        await reader.cancel(error).catch(() => {});
      }
    },
    cancel: (reason) => reader.cancel(reason),
  });
}

async function discard(response: Response): Promise<void> {
  await response.body?.cancel().catch(() => {});
}
