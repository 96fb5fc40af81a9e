import { OutboundError } from './outbound-error.ts';
import { seconds } from './seconds.ts';

/** One signal for whatever ends a request early: its caller, its time limit, the end of the server. */
export class Lifetime {
  readonly #controller = new AbortController();
  readonly #caller: AbortSignal;
  readonly #onAbort: () => void;
  readonly #timer: NodeJS.Timeout | undefined;

  /** `totalMs` null: without a limit. */
  constructor(caller: AbortSignal, totalMs: number | null) {
    this.#caller = caller;
    this.#onAbort = () => this.end(caller.reason);
    if (caller.aborted) this.#onAbort();
    else caller.addEventListener('abort', this.#onAbort, { once: true });
    if (totalMs !== null) {
      const text = `The request took longer than ${seconds(totalMs)}.`;
      this.#timer = setTimeout(() => this.end(new OutboundError('timeout', text)), totalMs);
    }
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  end(reason: unknown): void {
    this.#controller.abort(reason);
  }

  /** The request is over: nothing ends it any more. */
  release(): void {
    clearTimeout(this.#timer);
    this.#caller.removeEventListener('abort', this.#onAbort);
  }
}
