import type { SpeechModel } from '../../models/speech-model.ts';

/** Shorter texts wait for the next sentence: a request to the voice per word would only cost. */
const MIN_CHARACTERS = 40;
/** How long the end of an answer waits for its voice (`facts/dify-wire.md` §3.5). */
const PATIENCE_MS = 5_000;
const SENTENCE_END = /[.!?。！？\n]+(?=\s|$|\P{ASCII})/gu;

/** Speaks a growing answer, sentence by sentence and in order, while the text goes on streaming. */
export class AnswerSpeaker {
  readonly #speech: SpeechModel;
  readonly #options: { readonly voice: string; readonly language?: string; readonly signal: AbortSignal };
  readonly #onAudio: (base64: string) => void;
  #waiting = '';
  #speaking: Promise<void> = Promise.resolve();
  #failed = false;

  constructor(
    speech: SpeechModel,
    options: { readonly voice: string; readonly language?: string; readonly signal: AbortSignal },
    onAudio: (base64: string) => void,
  ) {
    this.#speech = speech;
    this.#options = options;
    this.#onAudio = onAudio;
  }

  add(text: string): void {
    this.#waiting += text;
    if (this.#waiting.length < MIN_CHARACTERS) return;
    let end = 0;
    for (const match of this.#waiting.matchAll(SENTENCE_END)) end = match.index + match[0].length;
    if (end === 0) return;
    this.#say(this.#waiting.slice(0, end));
    this.#waiting = this.#waiting.slice(end);
  }

  /** Speaks the rest; resolves when all is said, or its time is up. A voice that fails does not fail the answer. */
  async finish(): Promise<void> {
    this.#say(this.#waiting);
    this.#waiting = '';
    let timer: NodeJS.Timeout | undefined;
    const patience = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, PATIENCE_MS);
    });
    await Promise.race([this.#speaking, patience]);
    clearTimeout(timer);
  }

  #say(text: string): void {
    if (text.trim() === '') return;
    this.#speaking = this.#speaking.then(async () => {
      if (this.#failed || this.#options.signal.aborted) return;
      try {
        const { data } = await this.#speech.speak(text, this.#options);
        this.#onAudio(Buffer.from(data).toString('base64'));
      } catch {
        this.#failed = true;
      }
    });
  }
}
