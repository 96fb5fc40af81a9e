import { unescape as decodeLoosely } from 'node:querystring';
import type { OwnerCredentials } from './owner-credentials.ts';

/** Shorter values are no secrets, and would be found everywhere. */
const SHORTEST = 4;
/** In good answers only what cannot be an ordinary word is taken for a secret. */
const SHORTEST_IN_ANSWERS = 16;
const HIDDEN = '***';

const PUBLIC_HEADERS = /^(accept|accept-.*|content-type|user-agent)$/i;

/** What the owner sends to a service, to be found again where it must not be. */
export interface OwnerSecrets {
  /** Whether one of them stands in an address, however often it is percent-encoded there. */
  foundIn(text: string): boolean;
  /** A text with stars in their place, for errors; `cut`: its end is missing, and may be half a secret. */
  hide(text: string, cut: boolean): string;
  /** The same for what a service answers in good order: a service that echoes its request must not tell its users. */
  hideInAnswer(text: string): string;
}

export function ownerSecrets({ headers, query, cookies }: OwnerCredentials): OwnerSecrets {
  const named = [
    ...Object.entries(headers).filter(([name]) => !PUBLIC_HEADERS.test(name)),
    ...Object.entries(query),
    ...Object.entries(cookies),
  ];
  const all = new Set(named.flatMap(([, value]) => formsOf(value)));
  // Longest first: a part of one may be another.
  const secrets = [...all]
    .filter((secret) => secret.length >= SHORTEST)
    .toSorted((a, b) => b.length - a.length);
  const long = secrets.filter((secret) => secret.length >= SHORTEST_IN_ANSWERS);
  const replaced = (text: string, among: readonly string[]) =>
    among.reduce((clean, secret) => clean.replaceAll(secret, HIDDEN), text);
  return {
    foundIn: (text) => readings(text).some((read) => secrets.some((secret) => read.includes(secret))),
    hide(text, cut) {
      const clean = replaced(text, secrets);
      return cut ? clean.slice(0, -(secrets[0]?.length ?? 1)) : clean;
    },
    hideInAnswer: (text) => replaced(text, long),
  };
}

/** An address within the query of another is encoded twice. */
function readings(text: string): readonly string[] {
  const found = [text];
  for (let last = text, times = 0; times < 4; times++) {
    last = decodeLoosely(last);
    found.push(last, last.replaceAll('+', ' '));
  }
  return found;
}

/** A secret as it may stand in addresses, JSON and echoes: without its scheme, decoded, encoded. */
function formsOf(value: string): readonly string[] {
  const bare = /^(?:basic|bearer|token|apikey)\s+(\S+)$/i.exec(value)?.[1];
  const plain = bare === undefined ? [value] : [value, bare, ...userAndPassword(value, bare)];
  return plain.flatMap((text) => [
    text,
    encodeURIComponent(text.toWellFormed()),
    JSON.stringify(text).slice(1, -1),
  ]);
}

function userAndPassword(value: string, bare: string): readonly string[] {
  if (!/^basic\s/i.test(value)) return [];
  const decoded = Buffer.from(bare, 'base64').toString();
  const colon = decoded.indexOf(':');
  return colon < 0 ? [] : [decoded, decoded.slice(colon + 1)];
}
