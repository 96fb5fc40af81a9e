/** In addresses these stand for themselves. */
const UNRESERVED = /^[A-Za-z0-9_.~-]$/;
/** How HTML and some JSON write what could end a text. */
const NAMES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
};
const CONTROLS: Readonly<Record<string, string>> = {
  '\b': 'b',
  '\t': 't',
  '\n': 'n',
  '\f': 'f',
  '\r': 'r',
};
/** In the alphabet for addresses, and in the other one. */
const EITHER: Readonly<Record<string, string>> = { '-': '[-+]', _: '[_/]' };
/** Shorter ones stand in every other text in Base64. */
const SHORTEST_IN_BASE64 = 8;

/** Parts that an opening is made of: enough to tell it from most of what it is not. */
const OPENING = 4;

/** Sources of patterns, and how many UTF-16 units their longest matches have. */
export interface Spellings {
  readonly pattern: string;
  readonly longest: number;
  /** What each of them begins with. */
  readonly opening: string;
  readonly longestOpening: number;
}

interface Part {
  readonly pattern: string;
  readonly longest: number;
}

/**
 * A pattern of all the ways in which logs and echoes may write a text: as it is, in JSON (also in JSON within JSON), in
 * addresses and forms (also encoded twice), in HTML, and in Base64, whatever stands beside it there. Nothing in it repeats,
 * so that looking for it takes no longer than the text is long.
 */
export function spellingsOf(text: string): Spellings {
  const parts = text.match(/\\+|[^\\]/gsu) ?? [];
  const plain = parts.map((part) => (part.startsWith('\\') ? backslashes(part.length) : character(part)));
  const ways = [plain, ...inBase64(text)];
  const openings = ways.map((way) => way.slice(0, OPENING));
  return {
    ...{ pattern: patternOf(ways), longest: longestOf(ways) },
    ...{ opening: patternOf(openings), longestOpening: longestOf(openings) },
  };
}

function patternOf(ways: readonly (readonly Part[])[]): string {
  return ways.map((way) => way.map(({ pattern }) => pattern).join('')).join('|');
}

function longestOf(ways: readonly (readonly Part[])[]): number {
  return Math.max(...ways.map((way) => way.reduce((sum, { longest }) => sum + longest, 0)));
}

/** Each is doubled by JSON, and again by JSON around that. */
function backslashes(count: number): Part {
  const pattern = `(?:\\\\{${count},${4 * count}}|(?:%(?:25){0,2}5[cC]){${count}})`;
  return { pattern, longest: count * '%25255C'.length };
}

function character(one: string): Part {
  if (UNRESERVED.test(one)) return { pattern: literal(one), longest: 1 };
  const ways = [literal(one), percent(one), unicode(one)];
  if (one === ' ') ways.push('\\+', percent('+'));
  if (one === '"' || one === "'" || one === '/') ways.push(`\\\\{1,3}${literal(one)}`);
  if (NAMES[one] !== undefined)
    ways.push(NAMES[one], `&#0?${one.charCodeAt(0)};`, `&#x${hex(one.charCodeAt(0))};`);
  if (CONTROLS[one] !== undefined) ways.push(`\\\\{1,2}${CONTROLS[one]}`);
  // No other way takes more.
  return {
    pattern: `(?:${ways.join('|')})`,
    longest: Buffer.byteLength(one.toWellFormed()) * '%2525FF'.length,
  };
}

function literal(one: string): string {
  return one.replace(/[.*+?^${}()|[\]\\]/, '\\$&');
}

function percent(one: string): string {
  return [...Buffer.from(one.toWellFormed())].map((byte) => `%(?:25){0,2}${hex(byte, 2)}`).join('');
}

function unicode(one: string): string {
  return Array.from({ length: one.length }, (_, at) => `\\\\{1,2}u${hex(one.charCodeAt(at), 4)}`).join('');
}

/** In either case. */
function hex(code: number, digits = 1): string {
  return code
    .toString(16)
    .padStart(digits, '0')
    .replace(/[a-f]/g, (digit) => `[${digit}${digit.toUpperCase()}]`);
}

/** What is the same of it wherever it stands in what was encoded: six bits each letter, of three places in four. */
function inBase64(text: string): Part[][] {
  const bytes = Buffer.from(text);
  if (bytes.length < SHORTEST_IN_BASE64) return [];
  return [0, 1, 2].map((before) => {
    const encoded = Buffer.concat([Buffer.alloc(before), bytes]).toString('base64url');
    const after = (before + bytes.length) % 3;
    const whole = encoded.slice(before === 0 ? 0 : before + 1, after === 0 ? undefined : -1);
    return Array.from(whole, (one) => ({ pattern: EITHER[one] ?? one, longest: 1 }));
  });
}
