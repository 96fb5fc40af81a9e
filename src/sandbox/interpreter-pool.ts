import type { Interpreter } from './interpreter.ts';

/** Who wants an interpreter, and what it must have loaded. */
export interface Need {
  readonly tenant: string;
  readonly packages: readonly string[];
}

export interface InterpreterPoolOptions {
  /** Interpreters that may live at once. */
  readonly max: number;
  readonly idleMs: number;
  /** Begins to load an interpreter with these packages. */
  start(packages: readonly string[]): Promise<Interpreter>;
}

/** An interpreter, from before it is loaded until its thread has ended. */
interface Place {
  readonly tenant: string;
  readonly packages: ReadonlySet<string>;
  interpreter: Interpreter | null;
  /** Settled, and never rejected, when the interpreter is loaded or is known not to be. */
  started: Promise<void>;
  state: 'busy' | 'idle' | 'leaving';
  timer: NodeJS.Timeout | null;
}

interface Waiting extends Need {
  readonly granted: PromiseWithResolvers<Place>;
}

/**
 * The interpreters of one language. Each serves one tenant for all its life; it stays warm for that tenant's next call
 * until it has been idle for long, or another tenant needs its place.
 *
 * Of two or more places one tenant can have all but one, so that code which never ends does not keep others waiting.
 */
export class InterpreterPool {
  readonly #options: InterpreterPoolOptions;
  /** Those idle for the longest time stand first. */
  readonly #places: Place[] = [];
  readonly #waiting: Waiting[] = [];
  #closed: Error | null = null;

  constructor(options: InterpreterPoolOptions) {
    this.#options = options;
  }

  /**
   * Waits for an interpreter of its own, lends it to `work` and takes it back.
   *
   * @throws what `work` throws, and what `start` throws; `signal.reason` when it aborts while waiting
   */
  async use<T>(need: Need, signal: AbortSignal, work: (interpreter: Interpreter) => Promise<T>): Promise<T> {
    const place = await this.#get(need, signal);
    try {
      return await work(place.interpreter as Interpreter);
    } finally {
      this.#giveBack(place);
    }
  }

  /** Ends every interpreter; whoever waits or works is rejected with `reason`. Nobody may come after that. */
  async close(reason: Error): Promise<void> {
    this.#closed = reason;
    for (const one of this.#waiting.splice(0)) one.granted.reject(reason);
    await Promise.all(
      this.#places.map(async (place) => {
        if (place.timer !== null) clearTimeout(place.timer);
        void place.interpreter?.terminate(reason);
        await place.started;
        await place.interpreter?.gone;
      }),
    );
  }

  async #get(need: Need, signal: AbortSignal): Promise<Place> {
    signal.throwIfAborted();
    const waiting: Waiting = { ...need, granted: Promise.withResolvers() };
    const onAbort = (): void => {
      const at = this.#waiting.indexOf(waiting);
      if (at >= 0) this.#waiting.splice(at, 1);
      waiting.granted.reject(signal.reason);
    };
    signal.addEventListener('abort', onAbort, { once: true });
    this.#waiting.push(waiting);
    this.#serve();
    try {
      return await waiting.granted.promise;
    } finally {
      signal.removeEventListener('abort', onAbort);
    }
  }

  #giveBack(place: Place): void {
    if (place.interpreter?.alive) this.#rest(place);
    else place.state = 'leaving';
    this.#serve();
  }

  #rest(place: Place): void {
    place.state = 'idle';
    this.#places.splice(this.#places.indexOf(place), 1);
    this.#places.push(place);
    place.timer = setTimeout(() => this.#end(place), this.#options.idleMs);
    place.timer.unref();
  }

  #end(place: Place): void {
    if (place.timer !== null) clearTimeout(place.timer);
    place.state = 'leaving';
    void place.interpreter?.terminate();
  }

  /** Gives places to those who wait, the tenant with the fewest first. */
  #serve(): void {
    for (;;) {
      const next = this.#waiting
        .filter((one) => this.#busy(one.tenant) < Math.max(1, this.#options.max - 1))
        .reduce<Waiting | null>(
          (best, one) => (best === null || this.#busy(one.tenant) < this.#busy(best.tenant) ? one : best),
          null,
        );
      if (next === null || !this.#place(next)) return;
      this.#waiting.splice(this.#waiting.indexOf(next), 1);
    }
  }

  /** False: there is no place now; somebody who leaves or ends calls `#serve` again. */
  #place(waiting: Waiting): boolean {
    const idle = this.#places.filter((place) => place.state === 'idle');
    const own = idle.find((place) => place.tenant === waiting.tenant && covers(place, waiting.packages));
    if (own !== undefined) {
      if (own.timer !== null) clearTimeout(own.timer);
      own.state = 'busy';
      waiting.granted.resolve(own);
      return true;
    }
    if (this.#places.length < this.#options.max) {
      const place: Place = {
        tenant: waiting.tenant,
        packages: new Set(waiting.packages),
        interpreter: null,
        started: Promise.resolve(),
        state: 'busy',
        timer: null,
      };
      this.#places.push(place);
      place.started = this.#start(place, waiting);
      return true;
    }
    const leaving = this.#places.some((place) => place.state === 'leaving');
    if (!leaving && idle[0] !== undefined) this.#end(idle[0]);
    return false;
  }

  async #start(place: Place, { packages, granted }: Waiting): Promise<void> {
    try {
      place.interpreter = await this.#options.start(packages);
      void place.interpreter.gone.then(() => this.#remove(place));
      if (this.#closed !== null) void place.interpreter.terminate(this.#closed);
      await place.interpreter.ready();
      granted.resolve(place);
      // Whoever waited may have gone meanwhile; the place is then free for the next.
      granted.promise.catch(() => this.#giveBack(place));
    } catch (error) {
      granted.reject(error);
      if (place.interpreter === null) this.#remove(place);
      else this.#end(place);
    }
  }

  #remove(place: Place): void {
    if (place.timer !== null) clearTimeout(place.timer);
    this.#places.splice(this.#places.indexOf(place), 1);
    this.#serve();
  }

  #busy(tenant: string): number {
    return this.#places.filter((place) => place.state === 'busy' && place.tenant === tenant).length;
  }
}

function covers(place: Place, packages: readonly string[]): boolean {
  return packages.every((name) => place.packages.has(name));
}
