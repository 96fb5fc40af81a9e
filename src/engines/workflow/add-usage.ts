import type { NodeUsage } from './node-result.ts';

/** Together; the first currency that is named holds. */
export function addUsage(a: NodeUsage | null, b: NodeUsage | null): NodeUsage | null {
  if (a === null || b === null) return a ?? b;
  return { tokens: a.tokens + b.tokens, price: addDecimals(a.price, b.price), currency: a.currency };
}

/** Exact, as prices are added up many times. What is no decimal number counts as nothing. */
function addDecimals(a: string, b: string): string {
  const left = decimal(a);
  const right = decimal(b);
  const places = Math.max(left.places, right.places);
  const sum =
    left.units * 10n ** BigInt(places - left.places) + right.units * 10n ** BigInt(places - right.places);
  if (places === 0) return sum.toString();
  const digits = (sum < 0n ? -sum : sum).toString().padStart(places + 1, '0');
  return `${sum < 0n ? '-' : ''}${digits.slice(0, -places)}.${digits.slice(-places)}`;
}

function decimal(text: string): { readonly units: bigint; readonly places: number } {
  const [, sign = '', whole = '', fraction = ''] =
    /^(-?)(\d{0,40})(?:\.(\d{0,40}))?$/.exec(text.trim()) ?? [];
  return { units: BigInt(`${sign}${whole}${fraction}` || '0'), places: fraction.length };
}
