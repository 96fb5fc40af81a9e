/** Names of Dify's exception classes. */
export type ExtractionFailure = 'UnsupportedFileTypeError' | 'TextExtractionError';

/** Why a document has no text here, in words for the app's author. */
export class ExtractionError extends Error {
  readonly type: ExtractionFailure;

  constructor(type: ExtractionFailure, message: string, options: { readonly cause?: unknown } = {}) {
    super(message, options);
    this.name = 'ExtractionError';
    this.type = type;
  }
}

/** A document that is broken, or larger than it may be. */
export function unreadable(message: string, options: { readonly cause?: unknown } = {}): ExtractionError {
  return new ExtractionError('TextExtractionError', message, options);
}
