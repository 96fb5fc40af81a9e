import type { McpServerConfig } from '../../config/config.ts';
import { ToolError } from '../tool-error.ts';
import type { McpConnection } from './mcp-connection.ts';
import type { OpenConnectionOptions } from './open-connection.ts';
import { SessionLostError } from './session-lost-error.ts';
import { sharedAttempt } from './shared-attempt.ts';

/** One connection to a server, opened when it is first needed, and again when it was lost. */
export interface KeptConnection {
  /**
   * Does `work` over the connection; a second time over a new one when the server had forgotten the session.
   *
   * @throws what `work` throws; ToolError when there is no connection; `signal.reason` on abort
   */
  use<T>(work: (connection: McpConnection) => Promise<T>, signal: AbortSignal): Promise<T>;
  /** How many connections there have been. */
  opened(): number;
  /** Once `signal` of the options is aborted: waits, for a bounded time, until nothing is left. */
  close(): Promise<void>;
}

export type KeepConnectionOptions = Omit<OpenConnectionOptions, 'onClosing'>;

export function keepConnection(server: McpServerConfig, options: KeepConnectionOptions): KeptConnection {
  let current: McpConnection | null = null;
  let opened = 0;
  const closings = new Set<Promise<void>>();

  function onClosing(closing: Promise<void>): void {
    const settled = closing.catch(() => {}).finally(() => closings.delete(settled));
    closings.add(settled);
  }

  const opening = sharedAttempt(async () => {
    const { openConnection } = await import('./open-connection.ts');
    const connection = await openConnection(server, { ...options, onClosing });
    if (options.signal.aborted) {
      onClosing(connection.close());
      throw options.signal.reason;
    }
    current = connection;
    opened++;
    return connection;
  }, options.limits.retryMs);

  async function get(signal: AbortSignal): Promise<McpConnection> {
    signal.throwIfAborted();
    if (current?.isLost() === true) {
      onClosing(current.close());
      current = null;
    }
    return current ?? opening.run(signal);
  }

  return {
    async use(work, signal) {
      try {
        return await work(await get(signal));
      } catch (error) {
        if (!(error instanceof SessionLostError)) throw error;
      }
      try {
        return await work(await get(signal));
      } catch (error) {
        if (!(error instanceof SessionLostError)) throw error;
        throw new ToolError('failed', error.message, { cause: error });
      }
    },
    opened: () => opened,
    async close() {
      await opening.idle();
      if (current !== null) onClosing(current.close());
      current = null;
      await Promise.all(closings);
    },
  };
}
