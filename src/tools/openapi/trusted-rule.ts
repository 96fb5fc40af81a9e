import type { OutboundRule } from '../../config/outbound-rule.ts';
import { parseOutboundRule } from '../../config/parse-outbound-rule.ts';
import { endpointOf } from '../../outbound/endpoint-of.ts';

/**
 * The exception from the guard of outbound requests for exactly the host and port of an address that the owner chose. It
 * holds for no other that a redirect leads to.
 */
export function trustedRule(url: URL): readonly OutboundRule[] {
  const rule = parseOutboundRule(`${url.hostname}:${endpointOf(url).port}`);
  return rule === undefined ? [] : [rule];
}
