import type { Tool } from './tool.ts';

/** Dify's `provider_type` (`facts/dify-dsl-engine.md` §2.3), and `client` for functions that the caller executes. */
export type ProviderType = 'builtin' | 'api' | 'mcp' | 'workflow' | 'client';

/** Several tools under one name. */
export interface ToolProvider {
  readonly type: ProviderType;
  /** As the DSL's `provider_id` or `provider_name` has it. */
  readonly name: string;
  /**
   * Its tools as far as they are known now, without waiting; null: they have not been asked for, or could not be had yet
   * (an MCP server that does not answer, a document that is still being read).
   */
  known(): readonly Tool[] | null;
  /**
   * Its tools, asked for where they are not known. Concurrent calls share one attempt.
   *
   * @throws ToolError when they cannot be had, and `signal.reason` on abort (which ends the wait, not the shared attempt)
   */
  list(options: { readonly signal: AbortSignal }): Promise<readonly Tool[]>;
  /** Calls that still run are ended. */
  close(): Promise<void>;
}
