/**
 * One entry of `outbound.allow` in `parley.yml`: an address or a name that requests of apps may reach although the
 * guard would refuse it. `port` null means every port.
 *
 * - `range`: the addresses of a CIDR block; a single address is a block of one. Also holds for names that resolve to
 *   such an address.
 * - `host`: exactly this name. Its owner is trusted: **whatever the name resolves to** is allowed, a loopback or
 *   metadata address included, but only in requests to this very name. A redirect to another name or address is judged
 *   anew. `metadata` false, which is never written in `parley.yml`: link-local and cloud metadata addresses are left
 *   to other rules.
 * - `subdomains`: the same for every name below `domain`, at any depth; not for `domain` itself.
 */
export type OutboundRule =
  | {
      readonly kind: 'range';
      readonly network: string;
      readonly bits: number;
      readonly port: number | null;
    }
  | {
      readonly kind: 'host';
      readonly host: string;
      readonly port: number | null;
      readonly metadata?: boolean;
    }
  | { readonly kind: 'subdomains'; readonly domain: string; readonly port: number | null };
