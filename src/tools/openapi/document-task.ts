import type { ToolFailure } from '../tool-error.ts';
import type { DocumentText } from './load-text.ts';
import type { OpenApiEntry } from './openapi-entry.ts';
import type { Operation } from './operation.ts';

/** A document for a thread to read. */
export interface DocumentTask extends DocumentText {
  /** Only with the names of credentials: their values stay out of the thread. */
  readonly entry: OpenApiEntry;
}

export type DocumentReport =
  | { readonly kind: 'ready' }
  | { readonly kind: 'operations'; readonly operations: readonly PlainOperation[] }
  /** `message`: of a ToolError. */
  | { readonly kind: 'failure'; readonly failure: ToolFailure; readonly message: string };

/** As a thread can send it. */
export type PlainOperation = Omit<Operation, 'server'> & { readonly server: string };
