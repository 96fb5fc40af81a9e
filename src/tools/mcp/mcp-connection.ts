import { type Client, ProtocolError, SdkError, SdkErrorCode } from '@modelcontextprotocol/client';
import { z } from 'zod';
import { untilAborted } from '../until-aborted.ts';
import { asToolError } from './as-tool-error.ts';
import type { Channel } from './channel.ts';
import type { McpLimits } from './mcp-limits.ts';
import { STREAM_ENDED } from './scoped-transport.ts';
import type { ServerWords } from './server-words.ts';

/** A session with a server. What comes over it is as the server sent it, and bounded in size only. */
export interface McpConnection {
  /** True when it is of no use any more; calls under way have failed, or will. */
  isLost(): boolean;
  /**
   * All tools, page by page.
   *
   * @throws ToolError, SessionLostError; `signal.reason` on abort
   */
  list(signal: AbortSignal): Promise<{ readonly tools: readonly unknown[]; readonly complete: boolean }>;
  /**
   * The result of one call. An abort sends `notifications/cancelled` and closes the request's connection.
   *
   * @throws ToolError, SessionLostError; `signal.reason` on abort
   */
  call(name: string, args: Readonly<Record<string, unknown>>, signal: AbortSignal): Promise<McpResult>;
  /** Says goodbye, for a bounded time, and closes. */
  close(): Promise<void>;
}

export type McpResult = Readonly<Record<string, unknown>>;

/** The SDK's own schemas refuse a whole list for one bad tool, and a whole answer for one new kind of content. */
const toolsPage = z.object({ tools: z.array(z.unknown()), nextCursor: z.string().optional() });
const callResult = z.looseObject({});

/** The SDK needs a time limit, and timers know none longer; the callers' signals end requests before that. */
const FOREVER_MS = 2 ** 31 - 1;

export function mcpConnection(
  client: Client,
  channel: Channel,
  limits: McpLimits,
  words: ServerWords,
): McpConnection {
  let closed = false;
  client.onclose = () => {
    closed = true;
  };

  async function ask<T>(
    request: (options: { signal: AbortSignal; timeout: number }) => Promise<T>,
    signal: AbortSignal,
  ): Promise<T> {
    signal.throwIfAborted();
    // Of our own, because the reason of an abort is sent to the server.
    const controller = new AbortController();
    const abort = () => controller.abort('the caller does not wait any longer');
    signal.addEventListener('abort', abort, { once: true });
    try {
      return await request({ signal: controller.signal, timeout: FOREVER_MS });
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      const known = isBrokenOff(error) ? (channel.takeFailure() ?? error) : error;
      throw asToolError(known, words);
    } finally {
      signal.removeEventListener('abort', abort);
    }
  }

  return {
    isLost: () => closed || channel.isLost(),
    async list(signal) {
      // Asking one that has said that it has none is an error of ours.
      if (client.getServerCapabilities()?.tools === undefined) return { tools: [], complete: true };
      const tools: unknown[] = [];
      let cursor: string | undefined;
      for (let page = 0; page < limits.maxPages && tools.length < limits.maxTools; page++) {
        const params = cursor === undefined ? {} : { cursor };
        const answer = await ask(
          (options) => client.request({ method: 'tools/list', params }, toolsPage, options),
          signal,
        );
        const room = limits.maxTools - tools.length;
        tools.push(...answer.tools.slice(0, room));
        const { nextCursor } = answer;
        if (nextCursor === undefined || nextCursor === cursor)
          return { tools, complete: answer.tools.length <= room };
        cursor = nextCursor;
      }
      return { tools, complete: false };
    },
    call: (name, args, signal) =>
      ask(
        (options) =>
          client.request({ method: 'tools/call', params: { name, arguments: args } }, callResult, options),
        signal,
      ),
    async close() {
      await untilAborted(channel.leave(), AbortSignal.timeout(limits.leaveMs)).catch(() => {});
      await client.close().catch(() => {});
      await channel.transport.close().catch(() => {});
    },
  };
}

/** The protocol knows only that an answer will not come. */
function isBrokenOff(error: unknown): boolean {
  if (error instanceof ProtocolError) return error.code === STREAM_ENDED;
  return error instanceof SdkError && error.code === SdkErrorCode.ConnectionClosed;
}
