import { analyse } from 'chardet';
import { pairedCharset } from './paired-charset.ts';

/** Enough to tell a charset; a kilobyte takes a millisecond. */
const SAMPLE_BYTES = 8 * 1024;
/** Below this chardet guesses at random between charsets of one script, and is as sure as ever. */
const FEW_BYTES = 64;
/** What chardet says of every charset of pairs whose rules the bytes do not break. */
const NO_PROOF = 10;
/** Below this, another Latin charset must be that much likelier than Western Europe's: French words look Polish. */
const SOME_BYTES = 128;
const CLEARLY = 1.3;

const WESTERN = 'windows-1252';
const WESTERN_NAMES = ['ISO-8859-1', WESTERN];
/** Alphabets that have next to no letter in common with ASCII. */
const OTHER_SCRIPTS = [
  ...['ISO-8859-5', 'ISO-8859-6', 'ISO-8859-7', 'ISO-8859-8', 'KOI8-R'],
  ...['windows-1251', 'windows-1253', 'windows-1255', 'windows-1256'],
];
/** Whose rules tell them from all others. */
const RULED = ['UTF-8', 'GB18030', 'Big5', 'Shift_JIS', 'EUC-JP', 'EUC-KR'];

/**
 * The charset of text that is neither UTF-8 nor UTF-16, as `TextDecoder` calls it: chardet's guess where it has enough to
 * go by; else one of the charsets of pairs when all that is not ASCII is pairs of it; else Western Europe's.
 */
export function guessCharset(bytes: Uint8Array): string {
  // ASCII is the same in all of them. What stands before the first other character tells nothing.
  const start = bytes.findIndex((byte) => byte > 0x7f);
  const sample = bytes.subarray(start, start + SAMPLE_BYTES);
  const guesses = analyse(sample).filter(({ name }) => isKnown(name));
  const [best] = guesses;
  if (best !== undefined && RULED.includes(best.name) && best.confidence > NO_PROOF) return best.name;
  const letters = countLetters(sample);
  const few = sample.length < FEW_BYTES;
  const foreign = letters.other > letters.ascii;
  if (letters.other < FEW_BYTES) {
    const paired = pairedCharset(sample, { foreign });
    if (paired !== null) return paired;
  }
  const script = guesses.find(({ name }) => OTHER_SCRIPTS.includes(name));
  if (script !== undefined && (foreign || (script === best && !few))) return script.name;
  const western = guesses.find(({ name }) => WESTERN_NAMES.includes(name))?.confidence ?? 0;
  const latin = guesses.find(({ name }) => !OTHER_SCRIPTS.includes(name) && !RULED.includes(name));
  if (few || latin === undefined) return WESTERN;
  const least = sample.length < SOME_BYTES ? CLEARLY * western : western;
  return latin.confidence > least ? latin.name : WESTERN;
}

function countLetters(sample: Uint8Array): { readonly ascii: number; readonly other: number } {
  let ascii = 0;
  let other = 0;
  for (const byte of sample) {
    if (byte > 0x7f) other++;
    else if ((byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x7a) ascii++;
  }
  return { ascii, other };
}

/** chardet knows some that the platform has not. */
function isKnown(name: string): boolean {
  try {
    return new TextDecoder(name) !== null;
  } catch {
    return false;
  }
}
