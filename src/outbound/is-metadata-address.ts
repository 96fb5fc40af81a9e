import ipaddr from 'ipaddr.js';
import { parseAddress } from '../config/parse-address.ts';

/**
 * Link-local addresses, and others at which clouds tell their machines who they are, keys included. Hardly anyone means to
 * call them by way of something that somebody else wrote.
 */
export function isMetadataAddress(address: string): boolean {
  const parsed = parseAddress(address);
  if (parsed === undefined) return false;
  const mapped = parsed instanceof ipaddr.IPv6 && parsed.isIPv4MappedAddress();
  const target = mapped ? parsed.toIPv4Address() : parsed;
  return blocks.some(([network, bits]) => network.kind() === target.kind() && target.match(network, bits));
}

const blocks = [
  '169.254.0.0/16',
  'fe80::/10',
  // Amazon, Google, Alibaba, Azure, Oracle.
  ...['fd00:ec2::254/128', 'fd20:ce::254/128', '100.100.100.200/32', '168.63.129.16/32', '192.0.0.192/32'],
].map((block) => ipaddr.parseCIDR(block));
