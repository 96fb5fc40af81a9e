export type PairedCharset = 'gb18030' | 'euc-kr' | 'euc-jp' | 'shift_jis' | 'big5';

interface Pairs {
  readonly charset: PairedCharset;
  /** Of the first byte of a character, and of the second. */
  isPair(lead: number, trail: number): boolean;
  /** A character that people use: of the level that everyday ones are in, or punctuation. */
  isCommon(lead: number, trail: number): boolean;
  /** How many of its characters must be such. */
  readonly share: number;
  /** Fewer pairs tell nothing. */
  readonly fewest: number;
  /** Its second bytes are often letters of ASCII, so that Western words look like pairs: nothing for a text that has many. */
  readonly foreignOnly: boolean;
}

const MOSTLY = 0.7;

const within = (byte: number, from: number, to: number) => byte >= from && byte <= to;

/** In this order: a few characters are likelier Chinese than anything else; what only others have is asked first. */
const CHARSETS: readonly Pairs[] = [
  {
    // Hangul has rows to itself that hold only the first half of everyday Chinese, by sound: nobody avoids the rest for long.
    charset: 'euc-kr',
    isPair: (lead, trail) => within(lead, 0xa1, 0xfe) && trail >= 0xa1,
    isCommon: (lead) => within(lead, 0xb0, 0xc8),
    share: 1,
    fewest: 7,
    foreignOnly: false,
  },
  {
    charset: 'gb18030',
    isPair: (lead, trail) => within(lead, 0x81, 0xfe) && trail >= 0x40 && trail !== 0x7f && trail !== 0xff,
    isCommon: (lead, trail) => trail >= 0xa1 && (within(lead, 0xa1, 0xa3) || within(lead, 0xb0, 0xd7)),
    share: MOSTLY,
    fewest: 1,
    foreignOnly: false,
  },
  {
    charset: 'euc-jp',
    isPair: (lead, trail) => within(lead, 0xa1, 0xfe) && trail >= 0xa1,
    isCommon: (lead) => lead === 0xa1 || lead === 0xa4 || lead === 0xa5 || within(lead, 0xb0, 0xcf),
    share: MOSTLY,
    fewest: 3,
    foreignOnly: false,
  },
  {
    charset: 'shift_jis',
    isPair: (lead, trail) =>
      (within(lead, 0x81, 0x9f) || within(lead, 0xe0, 0xef)) && within(trail, 0x40, 0xfc) && trail !== 0x7f,
    isCommon: (lead) => within(lead, 0x81, 0x83) || within(lead, 0x88, 0x97),
    share: MOSTLY,
    fewest: 2,
    foreignOnly: true,
  },
  {
    charset: 'big5',
    isPair: (lead, trail) =>
      within(lead, 0xa1, 0xf9) && (within(trail, 0x40, 0x7e) || within(trail, 0xa1, 0xfe)),
    isCommon: (lead) => within(lead, 0xa1, 0xa2) || within(lead, 0xa4, 0xc6),
    share: MOSTLY,
    fewest: 2,
    foreignOnly: true,
  },
];

/**
 * The East Asian charset that a few bytes are text of: all beyond ASCII is pairs of it, and most of them are characters of
 * everyday use. Null: none is.
 *
 * @param options.foreign the text has fewer letters of ASCII than others
 */
export function pairedCharset(
  sample: Uint8Array,
  { foreign }: { readonly foreign: boolean },
): PairedCharset | null {
  for (const charset of CHARSETS) {
    if (charset.foreignOnly && !foreign) continue;
    if (commonShare(sample, charset) >= charset.share) return charset.charset;
  }
  return null;
}

/** 0 for what is no text of it. */
function commonShare(sample: Uint8Array, { isPair, isCommon, fewest }: Pairs): number {
  let pairs = 0;
  let common = 0;
  for (let at = 0; at < sample.length; at++) {
    const lead = sample[at] as number;
    if (lead <= 0x7f) continue;
    const trail = sample[++at];
    if (trail === undefined || !isPair(lead, trail)) return 0;
    pairs++;
    if (isCommon(lead, trail)) common++;
  }
  return pairs < fewest ? 0 : common / pairs;
}
