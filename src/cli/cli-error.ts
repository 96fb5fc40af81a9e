/** An error for the person at the terminal: the message is all there is to say. */
export class CliError extends Error {
  /** 2 for a command that was not understood, 1 for one that could not be carried out. */
  readonly exitCode: 1 | 2;

  constructor(message: string, exitCode: 1 | 2 = 1) {
    super(message);
    this.name = 'CliError';
    this.exitCode = exitCode;
  }
}
