import type { ChatDelta } from '../../models/chat-model.ts';
import type { SpeechModel } from '../../models/speech-model.ts';
import type { EngineTask } from '../../runs/engine.ts';
import type { EngineParts } from '../engine-parts.ts';
import { AnswerSpeaker } from './answer-speaker.ts';
import { OutputGuard } from './output-guard.ts';
import { Thinking } from './thinking.ts';

/**
 * What an app says in one turn, piece by piece: reasoning goes between `<think>` tags, the growing text is moderated, and
 * spoken where the app plays its answers.
 */
export class AnswerWriter {
  readonly #task: EngineTask;
  readonly #guard: OutputGuard | null;
  readonly #speaker: AnswerSpeaker | null;
  readonly #thinking = new Thinking();
  readonly #refusal = new AbortController();
  readonly #began = performance.now();
  #begun = false;
  /** All that has been shown, asides included; kept where it is moderated. */
  #shown = '';
  #answer = '';
  #firstToken: number | null = null;
  /** For the model calls of this turn: aborts with the run, and when what was said is refused. */
  readonly signal: AbortSignal;

  constructor(parts: EngineParts, task: EngineTask) {
    this.#task = task;
    this.signal = task.app.config.moderation?.output
      ? AbortSignal.any([task.signal, this.#refusal.signal])
      : task.signal;
    this.#guard = OutputGuard.of(parts.models, task.app, task.signal, () => this.#refusal.abort());
    this.#speaker = speakerOf(parts, task);
  }

  /** The answer so far. */
  get answer(): string {
    return this.#answer;
  }

  /** Output moderation has refused what was said: the model need say no more. */
  get refused(): boolean {
    return this.#refusal.signal.aborted;
  }

  /** Milliseconds of `performance.now()`. */
  get times(): { readonly began: number; readonly firstToken: number | null } {
    return { began: this.#began, firstToken: this.#firstToken };
  }

  /** A piece of the answer as a model says it. */
  add(delta: ChatDelta): void {
    this.#firstToken ??= performance.now();
    if (delta.kind === 'reasoning') {
      this.say(this.#thinking.reasoning(delta.text));
      return;
    }
    this.say(this.#thinking.text(delta.text));
    this.#speaker?.add(delta.text);
  }

  /**
   * A piece of the answer. An empty one is a sign of life, and only said when nothing was said before.
   *
   * @param selector of a workflow: the variable that it is a piece of
   */
  say(text: string, selector?: readonly string[]): void {
    if (text === '' && this.#begun) return;
    this.#answer += text;
    this.#task.emit({ kind: 'text', text, ...(selector && { selector }) });
    this.#grow(text);
  }

  /** A piece of the answer that is also spoken. */
  tell(text: string, selector: readonly string[]): void {
    if (text === '') return;
    this.#firstToken ??= performance.now();
    this.say(text, selector);
    this.#speaker?.add(text);
  }

  /** This is all of the answer so far: something that was said does not hold. */
  revise(answer: string): void {
    this.#answer = answer;
    this.#task.emit({ kind: 'text_replaced', text: answer, reason: '' });
    if (!this.#guard) return;
    this.#shown = answer;
    this.#guard.restart(answer);
  }

  /** A piece of what an agent says on the way: shown, but no part of the answer. */
  aside(text: string): void {
    if (text === '') return;
    this.#firstToken ??= performance.now();
    this.#task.emit({ kind: 'aside', text });
    this.#grow(text);
  }

  /** What asides have told is the answer, or a part of it. */
  keep(text: string): void {
    if (text === '') return;
    this.#answer += text;
    this.#task.emit({ kind: 'text', text, shown: true });
    this.#speaker?.add(text);
  }

  /** The model has ended what it says; reasoning does not go on in what is said next. */
  endPassage(): void {
    const end = this.#thinking.end();
    if (end !== '') this.say(end);
  }

  /**
   * The answer is whole: waits for the last word of moderation, and of the voice. Answers what was said in its place;
   * null: it stands.
   *
   * @throws ParleyError
   */
  async end(): Promise<string | null> {
    const verdict = await this.#guard?.finish(this.#shown);
    if (verdict) {
      this.#speaker?.cancel();
      this.#task.emit({ kind: 'text_replaced', text: verdict.text, reason: 'output_moderation' });
      this.#speaker?.add(verdict.text);
    }
    await this.#speaker?.finish();
    return verdict?.text ?? null;
  }

  #grow(text: string): void {
    this.#begun = true;
    if (!this.#guard) return;
    this.#shown += text;
    this.#guard.grow(this.#shown);
  }
}

/** Null unless the app plays its answers and a voice can be had: without one the answer is only read. */
function speakerOf({ models }: EngineParts, task: EngineTask): AnswerSpeaker | null {
  const { enabled, autoPlay, voice, language } = task.app.config.textToSpeech;
  if (!task.aloud || !enabled || !autoPlay) return null;
  let speech: SpeechModel;
  try {
    speech = models.speech(task.app.config.model);
  } catch {
    return null;
  }
  const chosen = voice || speech.defaultVoice;
  if (!chosen) return null;
  const options = { voice: chosen, ...(language ? { language } : {}), signal: task.signal };
  return new AnswerSpeaker(speech, options, (data) => task.emit({ kind: 'audio', data }));
}
