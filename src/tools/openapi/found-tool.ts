import type { OpenApiEntry } from './openapi-entry.ts';

/** A provider that a look at a folder found, not yet read. */
export interface FoundTool {
  readonly name: string;
  readonly origin: 'added' | 'folder';
  /** As problems with it are told. */
  readonly file: string;
  /** Differs whenever what it is may differ. */
  readonly state: string;
  /** @throws ToolError */
  read(): Promise<OpenApiEntry>;
}

/** A file that cannot be one. */
export interface RefusedFile {
  readonly file: string;
  readonly reason: string;
}

export interface FoundTools {
  readonly tools: readonly FoundTool[];
  readonly refused: readonly RefusedFile[];
}
