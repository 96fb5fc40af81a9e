/**
 * The server does not know our session any more, and did nothing of what it was asked: over a new session the same can
 * be asked again.
 */
export class SessionLostError extends Error {
  /** HTTP status that said so. */
  readonly status: number;

  constructor(status: number) {
    super(`the MCP server answered with the status ${status}`);
    this.name = 'SessionLostError';
    this.status = status;
  }
}
