import { isRecord } from '../../../config/is-record.ts';

/** What a ReAct model wants done: a tool by name, or `Final Answer`. */
export interface ReactAction {
  readonly name: string;
  readonly input: unknown;
}

const FENCE = '```';
const MARKER = /^[ \t]*(?:thought|action|observation)[ \t]*[:：][ \t]*/i;
/** What may still become a marker. */
const MARKER_BEGUN =
  /^[ \t]*(?:t(?:h(?:o(?:u(?:g(?:h(?:t[ \t]*)?)?)?)?)?)?|a(?:c(?:t(?:i(?:o(?:n[ \t]*)?)?)?)?)?|o(?:b(?:s(?:e(?:r(?:v(?:a(?:t(?:i(?:o(?:n[ \t]*)?)?)?)?)?)?)?)?)?)?)?$/i;
/** An action is JSON of a few lines; a text that merely begins like one is given up after as much. */
const MAX_HELD = 200_000;

/**
 * Tells thoughts from the action in what a ReAct model says (`facts/dify-dsl-engine.md` §8.5), wherever its pieces break.
 * Markers at the beginning of a line (`Thought:`, `Action:`) are left out; JSON, fenced or bare, with a name and an input
 * is the action; everything else is thought. What follows the action is the model's own invention, and dropped.
 */
export class ReactReader {
  readonly #onThought: (text: string) => void;
  /** What came and is not yet told: it may become a marker or JSON. */
  #held = '';
  #atLineStart = true;
  #action: ReactAction | null = null;
  #thought = '';

  constructor(onThought: (text: string) => void) {
    this.#onThought = onThought;
  }

  get action(): ReactAction | null {
    return this.#action;
  }

  /** All thoughts so far. */
  get thought(): string {
    return this.#thought;
  }

  add(piece: string): void {
    if (this.#action !== null) return;
    this.#held += piece;
    this.#read(false);
  }

  /** Nothing more comes: JSON that was never closed is read as far as it goes. */
  end(): void {
    if (this.#action !== null) return;
    this.#read(true);
  }

  #read(ended: boolean): void {
    while (this.#held !== '' && this.#action === null) {
      if (this.#atLineStart) {
        const marker = MARKER.exec(this.#held);
        if (marker) {
          this.#held = this.#held.slice(marker[0].length);
          this.#atLineStart = false;
          continue;
        }
        if (!ended && MARKER_BEGUN.test(this.#held)) return;
      }
      const start = startOfJson(this.#held);
      if (start > 0) {
        this.#tell(start, ended);
        if (this.#held !== '' && startOfJson(this.#held) !== 0) return;
        continue;
      }
      if (start === -1) {
        if (!this.#tell(this.#held.length, ended)) return;
        continue;
      }
      const end = endOfJson(this.#held);
      if (end === -1 && !ended && this.#held.length <= MAX_HELD) return;
      const json = end === -1 ? this.#held : this.#held.slice(0, end);
      this.#action = readAction(withoutFence(json));
      if (this.#action === null) this.#say(json);
      else this.#held = '';
    }
  }

  /** Up to the next line, where a marker may stand. False when what is left may become a fence. */
  #tell(end: number, ended: boolean): boolean {
    const line = this.#held.indexOf('\n');
    const upTo = line !== -1 && line < end ? line + 1 : end;
    const open = upTo === this.#held.length && !ended ? (/`{1,2}$/.exec(this.#held)?.[0].length ?? 0) : 0;
    this.#say(this.#held.slice(0, upTo - open));
    return open === 0;
  }

  #say(text: string): void {
    this.#held = this.#held.slice(text.length);
    if (text === '') return;
    this.#atLineStart = text.endsWith('\n');
    this.#thought += text;
    this.#onThought(text);
  }
}

function startOfJson(text: string): number {
  return text.search(/```|\{|\[\s*\{/);
}

/** Behind the JSON, or the fence, that `text` begins with; -1 when it goes on. */
function endOfJson(text: string): number {
  if (text.startsWith(FENCE)) {
    const close = text.indexOf(FENCE, FENCE.length);
    return close === -1 ? -1 : close + FENCE.length;
  }
  let depth = 0;
  let quoted = false;
  for (let at = 0; at < text.length; at++) {
    const character = text[at];
    if (quoted) {
      if (character === '\\') at++;
      else if (character === '"') quoted = false;
    } else if (character === '"') quoted = true;
    else if (character === '{' || character === '[') depth++;
    else if ((character === '}' || character === ']') && --depth === 0) return at + 1;
  }
  return -1;
}

function withoutFence(text: string): string {
  return text
    .replace(/^```[A-Za-z]*\s*/, '')
    .replace(/```$/, '')
    .trim();
}

/** A key with `input` in it holds the input, the other the name; a list of one stands for the one. */
function readAction(json: string): ReactAction | null {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    return null;
  }
  if (Array.isArray(value) && value.length === 1) [value] = value;
  if (!isRecord(value)) return null;
  let name: string | null = null;
  let input: unknown;
  for (const [key, inner] of Object.entries(value)) {
    if (key.toLowerCase().includes('input')) input = inner;
    else if (typeof inner === 'string') name = inner;
  }
  return name === null || input === undefined ? null : { name, input };
}
