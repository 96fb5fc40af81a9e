/** Longest text that a built-in tool answers, in UTF-16 units: more than any model reads in one go. */
export const MAX_TEXT = 300_000;

/** `text`, or its beginning with a line that says so. */
export function boundText(text: string, max: number = MAX_TEXT): string {
  if (text.length <= max) return text;
  return `${text.slice(0, max).toWellFormed()}\n… (cut after ${max} characters)`;
}
