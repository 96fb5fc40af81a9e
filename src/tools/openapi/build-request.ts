import { ToolError } from '../tool-error.ts';
import { buildPath } from './build-path.ts';
import { encodeBody } from './encode-body.ts';
import type { Operation } from './operation.ts';
import type { OwnerCredentials } from './owner-credentials.ts';
import { formPairs, type Pair, percentEncoded, simpleText } from './serialize.ts';

type Arguments = Readonly<Record<string, unknown>>;

export interface ToolRequest {
  readonly method: string;
  readonly url: URL;
  /** By name in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer | null;
}

/**
 * The request that an operation makes with arguments that fit its schema. Nothing in them can reach a credential of the
 * owner's, another server or another path.
 *
 * @throws ToolError `arguments`, and `credentials` where the owner's are missing
 */
export async function buildRequest(
  operation: Operation,
  credentials: OwnerCredentials,
  given: Arguments,
): Promise<ToolRequest> {
  // Without a prototype: a parameter may be called "constructor", and be left out.
  const args: Arguments = Object.assign(Object.create(null), given);
  if (credentials.missing !== null) throw new ToolError('credentials', credentials.missing);
  const { method, parameters, server, accept, body: binding } = operation;
  const body = binding === null ? null : await encodeBody(binding, args);
  const headers = new Map([['accept', accept]]);
  for (const { argument, ...parameter } of parameters) {
    const value = args[argument];
    if (parameter.place !== 'header' || value === undefined || value === null) continue;
    headers.set(parameter.name.toLowerCase(), headerText(argument, simpleText(parameter, value)));
  }
  for (const [name, value] of Object.entries(credentials.headers)) headers.set(name.toLowerCase(), value);
  const cookies = cookiePairs(parameters, credentials, args, headers.get('cookie') ?? '');
  if (cookies !== '') headers.set('cookie', cookies);
  if (body !== null) headers.set('content-type', body.contentType);
  return {
    method,
    url: addressOf(
      server,
      buildPath(operation.path, parameters, args),
      queryPairs(operation, credentials, args),
    ),
    headers: Object.fromEntries(headers),
    body: body?.content ?? null,
  };
}

/** Strings are joined, not the parts of a URL object set: those would decode and encode anew. */
function addressOf(server: URL, path: string, pairs: readonly Pair[]): URL {
  const [steps = '', ...queries] = (path.split('#')[0] ?? '').split('?');
  const query = [server.search.slice(1), ...queries, ...pairs.map((pair) => pair.join('='))]
    .filter((part) => part !== '')
    .join('&');
  const base = server.pathname.replace(/\/+$/, '');
  return new URL(`${server.origin}${base}${steps}${query === '' ? '' : `?${query}`}`);
}

function queryPairs(operation: Operation, { query }: OwnerCredentials, args: Arguments): readonly Pair[] {
  const own = new Set(Object.keys(query).flatMap(readAs));
  const given = operation.parameters
    .filter(
      ({ place, argument }) => place === 'query' && args[argument] !== undefined && args[argument] !== null,
    )
    .flatMap((parameter) => formPairs(parameter, args[parameter.argument]))
    // The fields of an object can have any name.
    .filter(([name]) => !readAs(decodeURIComponent(name)).some((read) => own.has(read)));
  return [...given, ...Object.entries(query).map((pair) => pair.map(percentEncoded) as unknown as Pair)];
}

/** Names under which servers may find a parameter: many take `key[]` for `key`, and PHP `api.key` for `api_key`. */
function readAs(name: string): readonly string[] {
  const [first = ''] = name.trim().toLowerCase().split(/[[\0]/);
  return [first, first.replace(/[ .]/g, '_'), first.split('.')[0] ?? ''];
}

function cookiePairs(
  parameters: Operation['parameters'],
  { cookies }: OwnerCredentials,
  args: Arguments,
  header: string,
): string {
  const own = new Set(Object.keys(cookies));
  for (const pair of header.split(';')) own.add(pair.split('=')[0]?.trim() ?? '');
  const given = parameters.flatMap((parameter) => {
    const value = args[parameter.argument];
    if (parameter.place !== 'cookie' || value === undefined || value === null) return [];
    if (own.has(parameter.name)) return [];
    return [`${percentEncoded(parameter.name)}=${percentEncoded(simpleText(parameter, value))}`];
  });
  const secret = Object.entries(cookies).map((pair) => pair.join('='));
  return [...(header === '' ? [] : [header]), ...secret, ...given].join('; ');
}

function headerText(argument: string, text: string): string {
  if (/[^\t\x20-\x7e\x80-\xff]/.test(text)) {
    const reason = 'it is sent as a header, which has no line breaks and only Latin-1 characters';
    throw new ToolError('arguments', `${argument}: ${reason}`);
  }
  return text;
}
