import type { Run } from './run.ts';

/** Ended runs that stay readable in memory, and how much they may hold; others are read from the store. */
const MAX_RUNS = 200;
const MAX_CHARACTERS = 16 * 1024 * 1024;

/** The runs that ended last, by id. */
export class RecentRuns {
  readonly #runs = new Map<string, Run>();
  #characters = 0;

  get(id: string): Run | undefined {
    return this.#runs.get(id);
  }

  add(run: Run): void {
    this.#runs.set(run.facts.id, run);
    this.#characters += run.log.size;
    for (const id of this.#runs.keys()) {
      if (this.#runs.size <= MAX_RUNS && this.#characters <= MAX_CHARACTERS) break;
      this.remove(id);
    }
  }

  remove(id: string): void {
    const run = this.#runs.get(id);
    if (!run) return;
    this.#runs.delete(id);
    this.#characters -= run.log.size;
  }
}
