import { ParleyError } from '../errors.ts';

/**
 * What arrived is not whole or not well-formed. A class of its own, because a surface may have its own words for it,
 * while other errors of this code come with theirs.
 */
export class MalformedRequest extends ParleyError {
  constructor(cause?: unknown) {
    super('bad_request', 400, 'The request is not well-formed.', { cause });
  }
}
