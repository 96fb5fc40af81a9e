export interface DslProblem {
  /** 1-based. */
  readonly line: number;
  readonly reason: string;
}

/**
 * A DSL file that cannot be served. `unsupported`: a good file of a mode that Parley does not serve yet; `invalid`:
 * a file that has to be corrected. `line` and `reason` are those of the first of `problems`.
 */
export class DslError extends Error {
  readonly kind: 'invalid' | 'unsupported';
  readonly file: string;
  readonly line: number;
  readonly reason: string;
  readonly problems: readonly DslProblem[];

  constructor(
    kind: 'invalid' | 'unsupported',
    file: string,
    problems: readonly [DslProblem, ...DslProblem[]],
  ) {
    super(problems.map(({ line, reason }) => `${file}:${line}: ${reason}`).join('\n'));
    this.name = 'DslError';
    this.kind = kind;
    this.file = file;
    this.line = problems[0].line;
    this.reason = problems[0].reason;
    this.problems = problems;
  }
}
