import type { Run } from './run.ts';

/** Running turns that no row tells of (`RunRequest.keep` false), at most one per conversation. */
export class UnkeptRuns {
  /** By conversation; null while the turn is being accepted. */
  readonly #runs = new Map<string, Run | null>();

  has(conversationId: string): boolean {
    return this.#runs.has(conversationId);
  }

  /** The running turn of a conversation, unless it was given up. */
  find(conversationId: string): Run | undefined {
    return this.#runs.get(conversationId) ?? undefined;
  }

  /** Holds a conversation for a turn that is about to be accepted. */
  hold(conversationId: string): void {
    this.#runs.set(conversationId, null);
  }

  /** The turn was not accepted. */
  letGo(conversationId: string): void {
    this.#runs.delete(conversationId);
  }

  add(run: Run): void {
    this.#runs.set(run.facts.conversationId ?? '', run);
  }

  /** It has ended, or was given up: its conversation is free, unless another turn has it by now. */
  remove(run: Run): void {
    const conversationId = run.facts.conversationId ?? '';
    if (this.#runs.get(conversationId) === run) this.#runs.delete(conversationId);
  }
}
