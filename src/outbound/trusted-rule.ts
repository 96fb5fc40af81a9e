import type { OutboundRule } from '../config/outbound-rule.ts';
import { parseOutboundRule } from '../config/parse-outbound-rule.ts';
import { endpointOf } from './endpoint-of.ts';
import { isMetadataAddress } from './is-metadata-address.ts';

/**
 * The exception from the guard of outbound requests for exactly the host and port of an address that the owner chose. It
 * holds for no other that a redirect leads to. `metadata` false: not for link-local addresses and those of cloud metadata,
 * written or resolved; for an address that stands in something the owner chose, and was not written by him.
 */
export function trustedRule(url: URL, { metadata = true } = {}): readonly OutboundRule[] {
  const { host, port } = endpointOf(url);
  const rule = parseOutboundRule(`${url.hostname}:${port}`);
  if (rule === undefined) return [];
  if (metadata) return [rule];
  if (rule.kind === 'host') return [{ ...rule, metadata }];
  return isMetadataAddress(host) ? [] : [rule];
}
