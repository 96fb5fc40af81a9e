import type { QuickJSContext, QuickJSHandle, QuickJSRuntime } from 'quickjs-emscripten-core';
import { MemoryImage } from '../memory-image.ts';
import type { Report } from '../report.ts';
import type { Task } from '../task.ts';

/** What the harness says of the call. */
const NOTHING = 0;
const VALUE = 1;
const TOO_LARGE = 3;
const OUT_OF_MEMORY = 4;

/** What the harness adds at most to what it limits. */
const LONGEST_NOTE = 20_000;

/** Growth of the memory by a call after which the thread is rather ended, which gives it back at once. */
const MAX_GROWTH = 32 * 1024 ** 2;

const SLEEP = new Int32Array(new SharedArrayBuffer(4));

/**
 * One instance of QuickJS with one context, pristine at the begin of every call. Handles are never disposed: what they
 * stand for is gone when the memory is put back.
 */
export class JavaScriptContext {
  readonly #runtime: QuickJSRuntime;
  readonly #context: QuickJSContext;
  readonly #memory: WebAssembly.Memory;
  readonly #harness: QuickJSHandle;
  readonly #outputBytes: number;
  readonly #image: MemoryImage;
  #refusedMemory = false;

  constructor(runtime: QuickJSRuntime, memory: WebAssembly.Memory, harness: string, outputBytes: number) {
    this.#runtime = runtime;
    this.#memory = memory;
    this.#outputBytes = outputBytes;
    const context = runtime.newContext();
    this.#context = context;
    const make = context.unwrapResult(context.evalCode(harness, 'harness.js'));
    const limit = context.newNumber(outputBytes);
    this.#harness = context.unwrapResult(context.callFunction(make, context.undefined, limit));
    // QuickJS asks for some more than it needs first; the last answer counts.
    const grow = memory.grow.bind(memory);
    memory.grow = (pages) => {
      this.#refusedMemory = true;
      const before = grow(pages);
      this.#refusedMemory = false;
      return before;
    };
    this.#image = new MemoryImage(memory);
  }

  /** Never throws: whatever the code does, there is a report. `reset` before the next one. */
  run(task: Task): Report {
    try {
      if (!this.#begin(task)) return { ...NO_MAIN, output: this.#text('printed') };
      this.#wait();
      return this.#report(task);
    } catch (error) {
      // The stack pointer of the instance may stand anywhere now.
      return { ...this.#brokenBy(error), output: '', spent: true };
    }
  }

  /** Makes it pristine again; false: it cannot be, as memory that has grown does not shrink. Another one must be made. */
  reset(): boolean {
    if (this.#memory.buffer.byteLength > this.#image.size) return false;
    this.#image.restore();
    return true;
  }

  /** False: there is no function `main`. */
  #begin(task: Task): boolean {
    const context = this.#context;
    const seeds = [...crypto.getRandomValues(new Int32Array(3))];
    this.#ask('seed', ...seeds.map((seed) => context.newNumber(seed)));
    const code = context.evalCode(task.code, 'code.js');
    if (code.error) this.#ask('fail', code.error);
    if (code.error || task.call !== 'main') return true;
    // A `const main` is no property of the global object: only code can see it.
    const main = context.evalCode("typeof main === 'function' ? main : undefined", 'harness.js');
    if (main.error) this.#ask('fail', main.error);
    else if (context.typeof(main.value) !== 'function') return false;
    else this.#ask('main', main.value, context.newString(task.inputs));
    return true;
  }

  /** Runs what Promises and timers still have to do, until the call is settled or nothing is left that could settle it. */
  #wait(): void {
    for (;;) {
      const jobs = this.#runtime.executePendingJobs();
      if (jobs.error) this.#ask('fail', jobs.error);
      if (this.#number('state') !== NOTHING) return;
      const ms = this.#number('wait');
      if (ms < 0) return;
      if (ms > 0) Atomics.wait(SLEEP, 0, 0, ms);
      this.#ask('fire');
    }
  }

  #report(task: Task): Report {
    const output = this.#text('printed');
    const spent = this.#memory.buffer.byteLength > this.#image.size + MAX_GROWTH;
    const failed = (failure: 'error' | 'memory' | 'output', message: string): Report => ({
      kind: 'failure',
      failure,
      message,
      output,
      spent,
    });
    switch (this.#number('state')) {
      case VALUE:
        return { kind: 'value', json: this.#text('answer'), output, spent };
      case NOTHING:
        if (task.call === 'script') return { kind: 'value', json: 'null', output, spent };
        return failed('error', 'The Promise that main returned is never settled.');
      case TOO_LARGE:
        return failed('output', '');
      case OUT_OF_MEMORY:
        return failed('memory', '');
      default: {
        const answer = this.#text('answer');
        // Without memory for an error, QuickJS throws null.
        if (this.#refusedMemory && answer === 'Uncaught null') return failed('memory', '');
        return failed('error', answer);
      }
    }
  }

  /** Why QuickJS itself gave up: errors that came through its own code. */
  #brokenBy(error: unknown): { kind: 'failure'; failure: 'error' | 'memory'; message: string } {
    if (this.#refusedMemory) return { kind: 'failure', failure: 'memory', message: '' };
    const deep = error instanceof RangeError && error.message.includes('call stack');
    const message = deep
      ? 'InternalError: the code went deeper than the interpreter can.'
      : 'The code broke its interpreter.';
    return { kind: 'failure', failure: 'error', message };
  }

  #ask(name: string, ...values: QuickJSHandle[]): QuickJSHandle {
    const context = this.#context;
    const ask = context.getProp(this.#harness, name);
    return context.unwrapResult(context.callFunction(ask, context.undefined, ...values));
  }

  #number(name: string): number {
    return this.#context.getNumber(this.#ask(name));
  }

  #text(name: string): string {
    const text = this.#ask(name);
    const length = this.#context.getNumber(this.#context.getProp(text, 'length'));
    if (!(length <= this.#outputBytes + LONGEST_NOTE)) throw new RangeError('The answer is too long.');
    return this.#context.getString(text);
  }
}

const NO_MAIN = {
  kind: 'failure',
  failure: 'error',
  message: 'The code defines no function main.',
  spent: false,
} as const;
