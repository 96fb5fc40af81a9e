import { isIP, type LookupFunction } from 'node:net';
import type { OutboundRule } from '../config/outbound-rule.ts';
import { endpointOf } from './endpoint-of.ts';
import { findAddressRule, findHostRule } from './find-rule.ts';
import { forbiddenRange } from './forbidden-range.ts';
import { isMetadataAddress } from './is-metadata-address.ts';
import { OutboundError } from './outbound-error.ts';
import type { Resolve } from './resolve-by-system.ts';

/**
 * The `lookup` of the socket that a request to `url` dials: the one and only time its name is resolved. The socket gets
 * those addresses that are allowed and connects to nothing else, so a name that resolves to something else a moment
 * later gains nothing.
 *
 * A socket that is given an address instead of a name never asks: such a URL is judged here, at once.
 *
 * @throws OutboundError when the URL's host is a forbidden address. The lookup fails with one when all of a name's are.
 */
export function guardedLookup(url: URL, rules: readonly OutboundRule[], resolve: Resolve): LookupFunction {
  const { host, port } = endpointOf(url);
  if (isIP(host) !== 0) {
    const range = refusal(host, port, rules);
    if (range !== null) throw refused(`${host} is ${range}`, host, range);
  }
  const trusted = findHostRule(rules, host, port);
  const but = trusted?.kind === 'host' && trusted.metadata === false;

  async function allowedAddresses(): Promise<readonly string[]> {
    const addresses = await resolve(host);
    if (trusted !== undefined && !but) return addresses;
    const allowed = addresses.filter(
      (address) => refusal(address, port, rules) === null || (but && !isMetadataAddress(address)),
    );
    const [first] = addresses;
    if (allowed.length > 0 || first === undefined) return allowed;
    const range = refusal(first, port, rules) ?? '';
    throw refused(`${host} resolves to ${first}, ${range}`, first, range);
  }

  return function lookup(_, options, callback) {
    allowedAddresses().then(
      (addresses) => {
        const found = addresses.map((address) => ({ address, family: isIP(address) }));
        const [first] = found;
        if (first === undefined) {
          callback(Object.assign(new Error('no address'), { code: 'ENOTFOUND', syscall: 'getaddrinfo' }), '');
        } else if (options.all) callback(null, found);
        else callback(null, first.address, first.family);
      },
      (error) => callback(error, ''),
    );
  };
}

function refusal(address: string, port: number, rules: readonly OutboundRule[]): string | null {
  const range = forbiddenRange(address);
  if (range === null || findAddressRule(rules, address, port) !== undefined) return null;
  return range;
}

function refused(text: string, address: string, range: string): OutboundError {
  const message = `${text}; the owner can allow it under outbound.allow`;
  return new OutboundError('refused', message, { address, range });
}
