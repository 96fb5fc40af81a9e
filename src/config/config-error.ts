/** One thing wrong with the configuration. `where` is `file:line:column`, a flag or an environment variable. */
export interface ConfigProblem {
  readonly where: string;
  readonly reason: string;
}

/** Stops the start. The message has one line per problem: `parley.yml:3:9: expected a port number from 0 to 65535`. */
export class ConfigError extends Error {
  readonly problems: readonly ConfigProblem[];

  constructor(problems: readonly ConfigProblem[]) {
    super(problems.map(({ where, reason }) => `${where}: ${reason}`).join('\n'));
    this.name = 'ConfigError';
    this.problems = problems;
  }
}
