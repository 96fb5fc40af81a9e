import ipaddr from 'ipaddr.js';
import { parseAddress } from '../config/parse-address.ts';

/**
 * What forbids requests of apps to reach `address`, as a noun phrase ("a loopback address"); null for an address of the
 * public internet. The ranges are those of the IANA registries of special-purpose addresses, which ipaddr.js follows;
 * whatever it does not call plain unicast is forbidden, so that ranges it learns of later are forbidden too.
 */
export function forbiddenRange(address: string): string | null {
  const parsed = parseAddress(address);
  if (parsed === undefined) return 'not an IP address';
  const range: string = parsed.range();
  if (range !== 'unicast') return names[range] ?? 'a special-purpose address';
  if (parsed.kind() === 'ipv4') return parsed.match(wireServer) ? 'a cloud metadata address' : null;
  if (parsed.match(globalUnicast)) return null;
  return parsed.match(compatible) ? 'an IPv4-compatible IPv6 address' : 'a reserved address';
}

/** A public address in form only: inside Azure it is the host's own agent, which hands out keys and certificates. */
const wireServer = ipaddr.parseCIDR('168.63.129.16/32');
/** The only IPv6 addresses that IANA has given out for unicast; ipaddr.js also calls all that is unassigned so. */
const globalUnicast = ipaddr.parseCIDR('2000::/3');
const compatible = ipaddr.parseCIDR('::/96');

const names: Readonly<Record<string, string>> = {
  unspecified: 'an unspecified address',
  broadcast: 'the broadcast address',
  multicast: 'a multicast address',
  linkLocal: 'a link-local address',
  loopback: 'a loopback address',
  private: 'a private address',
  carrierGradeNat: 'a carrier-grade NAT address',
  reserved: 'a reserved address',
  benchmarking: 'a benchmarking address',
  uniqueLocal: 'a private (unique local) address',
  deprecatedSiteLocal: 'a private (site-local) address',
  ipv4Mapped: 'an IPv4-mapped IPv6 address',
  rfc6145: 'an IPv4-translated IPv6 address',
  rfc6052: 'a NAT64 address',
  '6to4': 'a 6to4 address',
  teredo: 'a Teredo address',
};
