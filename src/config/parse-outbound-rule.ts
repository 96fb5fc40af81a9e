import { isIP } from 'node:net';
import { domainToASCII } from 'node:url';
import ipaddr from 'ipaddr.js';
import type { OutboundRule } from './outbound-rule.ts';
import { parseAddress } from './parse-address.ts';

/**
 * Reads one entry of `outbound.allow`; undefined when it is none. Host names come out as a URL parser writes them:
 * in lower case, in ASCII, without a trailing dot.
 *
 * @example
 * parseOutboundRule('127.0.0.1:9300'); // { kind: 'range', network: '127.0.0.1', bits: 32, port: 9300 }
 * parseOutboundRule('[fd00::/8]:443'); // { kind: 'range', network: 'fd00::', bits: 8, port: 443 }
 * parseOutboundRule('*.corp.example'); // { kind: 'subdomains', domain: 'corp.example', port: null }
 */
export function parseOutboundRule(text: string): OutboundRule | undefined {
  const { target, port, bracketed } = splitPort(text.trim());
  if (port === undefined) return undefined;
  const range = parseRange(target);
  if (range !== undefined) {
    return bracketed && !target.includes(':') ? undefined : { kind: 'range', ...range, port };
  }
  if (bracketed) return undefined;
  const wildcard = target.startsWith('*.');
  const host = parseHost(wildcard ? target.slice(2) : target);
  if (host === undefined) return undefined;
  return wildcard ? { kind: 'subdomains', domain: host, port } : { kind: 'host', host, port };
}

interface Split {
  readonly target: string;
  /** Undefined when what stands there is no port. */
  readonly port: number | null | undefined;
  readonly bracketed: boolean;
}

function splitPort(text: string): Split {
  const brackets = /^\[([^[\]]*)\](?::(.*))?$/.exec(text);
  if (brackets !== null) return { target: brackets[1] ?? '', port: parsePort(brackets[2]), bracketed: true };
  const colon = text.indexOf(':');
  // Several colons are an IPv6 address, which has a port only after brackets.
  if (colon < 0 || colon !== text.lastIndexOf(':')) return { target: text, port: null, bracketed: false };
  return { target: text.slice(0, colon), port: parsePort(text.slice(colon + 1)), bracketed: false };
}

function parsePort(text: string | undefined): number | null | undefined {
  if (text === undefined) return null;
  return /^[1-9]\d{0,4}$/.test(text) && Number(text) <= 65_535 ? Number(text) : undefined;
}

function parseRange(text: string): { readonly network: string; readonly bits: number } | undefined {
  const [start = '', length, ...rest] = text.split('/');
  const address = parseAddress(start);
  if (address === undefined || start.includes('%') || rest.length > 0) return undefined;
  const most = address instanceof ipaddr.IPv4 ? 32 : 128;
  const bits = length === undefined ? most : /^\d{1,3}$/.test(length) ? Number(length) : Number.NaN;
  if (!(bits <= most)) return undefined;
  const block = `${address}/${bits}`;
  if (address instanceof ipaddr.IPv4) {
    return { network: ipaddr.IPv4.networkAddressFromCIDR(block).toString(), bits };
  }
  if (address.isIPv4MappedAddress()) {
    // An IPv4 address in disguise. Of a block the owner would hardly expect that: ::ffff:0:0/96 is the whole of IPv4.
    return bits === 128 ? { network: address.toIPv4Address().toString(), bits: 32 } : undefined;
  }
  return { network: ipaddr.IPv6.networkAddressFromCIDR(block).toString(), bits };
}

const label = '[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?';
const hostName = new RegExp(`^${label}(?:\\.${label})*$`);

function parseHost(text: string): string | undefined {
  // domainToASCII reads a name as the host of a URL: it would cut "a/b" and decode "%61".
  if (/[\s/?#@:%\\]/.test(text)) return undefined;
  const host = domainToASCII(text).replace(/\.$/, '');
  // "0x7f.1" and "127.1" are addresses for a URL parser: as a rule they must be written plainly.
  if (isIP(host) !== 0 || host.length > 253 || !hostName.test(host)) return undefined;
  return host;
}
