import { hasBrokenReference } from '../tools/openapi/resolve-references.ts';
import { CliError } from './cli-error.ts';

export interface ToolCredentials {
  readonly headers: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, string>>;
}

/**
 * What `--bearer TOKEN`, `--header 'Name: value'` and `--query name=value` give to send with every request.
 *
 * @throws CliError, which never repeats a value
 */
export function toolCredentials(
  given: {
    readonly bearer?: string | undefined;
    readonly header?: readonly string[] | undefined;
    readonly query?: readonly string[] | undefined;
  },
  usage: string,
): ToolCredentials {
  const misused = (reason: string) => new CliError(`${reason}\nusage: parley ${usage}`, 2);
  const headers = new Map<string, string>();
  const query = new Map<string, string>();
  const keep = (flag: string, into: Map<string, string>, name: string, value: string) => {
    if (hasBrokenReference(value)) {
      throw misused(`${flag}: expected $\{NAME} with letters, digits and _ between the braces`);
    }
    if ([...into.keys()].some((other) => other.toLowerCase() === name.toLowerCase())) {
      throw misused(`${flag} gives ${name} twice`);
    }
    into.set(name, value);
  };
  const sent = (flag: string, value: string) => {
    if (!/^[\t\x20-\x7e\x80-\xff]+$/.test(value)) throw misused(`${flag}: expected Latin-1 text of one line`);
    return value;
  };
  if (given.bearer !== undefined) {
    keep('--bearer', headers, 'authorization', `Bearer ${sent('--bearer', given.bearer.trim())}`);
  }
  for (const text of given.header ?? []) {
    const [, name, value] = /^([\w!#$%&'*+.^`|~-]+):\s*(.*\S)\s*$/s.exec(text) ?? [];
    if (name === undefined || value === undefined) throw misused("--header takes 'Name: value'");
    keep('--header', headers, name, sent('--header', value));
  }
  for (const text of given.query ?? []) {
    const [, name, value] = /^([^=]*[^=\s])=(.+)$/s.exec(text) ?? [];
    if (name === undefined || value === undefined) throw misused('--query takes name=value');
    keep('--query', query, name, value);
  }
  return { headers: Object.fromEntries(headers), query: Object.fromEntries(query) };
}
