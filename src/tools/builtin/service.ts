import { setTimeout as wait } from 'node:timers/promises';
import type { Outbound, OutboundResponse } from '../../outbound/outbound.ts';
import { OutboundError } from '../../outbound/outbound-error.ts';
import { trustedRule } from '../../outbound/trusted-rule.ts';
import { type Redaction, redactSecrets } from '../redact-secrets.ts';
import type { ToolContext } from '../tool.ts';
import { ToolError } from '../tool-error.ts';
import type { BuiltinSettings } from './builtin-parts.ts';
import { decodeText } from './decode-text.ts';

const MAX_BYTES = 2 * 1024 * 1024;
/** Of an error's body, in characters: enough to say what was wrong with the request. */
const EXCERPT = 500;
const FIRST_PAUSE_MS = 250;

/** How long all of it may take is the tool's own limit, which is shorter. */
export const serviceTimeouts = { connectMs: 10_000, readMs: 86_400_000, totalMs: 86_400_000 };

/** A service on the web that tools of one provider ask. */
export interface Service {
  /**
   * Asks it, and takes any status below 400 for an answer.
   *
   * @throws ToolError `credentials` for 401 and 403 where the service takes a key, else `failed`; OutboundError;
   * `signal.reason` on abort
   */
  ask(path: string, request: ServiceRequest, context: ToolContext): Promise<OutboundResponse>;
}

export interface ServiceRequest {
  readonly method?: 'GET' | 'POST';
  /** Appended to the address; what is undefined or empty is left out. */
  readonly query?: Readonly<Record<string, string | undefined>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | null;
  /**
   * How often to ask again, after longer and longer pauses, when it cannot be reached, has too much to do or fails;
   * default: 0.
   */
  readonly retries?: number;
}

export interface ServiceOptions {
  /** As people call it, e.g. `Tavily`. */
  readonly title: string;
  /** Its public address, without a slash at the end. */
  readonly origin: string;
  /** It refuses by 401 and 403 who has no key, or not the right one. */
  readonly takesKey: boolean;
  /** What is most likely wrong, by status. */
  readonly hints?: Readonly<Record<number, string>>;
}

/**
 * The owner's `base_url` goes over the public address of a service, and is trusted: exactly its host and port may be
 * reached, wherever they are. Whatever else a request leads to is judged by what the app may reach.
 */
export function createService(
  outbound: Outbound,
  settings: BuiltinSettings,
  { title, origin, takesKey, hints = {} }: ServiceOptions,
): Service {
  const { baseUrl } = settings;
  const secrets = redactSecrets(settings.apiKey === null ? [] : [settings.apiKey]);
  const trusted = baseUrl === null ? [] : trustedRule(new URL(baseUrl));

  async function askOnce(
    path: string,
    { method = 'GET', query = {}, headers = {}, body = null }: ServiceRequest,
    { allow, signal }: ToolContext,
  ): Promise<OutboundResponse> {
    return outbound.request(`${baseUrl ?? origin}${path}${queryOf(path, query)}`, {
      method,
      headers,
      body,
      allow: [...allow, ...trusted],
      timeouts: serviceTimeouts,
      maxBytes: MAX_BYTES,
      signal,
    });
  }

  return {
    async ask(path, request, context) {
      const { retries = 0 } = request;
      for (let tried = 0; ; tried++) {
        const result = await askOnce(path, request, context).catch((error: unknown) => {
          if (tried < retries && error instanceof OutboundError && error.kind === 'failed') return null;
          throw error;
        });
        if (result !== null && result.status < 400) return result;
        if (result !== null && (tried === retries || (result.status < 500 && result.status !== 429)))
          throw errorOf(result);
        await pause(FIRST_PAUSE_MS * 2 ** tried, context.signal);
      }
    },
  };

  function errorOf(response: OutboundResponse): ToolError {
    const { status } = response;
    if (takesKey && (status === 401 || status === 403)) {
      const what = settings.apiKey === null ? 'wants a key' : 'refused the key';
      const where = `api_key of the tool "${settings.name}" in parley.yml`;
      return new ToolError('credentials', `${title} ${what}: set ${where}.`);
    }
    const said = status === 429 ? 'too many requests for now' : excerptOf(response, secrets);
    const text = `${title} answered with status ${status}${said === '' ? '.' : `: ${said}`}`;
    const hint = hints[status];
    return new ToolError('failed', hint === undefined ? text : `${text.replace(/[.]$/, '')}. ${hint}`);
  }
}

/**
 * The JSON of an answer.
 *
 * @throws ToolError `failed` for what is none
 */
export function jsonOf(response: OutboundResponse, title: string): unknown {
  try {
    return JSON.parse(bodyText(response));
  } catch {
    throw new ToolError('failed', `${title} answered what is no JSON.`);
  }
}

export function bodyText({ body, headers }: OutboundResponse): string {
  return decodeText(body, headers['content-type']?.[0] ?? null);
}

function queryOf(path: string, query: Readonly<Record<string, string | undefined>>): string {
  const given = Object.entries(query).filter((entry): entry is [string, string] => !!entry[1]);
  if (given.length === 0) return '';
  return `${path.includes('?') ? '&' : '?'}${new URLSearchParams(given)}`;
}

function excerptOf(response: OutboundResponse, secrets: Redaction): string {
  // A service may repeat what it was sent; redacted before it is cut, which could leave half a key.
  const text = secrets.inError(bodyText(response).replace(/\s+/g, ' ').trim());
  return text.slice(0, EXCERPT).toWellFormed();
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await wait(ms, undefined, { signal }).catch(() => {
    throw signal.reason;
  });
}
