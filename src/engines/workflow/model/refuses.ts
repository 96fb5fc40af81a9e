import { NodeError } from '../node-error.ts';

/**
 * Whether a provider refused a request before it began to answer, and names `what` as the reason: there are models that
 * know no functions or schemas, and nobody who says which.
 */
export function refuses(error: unknown, what: RegExp): boolean {
  return (
    error instanceof NodeError &&
    error.type === 'InvokeBadRequestError' &&
    error.details.usage === undefined &&
    what.test(error.message)
  );
}
