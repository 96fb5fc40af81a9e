import { seconds } from '../../outbound/seconds.ts';
import type { Tool } from '../tool.ts';
import { ToolError } from '../tool-error.ts';
import type { KeptConnection } from './keep-connection.ts';
import type { McpLimits } from './mcp-limits.ts';
import { type McpTool, readTool } from './read-tool.ts';
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
  readonly described: ReadonlyMap<string, McpTool>;
  readonly tools: readonly Tool[];
  readonly at: number;
  /** Of the connection that it came over: another one may lead to a server that was started anew. */
  readonly connection: number;
}

export function keepList({ connection, limits, toTool, report, signal: end }: KeepListOptions): KeptList {
  let listing: Listing | null = null;
  let waiting: NodeJS.Timeout | null = null;
  let asked = Number.NEGATIVE_INFINITY;

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
    if (!complete)
      report(`it lists more than ${limits.maxTools} tools, or endless pages; the rest is left out`);
    const described = read(raw, limits, report);
    if (listing !== null) reportChanges(listing.described, described, report);
    const tools = [...described.values()].map(toTool);
    listing = { described, tools, at: performance.now(), connection: connection.opened() };
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

function read(
  raw: readonly unknown[],
  limits: McpLimits,
  report: (message: string) => void,
): ReadonlyMap<string, McpTool> {
  const described = new Map<string, McpTool>();
  for (const entry of raw) {
    const tool = readTool(entry, limits);
    if (typeof tool === 'string') report(`left out: ${tool}`);
    else if (described.has(tool.name)) report(`left out: a second tool with the name ${tool.name}`);
    else described.set(tool.name, tool);
  }
  return described;
}

/** A server that was harmless when it was chosen can say something else later (`facts/peers.md` §4.3 D5). */
function reportChanges(
  before: ReadonlyMap<string, McpTool>,
  after: ReadonlyMap<string, McpTool>,
  report: (message: string) => void,
): void {
  for (const [name, tool] of after) {
    const known = before.get(name);
    if (known === undefined) continue;
    if (known.description !== tool.description) report(`the description of ${name} has changed`);
    if (JSON.stringify(known.parameters) !== JSON.stringify(tool.parameters))
      report(`the parameters of ${name} have changed`);
  }
}
