import { JsonScanner } from './json-scanner.ts';
import { type ReactAction, readAction } from './read-action.ts';

/** Where an action may begin: JSON, bare or fenced; an object, or a list of objects. */
const START = /(?:```[a-z]{0,20}\s{0,20})?(?:\[\s{0,20})?\{/i;
/** All that `START` may begin with, at the end of what came. */
const START_BEGUN = /(?:`{1,2}|```[a-z]{0,20}\s{0,20}(?:\[\s{0,20})?|\[\s{0,20})$/i;
const BRACKET = /[[{]/;
const MARKER = /^[ \t]{0,20}(?:thought|action|observation)[ \t]{0,20}[:：][ \t]{0,20}/i;
const MARKER_BEGUN = /^[ \t]{0,20}([a-z]*)([ \t]{0,20})$/i;
const MARKERS = ['thought', 'action', 'observation'];
/** An action is JSON of a few lines; a text that merely begins like one is given up after as much. */
const MAX_HELD = 200_000;

/**
 * Tells thoughts from the action in what a ReAct model says (`facts/dify-dsl-engine.md` §8.5), the same wherever its
 * pieces break. Markers at the beginning of a line (`Thought:`, `Action:`) are left out; JSON, fenced or bare, with a name
 * and an input is the action; everything else is thought. What follows the action is the model's own invention, and
 * dropped.
 */
export class ReactReader {
  readonly #onThought: (text: string) => void;
  /** What came and is not yet told: it may become a marker or JSON. */
  #held = '';
  #atLineStart = true;
  /** Of what `#held` begins with, when it may be JSON: looked at piece by piece, for it may become long. */
  #json: { readonly start: string; readonly scanner: JsonScanner } | null = null;
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
    if (this.#json === null || this.#scan(piece)) this.#read(false);
  }

  /** Nothing more comes: what was held back is what it is. */
  end(): void {
    if (this.#action !== null) return;
    if (this.#json !== null) this.#take(this.#held.length);
    this.#read(true);
  }

  /** As far as it can be told what is what. */
  #read(ended: boolean): void {
    while (this.#held !== '' && this.#action === null) {
      if (this.#atLineStart) {
        const marker = MARKER.exec(this.#held)?.[0] ?? '';
        if (!ended && (marker === this.#held || isMarkerBegun(this.#held))) return;
        this.#held = this.#held.slice(marker.length);
        this.#atLineStart = false;
        continue;
      }
      const start = START.exec(this.#held);
      if (start?.index === 0) {
        this.#json = { start: start[0], scanner: new JsonScanner() };
        if (this.#scan(this.#held.slice(start[0].search(BRACKET)))) continue;
        if (!ended) return;
        this.#take(this.#held.length);
        continue;
      }
      const plain = start?.index ?? (ended ? this.#held.length : this.#begun());
      if (plain === 0) return;
      const line = this.#held.slice(0, plain).indexOf('\n');
      this.#say(line === -1 ? plain : line + 1);
    }
  }

  #begun(): number {
    return START_BEGUN.exec(this.#held)?.index ?? this.#held.length;
  }

  /** False: more must come before it can be told what it is. */
  #scan(piece: string): boolean {
    if (this.#json === null) return true;
    const { start, scanner } = this.#json;
    const length = scanner.scan(piece);
    if (length === 'no') this.#say(start.length);
    else if (length !== null) this.#take(start.search(BRACKET) + length);
    else if (this.#held.length > MAX_HELD) this.#say(this.#held.length);
    return this.#json === null;
  }

  /** As an action if it is one, else as a thought. */
  #take(length: number): void {
    const from = this.#json?.start.search(BRACKET) ?? 0;
    this.#action = readAction(this.#held.slice(from, length));
    if (this.#action === null) this.#say(length);
    this.#json = null;
  }

  #say(length: number): void {
    const text = this.#held.slice(0, length);
    this.#held = this.#held.slice(length);
    this.#json = null;
    this.#atLineStart = text.endsWith('\n');
    this.#thought += text;
    this.#onThought(text);
  }
}

/** Whether a line may still become one that begins with a marker. */
function isMarkerBegun(line: string): boolean {
  const match = MARKER_BEGUN.exec(line);
  if (match === null) return false;
  const word = (match[1] ?? '').toLowerCase();
  return MARKERS.some((marker) => (match[2] === '' ? marker.startsWith(word) : marker === word));
}
