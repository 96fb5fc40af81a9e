import type { App } from '../apps/app.ts';
import { ParleyError } from '../errors.ts';

/** Counts what each app has running, as a run of its own or as a tool of another, against the owner's limit. */
export class AppSlots {
  readonly #running = new Map<string, number>();

  /** `facts/dify-wire.md` §11.2, answered as documented. @throws ParleyError 429 `too_many_requests` */
  take({ id, settings }: App): void {
    const running = this.#running.get(id) ?? 0;
    const limit = settings.maxConcurrency;
    if (limit !== null && running >= limit) {
      throw new ParleyError(
        'too_many_requests',
        429,
        'Too many requests. Please try again later. ' +
          `The current maximum concurrent requests allowed for ${id} is ${limit}.`,
      );
    }
    this.#running.set(id, running + 1);
  }

  free({ id }: App): void {
    const running = (this.#running.get(id) ?? 1) - 1;
    if (running > 0) this.#running.set(id, running);
    else this.#running.delete(id);
  }
}
