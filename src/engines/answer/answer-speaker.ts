import type { SpeechModel } from '../../models/speech-model.ts';
import { ReasoningSplitter } from '../../runs/reasoning.ts';
import { SPEECH_CHARACTERS, splitForSpeech } from './split-for-speech.ts';

/** Shorter texts wait for the next sentence: a request to the voice per word would only cost. */
const MIN_CHARACTERS = 40;
/** How long the end of an answer waits for its voice (`facts/dify-wire.md` §3.5). */
const PATIENCE_MS = 5_000;
const SENTENCE_END = /[.!?。！？\n]+(?=\s|$|\P{ASCII})/gu;

/**
 * Speaks a growing answer, sentence by sentence and in order, while the text goes on streaming. Thoughts that a model
 * writes into its answer are not spoken.
 */
export class AnswerSpeaker {
  readonly #speech: SpeechModel;
  readonly #options: { readonly voice: string; readonly language?: string; readonly signal: AbortSignal };
  readonly #onAudio: (base64: string) => void;
  /** Ends what is being asked for, when nobody is to hear it any more. */
  #silence = new AbortController();
  readonly #splitter = new ReasoningSplitter();
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
    this.#waiting += this.#splitter.add(text).text;
    if (this.#waiting.length < MIN_CHARACTERS) return;
    let end = 0;
    for (const match of this.#waiting.matchAll(SENTENCE_END)) end = match.index + match[0].length;
    if (end === 0 && this.#waiting.length >= SPEECH_CHARACTERS) end = this.#waiting.length;
    if (end === 0) return;
    this.#say(this.#waiting.slice(0, end));
    this.#waiting = this.#waiting.slice(end);
  }

  /** What was not spoken yet shall not be: the answer is withdrawn. */
  cancel(): void {
    this.#silence.abort();
    this.#silence = new AbortController();
    this.#splitter.end();
    this.#waiting = '';
    this.#speaking = Promise.resolve();
  }

  /** Speaks the rest; resolves when all is said, or its time is up. A voice that fails does not fail the answer. */
  async finish(): Promise<void> {
    this.#say(this.#waiting + this.#splitter.end().text);
    this.#waiting = '';
    let timer: NodeJS.Timeout | undefined;
    const patience = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, PATIENCE_MS);
    });
    await Promise.race([this.#speaking, patience]);
    clearTimeout(timer);
    this.#silence.abort();
  }

  #say(text: string): void {
    const signal = AbortSignal.any([this.#options.signal, this.#silence.signal]);
    for (const piece of splitForSpeech(text)) {
      this.#speaking = this.#speaking.then(async () => {
        if (this.#failed || signal.aborted) return;
        try {
          const { data } = await this.#speech.speak(piece, { ...this.#options, signal });
          if (!signal.aborted) this.#onAudio(Buffer.from(data).toString('base64'));
        } catch {
          this.#failed ||= !signal.aborted;
        }
      });
    }
  }
}
