import ipaddr from 'ipaddr.js';
import type { OutboundRule } from '../config/outbound-rule.ts';
import { parseAddress } from '../config/parse-address.ts';

/** The rule, if any, that allows requests to the name `host`, whatever it resolves to. */
export function findHostRule(
  rules: readonly OutboundRule[],
  host: string,
  port: number,
): OutboundRule | undefined {
  const name = host.toLowerCase().replace(/\.$/, '');
  return rules.find((rule) => {
    if (rule.port !== null && rule.port !== port) return false;
    if (rule.kind === 'host') return name === rule.host;
    return rule.kind === 'subdomains' && name.endsWith(`.${rule.domain}`);
  });
}

/**
 * The rule, if any, that allows connections to `address`. An IPv4-mapped IPv6 address is the IPv4 address it holds: that
 * is where its packets go. No other IPv6 address is ever taken for an IPv4 one.
 */
export function findAddressRule(
  rules: readonly OutboundRule[],
  address: string,
  port: number,
): OutboundRule | undefined {
  const parsed = parseAddress(address);
  if (parsed === undefined) return undefined;
  const mapped = parsed instanceof ipaddr.IPv6 && parsed.isIPv4MappedAddress();
  const target = mapped ? parsed.toIPv4Address() : parsed;
  return rules.find((rule) => {
    if (rule.kind !== 'range' || (rule.port !== null && rule.port !== port)) return false;
    const network = ipaddr.parse(rule.network);
    return network.kind() === target.kind() && target.match(network, rule.bits);
  });
}
