import { deepFreeze } from '../../config/deep-freeze.ts';
import type { App } from '../app.ts';
import type { DslProblem } from './dsl-error.ts';
import { type ReadAppOptions, readApp } from './read-app.ts';

/**
 * Reads a large file where that stops nobody: each megabyte of YAML takes a second or more.
 *
 * @throws DslError as `readApp` does, or when it takes too much time or memory
 */
export type LargeAppReader = (
  source: string,
  options: Omit<ReadAppOptions, 'readWorkflow' | 'onWarning'>,
) => Promise<{ readonly app: App; readonly warnings: readonly DslProblem[] }>;

export interface ReadAppOfAnySizeOptions extends ReadAppOptions {
  /** Has its own `readWorkflow`. Without one, large files are read here as well. */
  readonly readLargeApp?: LargeAppReader;
}

/** In characters. Files that people make have some tens of thousands, which take some milliseconds. */
const LARGE = 256 * 1024;

/** @throws DslError as `readApp` does */
export async function readAppOfAnySize(source: string, options: ReadAppOfAnySizeOptions): Promise<App> {
  const { readLargeApp, readWorkflow: _, onWarning, ...plain } = options;
  if (source.length <= LARGE || readLargeApp === undefined) return readApp(source, options);
  const { app, warnings } = await readLargeApp(source, plain);
  for (const warning of warnings) onWarning?.(warning);
  return deepFreeze(app);
}
