const ESCAPES: Readonly<Record<string, string>> = { '\\': '\\\\', '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/**
 * Python's `repr` of a list of strings, which Dify prints in error messages: single quotes, double ones around a
 * string that has an apostrophe and no double quote, and escapes for what is not printable.
 *
 * @example pythonRepr(['a', "it's"]) // `['a', "it's"]`
 */
export function pythonRepr(strings: readonly string[]): string {
  return `[${strings.map(reprOf).join(', ')}]`;
}

function reprOf(text: string): string {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'";
  const escaped = Array.from(text, (character) => {
    if (character === quote) return `\\${character}`;
    if (character === ' ') return character;
    return ESCAPES[character] ?? (/[\p{C}\p{Z}]/u.test(character) ? escapeOf(character) : character);
  });
  return `${quote}${escaped.join('')}${quote}`;
}

function escapeOf(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  const hex = code.toString(16);
  if (code <= 0xff) return `\\x${hex.padStart(2, '0')}`;
  return code <= 0xffff ? `\\u${hex.padStart(4, '0')}` : `\\U${hex.padStart(8, '0')}`;
}
