import { cleanText } from './clean-text.ts';

/** What a server said, fit to stand in an error: bounded, and without what we had told it in confidence. */
export type ServerWords = (text: string, maxLength?: number) => string;

const MAX_LENGTH = 500;

export function serverWords(secrets: readonly string[]): ServerWords {
  return (text, maxLength = MAX_LENGTH) => {
    // Not cut before: that could leave a secret in half.
    let words = text;
    for (const secret of secrets) words = words.replaceAll(secret, '***');
    return cleanText(words, maxLength);
  };
}
