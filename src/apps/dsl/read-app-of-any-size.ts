import { deepFreeze } from '../../config/deep-freeze.ts';
import type { App } from '../app.ts';
import type { WorkflowReader } from '../workflow-reader.ts';
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

export interface ReadAppOfAnySizeOptions extends Omit<ReadAppOptions, 'readWorkflow'> {
  /** Called for what may be a workflow, before it is answered. Without one, workflows are not served. */
  readonly workflowReader?: () => WorkflowReader | Promise<WorkflowReader>;
  /** Has its own `readWorkflow`. Without one, large files are read here as well. */
  readonly readLargeApp?: LargeAppReader;
}

/** In characters. Most files that people make are smaller, and take some tens of milliseconds. */
const LARGE = 64 * 1024;

/** In every workflow's file, but for one that escapes these letters, which is then refused. */
const MAY_BE_WORKFLOW = /workflow|advanced-chat/;

/** @throws DslError as `readApp` does */
export async function readAppOfAnySize(source: string, options: ReadAppOfAnySizeOptions): Promise<App> {
  const { readLargeApp, workflowReader, onWarning, ...plain } = options;
  const readWorkflow = MAY_BE_WORKFLOW.test(source) ? await workflowReader?.() : undefined;
  if (source.length <= LARGE || readLargeApp === undefined)
    return readApp(source, {
      ...plain,
      ...(onWarning && { onWarning }),
      ...(readWorkflow && { readWorkflow }),
    });
  const { app, warnings } = await readLargeApp(source, plain);
  for (const warning of warnings) onWarning?.(warning);
  return deepFreeze(app);
}
