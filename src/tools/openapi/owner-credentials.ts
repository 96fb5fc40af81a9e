import type { OpenApiEntry } from './openapi-entry.ts';
import type { SecurityScheme } from './operation.ts';

/** What goes on every request of an operation, whatever the model says. */
export interface OwnerCredentials {
  readonly headers: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, string>>;
  readonly cookies: Readonly<Record<string, string>>;
  /** What the owner must do before the operation can be called; null: nothing. */
  readonly missing: string | null;
}

/**
 * The headers and query of the entry, and the credentials of the first alternative of `security` for which the
 * environment has all. An owner who gives headers or a query has thereby said what is sent: nothing is missing then.
 */
export function ownerCredentials(
  entry: OpenApiEntry,
  security: readonly (readonly SecurityScheme[])[],
): OwnerCredentials {
  const applied: Applied = { headers: {}, query: {}, cookies: {} };
  const secretOf = (scheme: SecurityScheme) => {
    const variable = variableOf(entry.name, scheme.name);
    return Object.hasOwn(entry.secrets, variable) ? entry.secrets[variable]?.trim() : undefined;
  };
  const usable = security
    .filter((schemes) => schemes.length > 0)
    .find((schemes) => schemes.every((scheme) => scheme.kind !== 'other' && secretOf(scheme) !== undefined));
  for (const scheme of usable ?? []) apply(scheme, secretOf(scheme) ?? '', applied);
  const own = [...Object.keys(entry.headers), ...Object.keys(entry.query)].length > 0;
  return {
    headers: { ...withoutNames(applied.headers, entry.headers), ...entry.headers },
    query: { ...applied.query, ...entry.query },
    cookies: applied.cookies,
    missing:
      entry.unset.length > 0
        ? `set the environment variable ${entry.unset.join(', ')}, which the credentials of ${entry.name} refer to`
        : own || usable !== undefined
          ? null
          : describeMissing(entry, security, secretOf),
  };
}

interface Applied {
  readonly headers: Record<string, string>;
  readonly query: Record<string, string>;
  readonly cookies: Record<string, string>;
}

function apply(scheme: SecurityScheme, secret: string, applied: Applied): void {
  switch (scheme.kind) {
    case 'key':
      if (scheme.place === 'header') applied.headers[scheme.key] = secret;
      else if (scheme.place === 'query') applied.query[scheme.key] = secret;
      else applied.cookies[scheme.key] = secret;
      break;
    case 'basic':
      applied.headers.authorization = `Basic ${Buffer.from(secret).toString('base64')}`;
      break;
    case 'token':
      applied.headers.authorization = `${scheme.word} ${secret}`;
      break;
    case 'other':
      break;
  }
}

/** Header names are the same in any case. */
function withoutNames(
  headers: Readonly<Record<string, string>>,
  other: Readonly<Record<string, string>>,
): Record<string, string> {
  const names = new Set(Object.keys(other).map((name) => name.toLowerCase()));
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !names.has(name.toLowerCase())));
}

function describeMissing(
  entry: OpenApiEntry,
  security: readonly (readonly SecurityScheme[])[],
  secretOf: (scheme: SecurityScheme) => string | undefined,
): string | null {
  if (security.length === 0 || security.some((schemes) => schemes.length === 0)) return null;
  const spoken = security.find((schemes) => schemes.every(({ kind }) => kind !== 'other'));
  if (spoken === undefined) {
    const types = security.flat().flatMap((scheme) => (scheme.kind === 'other' ? [scheme.type] : []));
    return `${entry.name} asks for credentials of a kind that Parley cannot show (${types.join(', ')}); give headers or a query that it takes instead`;
  }
  const variables = spoken
    .filter((scheme) => secretOf(scheme) === undefined)
    .map((scheme) => {
      const form = scheme.kind === 'basic' ? ' (user:password)' : '';
      return `PARLEY_TOOL_${variableOf(entry.name, scheme.name)}${form}`;
    });
  return `${entry.name} has no credentials; set the environment variable ${variables.join(' and ')}`;
}

/**
 * What stands after `PARLEY_TOOL_` in the name of the environment variable for a scheme of a provider. Neither part has two
 * `_` in a row, or one at its end: the `__` between them is the only one, and `acme` with `crm-key` is not `acme-crm` with
 * `key`.
 */
function variableOf(provider: string, scheme: string): string {
  const part = (name: string) =>
    name
      .toUpperCase()
      .replace(/[^A-Z0-9]+/g, '_')
      .replace(/^_|_$/g, '');
  return `${part(provider)}__${part(scheme)}`;
}
