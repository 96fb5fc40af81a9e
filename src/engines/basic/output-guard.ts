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
  #verdict: Verdict = null;
  #checked = 0;
  #checking: Promise<void> | null = null;

  /** Null for an app whose output is not checked. */
  static of(models: Models, app: App, signal: AbortSignal, onFlagged: () => void): OutputGuard | null {
    const moderation = app.config.moderation;
    if (!moderation?.output) return null;
    // Keywords cost nothing to look for: with every piece. Questions to a service wait for more text.
    const step = moderation.source.kind === 'keywords' ? 1 : STEP;
    return new OutputGuard((answer) => moderateOutput(models, app, answer, { signal }), step, onFlagged);
  }

  private constructor(check: (answer: string) => Promise<Verdict>, step: number, onFlagged: () => void) {
    this.#check = check;
    this.#step = step;
    this.#onFlagged = onFlagged;
  }

  /** Tells the answer so far. A check that cannot be made is made up for at the end. */
  grow(answer: string): void {
    if (this.#checking || this.#verdict || answer.length - this.#checked < this.#step) return;
    this.#checking = this.#run(answer)
      .catch(() => {
        this.#checked = 0;
      })
      .finally(() => {
        this.#checking = null;
      });
  }

  /** The verdict over the whole answer. @throws ParleyError when it cannot be had */
  async finish(answer: string): Promise<Verdict> {
    await this.#checking;
    if (!this.#verdict && this.#checked < answer.length) await this.#run(answer);
    return this.#verdict;
  }

  async #run(answer: string): Promise<void> {
    const verdict = await this.#check(answer);
    this.#checked = answer.length;
    if (!verdict || this.#verdict) return;
    this.#verdict = verdict;
    this.#onFlagged();
  }
}
