/** Longer ones are not for people. */
const MAX_LENGTH = 200;
const MAX_CHOICES = 8;
/** A repetition of more is as good as one without an end. */
const MANY = 100;

/**
 * Whether a regular expression of a document may be tried on what a model, or through it an end user, writes: one that
 * takes no more than linear time. That is any that begins with `^`, has one repetition without an end at most, and in
 * groups that repeat nothing that varies; lookarounds and back references are out.
 *
 * @example isPlainPattern('^[A-Z]{3}-\\d+$') // true
 * @example isPlainPattern('^(a+)+$') // false
 */
export function isPlainPattern(pattern: string): boolean {
  if (pattern.length > MAX_LENGTH || !pattern.startsWith('^')) return false;
  try {
    new RegExp(pattern, 'u');
  } catch {
    return false;
  }
  if (/\\[1-9k]|\(\?[^:]/.test(pattern)) return false;
  // Escaped characters and classes are one character here.
  const outline = pattern.replace(/\\.|\[(?:\\.|[^\]\\])*\]/g, 'x').replaceAll('(?:', '(');
  const groups: boolean[] = [];
  let endless = 0;
  let choices = 0;
  for (const [token] of outline.matchAll(/\(|\)?(?:[*+?]|\{\d+(?:,\d*)?\})\??|[)|]/g)) {
    if (token === '(') {
      groups.push(false);
      continue;
    }
    const varies = token.startsWith(')') ? (groups.pop() ?? false) : false;
    const { least, most } = repetition(token);
    if (varies && most > 1) return false;
    if (most > MANY) endless++;
    if (most !== least || token === '|') choices++;
    if (groups.length > 0 && (varies || most !== least || token === '|')) groups[groups.length - 1] = true;
  }
  return endless <= 1 && choices <= MAX_CHOICES;
}

function repetition(token: string): { readonly least: number; readonly most: number } {
  const quantifier = token.replace(/^\)/, '');
  if (quantifier.startsWith('*')) return { least: 0, most: Number.POSITIVE_INFINITY };
  if (quantifier.startsWith('+')) return { least: 1, most: Number.POSITIVE_INFINITY };
  if (quantifier.startsWith('?')) return { least: 0, most: 1 };
  const [, least = '1', comma, most = ''] = /^\{(\d+)(,?)(\d*)\}/.exec(quantifier) ?? [];
  const from = Number(least);
  if (most !== '') return { least: from, most: Number(most) };
  return { least: from, most: comma === ',' ? Number.POSITIVE_INFINITY : from };
}
