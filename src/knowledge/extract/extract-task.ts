import type { DocumentKind } from './document-kind.ts';
import type { ExtractionFailure } from './extraction-error.ts';

/** A document for a thread to read. */
export interface ExtractTask {
  readonly kind: DocumentKind;
  readonly bytes: Uint8Array;
}

export type ExtractReport =
  | { readonly kind: 'ready' }
  | { readonly kind: 'text'; readonly text: string }
  /** Of an ExtractionError. */
  | { readonly kind: 'failure'; readonly failure: ExtractionFailure; readonly message: string };
