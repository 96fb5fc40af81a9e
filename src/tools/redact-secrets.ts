import { unescape as decodeLoosely } from 'node:querystring';
import { isRecord } from '../config/is-record.ts';
import type { ToolPart } from './tool-part.ts';

/** Shorter values are no secrets, and would be found everywhere. */
const SHORTEST = 4;
/** In good answers, where what is shorter can be an ordinary word. */
const SHORTEST_IN_ANSWERS = 8;
const HIDDEN = '***';

/** What the owner gives a service in confidence, to be found again where it must not be. */
export interface Redaction {
  /** Whether one of them stands in an address, however often it is percent-encoded there. */
  foundIn(address: string): boolean;
  /** A text with stars in their place, for errors; `cut`: its end is missing, and may be half a secret. */
  inError(text: string, options?: { readonly cut: boolean }): string;
  /**
   * The same for what a service answers in good order: models, and with them end users, get whatever it says, and some say
   * what they were sent.
   */
  inAnswer(part: ToolPart): ToolPart;
  /** Whether `inAnswer` hides nothing ever. */
  readonly idle: boolean;
}

/** `values` as they are sent: a key, or all of a header that has one, as in `Bearer …`. */
export function redactSecrets(values: readonly string[]): Redaction {
  // Longest first: a part of one may be another.
  const secrets = [...new Set(values.flatMap(formsOf))]
    .filter((secret) => secret.length >= SHORTEST)
    .toSorted((a, b) => b.length - a.length);
  const long = secrets.filter((secret) => secret.length >= SHORTEST_IN_ANSWERS);
  const replaced = (text: string, among: readonly string[]) =>
    among.reduce((clean, secret) => clean.replaceAll(secret, HIDDEN), text);
  const hide = (text: string) => replaced(text, long);
  return {
    foundIn: (address) => readings(address).some((read) => secrets.some((secret) => read.includes(secret))),
    inError(text, { cut } = { cut: false }) {
      const clean = replaced(text, secrets);
      return cut ? clean.slice(0, -(secrets[0]?.length ?? 1)) : clean;
    },
    inAnswer: (part) => (long.length === 0 ? part : cleanPart(part, hide)),
    idle: long.length === 0,
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

type Hide = (text: string) => string;

function cleanPart(part: ToolPart, hide: Hide): ToolPart {
  switch (part.kind) {
    case 'text':
      return { kind: 'text', text: hide(part.text) };
    case 'link':
      return { kind: 'link', url: hide(part.url) };
    case 'json':
      return { kind: 'json', value: cleanJson(part.value, hide) };
    case 'file':
      return { ...part, filename: hide(part.filename) };
  }
}

function cleanJson(value: unknown, hide: Hide): unknown {
  if (typeof value === 'string') return hide(value);
  if (Array.isArray(value)) return value.map((item) => cleanJson(item, hide));
  if (!isRecord(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [hide(key), cleanJson(item, hide)]));
}
