import type { Tool } from './tool.ts';
import type { ToolProvider } from './tool-provider.ts';

/** A tool as a DSL names it. */
export interface ToolName {
  /** `builtin`, `api`, `mcp`, `workflow`, `client`; a `plugin` of Dify's is built in here. */
  readonly providerType: string;
  readonly providerId: string;
  readonly providerName: string;
  readonly tool: string;
}

/** Every tool of the server, found by the names that a DSL uses. Built by `createTools`. */
export interface Tools {
  /**
   * Why there is no such tool, in words for an app's author; null when there is one, or when that is not known yet (an MCP
   * server that has not answered).
   */
  problemOf(name: ToolName): string | null;
  /**
   * What the owner has not set and no call of the tool can do without, in words for them; null: nothing, or it is not known
   * whether there is such a tool.
   */
  lackOf(name: ToolName): string | null;
  /** @throws ToolError with what `problemOf` says, or why its provider cannot be asked; `signal.reason` on abort */
  find(name: ToolName, options: { readonly signal: AbortSignal }): Promise<Tool>;
  /** All there are, in no order that means anything. */
  providers(): readonly ToolProvider[];
  close(): Promise<void>;
}
