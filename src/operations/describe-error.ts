/** What a log line says about an error. */
export interface ErrorFacts {
  readonly type: string;
  readonly message: string;
  readonly code?: string | number;
  readonly stack?: string;
  readonly cause?: ErrorFacts;
}

/** Causes of causes that are told; also ends a circle. */
const MAX_DEPTH = 5;

/**
 * An error for the log: these fields and no others. Libraries hang much more on theirs, and some of it is users' text
 * (PostgreSQL's `detail` quotes the row, an HTTP client's error carries the request).
 */
export function describeError(error: unknown, depth = 1): ErrorFacts {
  if (!(error instanceof Error)) {
    const told = typeof error === 'object' || typeof error === 'function' ? '' : String(error);
    return { type: error === null ? 'null' : typeof error, message: told };
  }
  const { code } = error as NodeJS.ErrnoException;
  return {
    type: error.constructor?.name || error.name,
    message: error.message,
    ...(typeof code === 'string' || typeof code === 'number' ? { code } : {}),
    ...(typeof error.stack === 'string' ? { stack: error.stack } : {}),
    ...(error.cause !== undefined && depth < MAX_DEPTH
      ? { cause: describeError(error.cause, depth + 1) }
      : {}),
  };
}
