/** A template that is wrong, or went wrong; `type` is the name of the Python exception that Jinja2 raises there. */
export class JinjaError extends Error {
  readonly type: string;
  /** Counted from 1; 0: not known yet. */
  line: number;

  constructor(type: string, message: string, line = 0) {
    super(message);
    this.name = 'JinjaError';
    this.type = type;
    this.line = line;
  }
}

export function syntaxError(message: string, line: number): JinjaError {
  return new JinjaError('jinja2.exceptions.TemplateSyntaxError', message, line);
}

export function typeError(message: string): JinjaError {
  return new JinjaError('TypeError', message);
}

export function undefinedError(message: string): JinjaError {
  return new JinjaError('jinja2.exceptions.UndefinedError', message);
}
