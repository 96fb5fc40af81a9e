import { cleanText } from './clean-text.ts';

/** What a server said, fit to stand in an error: bounded, and without what we had told it in confidence. */
export type ServerWords = (text: string, maxLength?: number) => string;

const MAX_LENGTH = 500;
/** Of what a server said, as much as is looked at. */
const LOOKED_AT = 100_000;

export function serverWords(secrets: readonly string[]): ServerWords {
  const longest = Math.max(0, ...secrets.map(({ length }) => length));
  return (text, maxLength = MAX_LENGTH) => {
    let words = text.slice(0, LOOKED_AT + longest);
    for (const secret of secrets) words = words.replaceAll(secret, '***');
    // The cut can have left a secret in half.
    if (text.length > LOOKED_AT + longest && longest > 0) words = words.slice(0, -longest);
    return cleanText(words, maxLength);
  };
}
