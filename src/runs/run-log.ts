import type { RunEvent } from './run-event.ts';
import type { Thought } from './thought.ts';

/**
 * The ordered events of one run, kept for readers that come late. A reader holds nothing but its position here, so
 * a slow one costs no memory of its own.
 */
export class RunLog {
  readonly #events: RunEvent[] = [];
  readonly #readers = new Set<() => void>();
  #waking = false;
  #size = 0;
  #ended = false;
  readonly #beforeReading: () => void;

  /** `beforeReading` runs before readers are woken: what they send must be safe by then. */
  constructor(beforeReading: () => void) {
    this.#beforeReading = beforeReading;
  }

  /**
   * Appends an event. After `ended` nothing is taken any more.
   *
   * @param size characters that it holds, of an event for which this is costly to find out
   */
  append(event: RunEvent, size = 0): void {
    if (this.#ended) return;
    this.#events.push(event);
    this.#size += size;
    if ('text' in event) this.#size += event.text.length;
    else if (event.kind === 'audio') this.#size += event.data.length;
    else if (event.kind === 'thought') this.#size += sizeOf(event.thought);
    if (event.kind === 'ended') this.#ended = true;
    // Events that arrive together are read together: readers wake once, after the current callback.
    if (this.#waking) return;
    this.#waking = true;
    queueMicrotask(this.#wake);
  }

  readonly #wake = (): void => {
    this.#waking = false;
    this.#beforeReading();
    for (const reader of this.#readers) reader();
  };

  get ended(): boolean {
    return this.#ended;
  }

  /** Characters of text and sound that it holds, about. */
  get size(): number {
    return this.#size;
  }

  /** Number of the newest event; 0 when there is none yet. */
  get last(): number {
    return this.#events.length;
  }

  /** Event number `seq`, counted from 1. */
  at(seq: number): RunEvent | undefined {
    return this.#events[seq - 1];
  }

  /** Calls `reader` whenever there may be something new, until the returned function is called. */
  subscribe(reader: () => void): () => void {
    this.#readers.add(reader);
    return () => this.#readers.delete(reader);
  }
}

function sizeOf({ text, uses }: Thought): number {
  return uses.reduce((size, use) => size + use.arguments.length + (use.output?.length ?? 0), text.length);
}
