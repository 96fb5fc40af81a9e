/**
 * Text of a stranger that people and models read beside ours: at most `maxLength` characters, without control characters
 * (line ends and tabs stay), and without what makes text look other than it reads: marks that turn its direction, and
 * the invisible alphabet of Unicode's tags, in which instructions for models have been hidden.
 */
export function cleanText(text: string, maxLength: number): string {
  // Cut before as well: what is left out costs no time.
  const visible = text
    .slice(0, maxLength * 2)
    .replace(HIDDEN, '')
    .trim();
  return visible.length > maxLength ? `${visible.slice(0, maxLength - 1).toWellFormed()}…` : visible;
}

const HIDDEN = /[^\P{Cc}\n\t]|[\u202a-\u202e\u2066-\u2069]|[\u{e0000}-\u{e007f}]/gu;
