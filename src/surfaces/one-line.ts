const LINE_BREAKING = /[\u0085\u2028\u2029]/g;

/** JSON that no client's line splitter breaks: some take U+0085, U+2028 and U+2029 for line ends. */
export function oneLine(value: unknown): string {
  const json = JSON.stringify(value);
  return json.replace(LINE_BREAKING, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
