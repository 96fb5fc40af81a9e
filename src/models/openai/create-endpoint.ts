import type { Agent } from 'undici';
import type { ProviderConfig } from '../../config/config.ts';
import { stringRecord } from '../string-record.ts';
import { upstreamLimits } from '../upstream-limits.ts';
import type { UpstreamEndpoint } from './upstream-endpoint.ts';

/**
 * The endpoint of a configured provider.
 *
 * @throws Error when its base URL is not an HTTP URL; the text does not repeat the URL, which may hold a password.
 */
export function createEndpoint(agent: Agent, provider: ProviderConfig, baseUrl: string): UpstreamEndpoint {
  const url = URL.parse(baseUrl);
  if (url === null || (url.protocol !== 'https:' && url.protocol !== 'http:')) {
    throw new Error(`Provider "${provider.name}": base_url must be an http:// or https:// URL.`);
  }
  const headers: Record<string, string> = { 'content-type': 'application/json', 'user-agent': 'parley' };
  if (provider.apiKey) headers.authorization = `Bearer ${provider.apiKey}`;
  else if (url.username !== '') headers.authorization = basic(url);
  for (const [name, value] of Object.entries(stringRecord(provider.options.headers))) {
    headers[name.toLowerCase()] = value;
  }
  const custom = Object.values(stringRecord(provider.options.headers));
  return {
    agent,
    origin: url.origin,
    basePath: url.pathname.replace(/\/+$/, ''),
    query: url.search,
    headers,
    headersMs: milliseconds(provider.options.headers_timeout_ms) ?? upstreamLimits.headersMs,
    bodyGapMs: milliseconds(provider.options.body_timeout_ms) ?? upstreamLimits.bodyGapMs,
    finishMs: upstreamLimits.finishMs,
    drainMs: upstreamLimits.drainMs,
    secrets: [provider.apiKey ?? '', decodeURIComponent(url.password), ...custom].filter(
      (s) => s.length >= 8,
    ),
  };
}

function basic(url: URL): string {
  const pair = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
  return `Basic ${Buffer.from(pair).toString('base64')}`;
}

function milliseconds(value: unknown): number | null {
  return typeof value === 'number' && value > 0 ? value : null;
}
