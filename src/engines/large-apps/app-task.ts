import type { App } from '../../apps/app.ts';
import type { DslError, DslProblem } from '../../apps/dsl/dsl-error.ts';
import type { LargeAppReader } from '../../apps/dsl/read-app-of-any-size.ts';

/** A DSL file for a thread to read. */
export interface AppTask {
  readonly source: string;
  readonly options: Parameters<LargeAppReader>[1];
}

export type AppReport =
  | { readonly kind: 'ready' }
  | { readonly kind: 'app'; readonly app: App; readonly warnings: readonly DslProblem[] }
  | { readonly kind: 'refused'; readonly error: Pick<DslError, 'kind' | 'problems'> }
  | { readonly kind: 'failed'; readonly message: string };
