/** Levels that whatever writes a value by recursion goes through, with room to spare. */
const MAX_DEPTH = 200;
/** Of arguments that are none, as much as is kept. */
const KEPT = 1_000;

/**
 * The arguments of a call as a model wrote them. Those that are nested too deep lose their end, and are no JSON any more:
 * clients are shown arguments within other JSON, and models get them again, where the depth would break what writes them.
 */
export function boundedArguments(text: string): string {
  return isTooDeep(text) ? `${text.slice(0, KEPT).toWellFormed()}…` : text;
}

function isTooDeep(text: string): boolean {
  let depth = 0;
  let quoted = false;
  for (let at = 0; at < text.length; at++) {
    const character = text[at];
    if (quoted) {
      // Whatever is escaped ends no string.
      if (character === '\\') at++;
      else if (character === '"') quoted = false;
    } else if (character === '"') quoted = true;
    else if (character === '{' || character === '[') depth++;
    else if (character === '}' || character === ']') depth--;
    if (depth > MAX_DEPTH) return true;
  }
  return false;
}
