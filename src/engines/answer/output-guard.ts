import type { App } from '../../apps/app.ts';
import type { Models } from '../../models/models.ts';
import { moderateOutput, type Verdict } from './moderation.ts';

/** Characters that come in between two checks of a growing answer. */
const STEP = 300;

/**
 * Checks a growing answer while it streams: one check at a time, so that the stream never waits, and a last one
 * over the whole. `onFlagged` is called once, as soon as a check fails.
 */
export class OutputGuard {
  readonly #check: (answer: string) => Promise<Verdict>;
  readonly #onFlagged: () => void;
  readonly #step: number;
  /** Characters before the unchecked ones that a check needs; null: all. */
  readonly #overlap: number | null;
  #verdict: Verdict = null;
  #answer = '';
  #checked = 0;
  #restarts = 0;
  #checking: Promise<void> | null = null;

  /** Null for an app whose output is not checked. */
  static of(models: Models, app: App, signal: AbortSignal, onFlagged: () => void): OutputGuard | null {
    const moderation = app.config.moderation;
    if (!moderation?.output) return null;
    const { source } = moderation;
    // Keywords cost nothing to look for: in every piece, and as far back as one may have begun. Questions to a
    // service wait for more text, and are about all of it.
    const [step, overlap] =
      source.kind === 'keywords'
        ? [1, Math.max(...source.keywords.map((keyword) => keyword.length))]
        : [STEP, null];
    const check = (text: string) => moderateOutput(models, app, text, { signal });
    return new OutputGuard(check, step, overlap, onFlagged);
  }

  private constructor(
    check: (answer: string) => Promise<Verdict>,
    step: number,
    overlap: number | null,
    onFlagged: () => void,
  ) {
    this.#check = check;
    this.#step = step;
    this.#overlap = overlap;
    this.#onFlagged = onFlagged;
  }

  /** Tells the answer so far. A check that cannot be made is made up for at the next piece, or at the end. */
  grow(answer: string): void {
    this.#answer = answer;
    if (this.#checking || this.#verdict || answer.length - this.#checked < this.#step) return;
    this.#checking = this.#run(answer).then(
      () => {
        this.#checking = null;
        // What came meanwhile may be all that comes for a while.
        this.grow(this.#answer);
      },
      () => {
        this.#checking = null;
        this.#checked = 0;
      },
    );
  }

  /** The answer has become another one: nothing of it is checked yet. */
  restart(answer: string): void {
    this.#restarts += 1;
    this.#checked = 0;
    this.grow(answer);
  }

  /** The verdict over the whole answer. @throws ParleyError when it cannot be had */
  async finish(answer: string): Promise<Verdict> {
    this.#answer = answer;
    while (this.#checking) await this.#checking;
    if (!this.#verdict && this.#checked < answer.length) await this.#run(answer);
    return this.#verdict;
  }

  async #run(answer: string): Promise<void> {
    const from = this.#overlap === null ? 0 : Math.max(0, this.#checked - this.#overlap);
    const restarts = this.#restarts;
    const verdict = await this.#check(answer.slice(from));
    // What was checked is not the answer any more.
    if (restarts !== this.#restarts) return;
    this.#checked = answer.length;
    if (!verdict || this.#verdict) return;
    this.#verdict = verdict;
    this.#onFlagged();
  }
}
