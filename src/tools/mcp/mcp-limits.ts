/** What bounds a connection to an MCP server, and what comes over it. Times in milliseconds. */
export interface McpLimits {
  /** One attempt to connect, whatever it takes. */
  readonly connectMs: number;
  /** Asking for all tools, over a connection that stands. */
  readonly listMs: number;
  /** How long a failed attempt is remembered, so that a dead server does not delay every request. */
  readonly retryMs: number;
  /** How old a list may grow before it is asked for again, behind the answer; not all servers tell of changes. */
  readonly listAgeMs: number;
  /** Least time between two lists that the server's notifications cause, or two streams that it lets break off. */
  readonly refreshGapMs: number;
  /** Farewells to a server: cancellations on their way, the end of its session. */
  readonly leaveMs: number;
  /** How long a process has to end after the end of its input, and again after SIGTERM; then it is killed. */
  readonly exitMs: number;
  readonly maxPages: number;
  readonly maxTools: number;
  /** JSON text of one tool's schema. */
  readonly maxSchemaLength: number;
  readonly maxSchemaDepth: number;
  /** JSON text of the schemas of all tools together. */
  readonly maxSchemasLength: number;
  /** Messages about one list, e.g. of tools that are left out. */
  readonly maxReports: number;
  /** One message, which may hold files in base64. */
  readonly maxMessageBytes: number;
  /** Of one message, what stands in none of its strings, and becomes objects here. */
  readonly maxStructureBytes: number;
  /** All text and JSON of one answer together. */
  readonly maxTextLength: number;
  /** A text that is looked at for saying the same as the structured content. */
  readonly maxComparedLength: number;
  /** All files of one answer together. */
  readonly maxFileBytes: number;
  readonly maxParts: number;
}

export const mcpLimits: McpLimits = {
  connectMs: 10_000,
  listMs: 10_000,
  retryMs: 3_000,
  listAgeMs: 5 * 60_000,
  refreshGapMs: 1_000,
  leaveMs: 1_000,
  exitMs: 1_000,
  maxPages: 20,
  maxTools: 500,
  maxSchemaLength: 128 * 1024,
  maxSchemaDepth: 64,
  maxSchemasLength: 8 * 1024 * 1024,
  maxReports: 20,
  maxMessageBytes: 24 * 1024 * 1024,
  maxStructureBytes: 1024 * 1024,
  maxTextLength: 1024 * 1024,
  maxComparedLength: 64 * 1024,
  maxFileBytes: 15 * 1024 * 1024,
  maxParts: 500,
};
