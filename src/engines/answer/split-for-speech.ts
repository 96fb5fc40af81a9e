/** OpenAI's limit for one request to a voice; others take at least as much. */
export const SPEECH_CHARACTERS = 4096;

/** The last place in a text where a sentence, else a word, ends. */
const BREAKS = [/^[\s\S]*[.!?。！？\n]/u, /^[\s\S]*\s/u];

/** Cuts a text into pieces that a voice takes, after sentences where it can. Blank pieces are left out. */
export function splitForSpeech(text: string): string[] {
  const pieces: string[] = [];
  let rest = text;
  while (rest.length > SPEECH_CHARACTERS) {
    const window = rest.slice(0, SPEECH_CHARACTERS);
    const cut = BREAKS.map((pattern) => pattern.exec(window)?.[0].length ?? 0).find((length) => length > 0);
    const end =
      cut ?? (isHighSurrogate(window.charCodeAt(window.length - 1)) ? window.length - 1 : window.length);
    pieces.push(rest.slice(0, end));
    rest = rest.slice(end);
  }
  pieces.push(rest);
  return pieces.filter((piece) => piece.trim() !== '');
}

function isHighSurrogate(code: number): boolean {
  return code >= 0xd800 && code <= 0xdbff;
}
