import { NodeError } from '../node-error.ts';
import { expandTemplate } from '../pool/references.ts';
import type { ReadPool } from '../pool/variable-pool.ts';
import type { HttpBody } from './assemble-body.ts';
import type { HttpConfig } from './http-config.ts';

export interface HttpRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Headers that are credentials: masked in logs, and not sent on to other origins. */
  readonly secretHeaders: readonly string[];
}

const CONTENT_TYPES: Readonly<Record<string, string>> = {
  json: 'application/json',
  'x-www-form-urlencoded': 'application/x-www-form-urlencoded',
  'raw-text': 'text/plain',
};

/** Method, address and headers of an HTTP node with their variables filled in. @throws NodeError */
export function assembleRequest(config: HttpConfig, body: HttpBody, pool: ReadPool): HttpRequest {
  if (config.method === 'options') {
    throw new NodeError('InvalidHttpMethodError', `Invalid http method ${config.method}`);
  }
  const headers: Record<string, string> = {};
  for (const [name, value] of pairsOf(expandTemplate(config.headers ?? '', pool))) headers[name] = value;
  // The sender of a form knows the boundary, which its type has to name.
  if (body.kind === 'form') remove(headers, 'content-type');
  else if (!has(headers, 'content-type')) {
    const type = CONTENT_TYPES[config.body?.type ?? 'none'];
    if (type !== undefined) headers['Content-Type'] = type;
  }
  const credential = credentialOf(config, pool);
  if (credential !== null) {
    remove(headers, credential.name);
    headers[credential.name] = credential.value;
  }
  return {
    method: config.method.toUpperCase(),
    url: urlOf(config, pool),
    headers,
    secretHeaders: ['authorization', ...(credential === null ? [] : [credential.name.toLowerCase()])],
  };
}

function urlOf({ url: template, params }: HttpConfig, pool: ReadPool): string {
  const url = expandTemplate(template, pool).trim();
  if (url === '') throw new NodeError('InvalidURLError', 'url is required');
  if (!/^https?:\/\//i.test(url)) {
    throw new NodeError('InvalidURLError', 'url should start with http:// or https://');
  }
  const pairs = pairsOf(params ?? '').map(
    ([name, value]) => [expandTemplate(name, pool), expandTemplate(value, pool)] as const,
  );
  if (pairs.length === 0) return url;
  if (!URL.canParse(url)) throw new NodeError('InvalidURLError', 'url is not valid');
  const target = new URL(url);
  for (const [name] of pairs) target.searchParams.delete(name);
  for (const [name, value] of pairs) target.searchParams.append(name, value);
  return target.href;
}

function credentialOf(
  { authorization }: HttpConfig,
  pool: ReadPool,
): { readonly name: string; readonly value: string } | null {
  if (authorization?.type !== 'api-key') return null;
  const { config } = authorization;
  if (!config) throw new NodeError('AuthorizationConfigError', 'authorization config is required');
  const key = expandTemplate(config.api_key ?? '', pool);
  if (key.trim() === '') {
    const text = 'API key is required for authorization but was empty. Please provide a valid API key.';
    throw new NodeError('AuthorizationConfigError', text);
  }
  switch (config.type) {
    case 'bearer':
      return { name: 'Authorization', value: `Bearer ${key}` };
    case 'basic': {
      const encoded = key.includes(':') ? Buffer.from(key).toString('base64') : key;
      return { name: 'Authorization', value: `Basic ${encoded}` };
    }
    case 'custom':
      return { name: config.header?.trim() || 'Authorization', value: key };
  }
}

/** `name: value` lines; the first colon divides. */
function pairsOf(lines: string): (readonly [string, string])[] {
  return lines
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
    .map((line) => {
      const colon = line.indexOf(':');
      return colon === -1
        ? ([line, ''] as const)
        : ([line.slice(0, colon).trim(), line.slice(colon + 1).trim()] as const);
    });
}

function has(headers: Readonly<Record<string, string>>, name: string): boolean {
  return Object.keys(headers).some((key) => key.toLowerCase() === name);
}

function remove(headers: Record<string, string>, name: string): void {
  for (const key of Object.keys(headers)) if (key.toLowerCase() === name.toLowerCase()) delete headers[key];
}
