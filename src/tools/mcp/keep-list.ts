import { seconds } from '../../outbound/seconds.ts';
import type { Tool } from '../tool.ts';
import { ToolError } from '../tool-error.ts';
import type { KeptConnection } from './keep-connection.ts';
import type { McpLimits } from './mcp-limits.ts';
import { readList } from './read-list.ts';
import type { McpTool } from './read-tool.ts';
import { sharedAttempt } from './shared-attempt.ts';

/** The tools of a server as they were when it was last asked. */
export interface KeptList {
  known(): readonly Tool[] | null;
  /**
   * Asked for where they are not known; where they are, but of old, asked for again behind the answer.
   *
   * @throws ToolError; `signal.reason` on abort
   */
  get(signal: AbortSignal): Promise<readonly Tool[]>;
  /** Asks again, in a while if the last time is not long ago. */
  refresh(): void;
}

export interface KeepListOptions {
  readonly connection: KeptConnection;
  readonly limits: McpLimits;
  readonly toTool: (tool: McpTool) => Tool;
  readonly report: (message: string) => void;
  readonly signal: AbortSignal;
}

interface Listing {
  readonly tools: readonly Tool[];
  readonly at: number;
  /** Of the connection that it came over: another one may lead to a server that was started anew. */
  readonly connection: number;
}

export function keepList({ connection, limits, toTool, report, signal: end }: KeepListOptions): KeptList {
  let listing: Listing | null = null;
  let waiting: NodeJS.Timeout | null = null;
  let asked = Number.NEGATIVE_INFINITY;
  let told: ReadonlySet<string> = new Set();
  /** Also those that were gone for a while: coming back must not hide a change. */
  const remembered = new Map<string, McpTool>();

  function remember(tools: ReadonlyMap<string, McpTool>): void {
    for (const [name, tool] of tools) {
      remembered.delete(name);
      remembered.set(name, tool);
    }
    for (const name of remembered.keys()) {
      if (remembered.size <= 2 * limits.maxTools) break;
      remembered.delete(name);
    }
  }

  /** What was said of the list before is not said again. */
  function tell(messages: readonly string[]): void {
    const now = new Set(messages);
    const fresh = [...now].filter((message) => !told.has(message));
    told = now;
    for (const message of fresh.slice(0, limits.maxReports)) report(message);
    if (fresh.length > limits.maxReports) report(`and ${fresh.length - limits.maxReports} more of the kind`);
  }

  const asking = sharedAttempt(async () => {
    asked = performance.now();
    const { tools: raw, complete } = await connection.use(async (opened) => {
      const late = AbortSignal.timeout(limits.listMs);
      try {
        return await opened.list(AbortSignal.any([end, late]));
      } catch (error) {
        if (!late.aborted || end.aborted) throw error;
        throw new ToolError(
          'timeout',
          `the MCP server did not list its tools within ${seconds(limits.listMs)}`,
        );
      }
    }, end);
    const { tools: described, messages } = readList(raw, remembered, limits);
    tell(
      complete ? messages : [...messages, 'it lists too many tools, or pages of them; the rest is left out'],
    );
    remember(described);
    const tools = [...described.values()].map(toTool);
    listing = { tools, at: performance.now(), connection: connection.opened() };
    return tools;
  }, limits.retryMs);

  function refresh(): void {
    if (waiting !== null || end.aborted) return;
    const wait = Math.max(0, asked + limits.refreshGapMs - performance.now());
    waiting = setTimeout(() => {
      waiting = null;
      // A list that is being made may be of before the change.
      void asking
        .idle()
        .then(() => asking.run(end))
        .catch(() => {});
    }, wait).unref();
  }

  return {
    known: () => listing?.tools ?? null,
    async get(signal) {
      signal.throwIfAborted();
      if (listing === null) return asking.run(signal);
      const old = performance.now() - listing.at > limits.listAgeMs;
      if (old || listing.connection !== connection.opened()) refresh();
      return listing.tools;
    },
    refresh,
  };
}
