import { isIP } from 'node:net';
import { endpointOf } from '../outbound/endpoint-of.ts';
import { forbiddenRange } from '../outbound/forbidden-range.ts';
import { isMetadataAddress } from '../outbound/is-metadata-address.ts';

const MAX_SHOWN = 20;

/**
 * The servers that an added tool calls, one line, those first that are not public. `chosen`: the owner has written the
 * address himself, and it is trusted whatever it is.
 *
 * @example describeServers([new URL('http://10.0.0.1/v1')], { chosen: false }); // 'http://10.0.0.1 (a private address)'
 */
export function describeServers(servers: readonly URL[], { chosen }: { readonly chosen: boolean }): string {
  const origins = [...new Set(servers.map(({ origin }) => origin))];
  const described = origins.map((origin) => {
    const { host } = endpointOf(new URL(origin));
    const range = isIP(host) === 0 ? null : forbiddenRange(host);
    const refused = !chosen && isMetadataAddress(host);
    const how = refused ? ', refused unless --base-url or outbound.allow names it' : '';
    return { range, text: range === null ? origin : `${origin} (${range}${how})` };
  });
  const sorted = described.toSorted((a, b) => Number(a.range === null) - Number(b.range === null));
  const shown = sorted.slice(0, MAX_SHOWN).map(({ text }) => text);
  const left = sorted.length - shown.length;
  return left === 0 ? shown.join(', ') : `${shown.join(', ')} and ${left} more`;
}
