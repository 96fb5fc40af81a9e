import { LooseReader } from './loose-reader.ts';

/** Characters. Reading is linear, but it is done in one turn of the event loop. */
const MOST_LOOSE = 1_000_000;

/**
 * JSON that a template or a model has made, also when it is slightly broken, as variables filled into it break it: line
 * breaks and quotes within strings, a comma too many or too few, single quotes, names and words without quotes, Python's
 * `True` and `None`, comments, brackets that are not closed. Undefined: not even that, or too long to be mended.
 */
export function parseLooseJson(text: string): { readonly value: unknown } | undefined {
  try {
    return { value: JSON.parse(text) };
  } catch {
    if (text.length > MOST_LOOSE || !/^\s*[[{]/.test(text)) return undefined;
    return new LooseReader(text).whole();
  }
}
