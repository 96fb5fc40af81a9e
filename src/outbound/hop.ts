import type { Readable } from 'node:stream';

/** One request of a chain of redirects, ready to be sent. */
export interface Hop {
  readonly url: URL;
  readonly method: string;
  readonly headers: readonly Header[];
  readonly body: Buffer | Readable | null;
}

export interface Header {
  /** As the caller wrote it. */
  readonly name: string;
  /** In lower case, for comparisons. */
  readonly key: string;
  readonly values: readonly string[];
}
