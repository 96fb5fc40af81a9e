import type { YamlPath } from '../../config/yaml-source.ts';
import type { ToolError } from '../tool-error.ts';

/** An OpenAPI document that is valid but for what its `$ref`s lead to. */
export interface OpenApiDocument {
  readonly version: '3.0' | '3.1';
  readonly root: Readonly<Record<string, unknown>>;
  /** Where its relative servers start from; null: it came from a file. */
  readonly address: string | null;
  /** What is wrong at `path`, as `name:line:column: reason`. */
  problem(path: YamlPath, reason: string): ToolError;
}

/** Something in a document, and where it stands there: after a `$ref`, where that leads. */
export interface Located {
  readonly node: unknown;
  readonly path: YamlPath;
}
