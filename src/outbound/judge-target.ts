import { isIP } from 'node:net';
import type { OutboundRule } from '../config/outbound-rule.ts';
import { endpointOf } from './endpoint-of.ts';
import { findAddressRule, findHostRule } from './find-rule.ts';
import { forbiddenRange } from './forbidden-range.ts';
import { OutboundError } from './outbound-error.ts';
import { parseTarget } from './parse-target.ts';
import { type Resolve, resolveBySystem } from './resolve-by-system.ts';

/**
 * Judges an address that somebody else is to request, for whom there is no guard. He resolves its name anew, and may take
 * any of what it resolves to: all of it must be allowed, which is more than a request from here needs.
 *
 * @throws OutboundError `refused`; `failed` for a name that does not resolve, as it may do so where the other is
 */
export async function judgeTarget(
  text: string,
  rules: readonly OutboundRule[],
  resolve: Resolve = resolveBySystem,
): Promise<void> {
  const { host, port } = endpointOf(parseTarget(text));
  if (findHostRule(rules, host, port) !== undefined) return;
  const addresses = isIP(host) === 0 ? await addressesOf(host, resolve) : [host];
  for (const address of addresses) {
    const range = forbiddenRange(address);
    if (range === null || findAddressRule(rules, address, port) !== undefined) continue;
    const found = address === host ? `${host} is ${range}` : `${host} resolves to ${address}, ${range}`;
    const message = `${found}; the owner can allow it under outbound.allow`;
    throw new OutboundError('refused', message, { address, range });
  }
}

async function addressesOf(host: string, resolve: Resolve): Promise<readonly string[]> {
  const addresses = await resolve(host).catch((cause) => {
    throw new OutboundError('failed', `${host} does not resolve here.`, { cause });
  });
  if (addresses.length === 0) throw new OutboundError('failed', `${host} does not resolve here.`);
  return addresses;
}
