import { listOf, parsed } from './config-values.ts';
import { parseOutboundRule } from './parse-outbound-rule.ts';

/** `outbound.allow`: what requests of apps may reach although the guard would refuse it. */
export const outboundRules = listOf(
  parsed('an address, a range such as 10.1.0.0/16, or a host name, with or without a port', (value) =>
    typeof value === 'string' ? parseOutboundRule(value) : undefined,
  ),
  'a list of addresses, ranges and host names',
);
