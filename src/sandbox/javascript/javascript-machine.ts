import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import variant from '@jitl/quickjs-wasmfile-release-sync';
import {
  newQuickJSWASMModuleFromVariant,
  newVariant,
  type QuickJSSyncVariant,
} from 'quickjs-emscripten-core';
import type { Report } from '../report.ts';
import type { Task } from '../task.ts';
import { JavaScriptContext } from './javascript-context.ts';

export interface JavaScriptMachineOptions {
  readonly memoryBytes: number;
  readonly outputBytes: number;
}

const PAGE = 65_536;
/** What QuickJS asks for at its start. */
const INITIAL_BYTES = 16 * 1024 ** 2;
/** Of the stack inside WebAssembly memory; the thread's own stack is far larger than what this can take of it. */
const STACK_BYTES = 256 * 1024;

/** Runs JavaScript, one call after the other, each in a pristine context. */
export class JavaScriptMachine {
  readonly #options: JavaScriptMachineOptions;
  readonly #module: WebAssembly.Module;
  readonly #harness: string;
  #next: Promise<JavaScriptContext>;

  constructor(options: JavaScriptMachineOptions) {
    this.#options = options;
    const wasm = import.meta.resolve('@jitl/quickjs-wasmfile-release-sync/wasm');
    this.#module = new WebAssembly.Module(new Uint8Array(readFileSync(fileURLToPath(wasm))));
    this.#harness = readFileSync(new URL('harness.js', import.meta.url), 'utf8');
    this.#next = this.#make();
  }

  /** Resolves when everything that it ever loads is loaded. */
  async ready(): Promise<void> {
    await this.#next;
  }

  /** Never throws: whatever the code does, there is a report. `reset` before the next one. */
  async run(task: Task): Promise<Report> {
    return (await this.#next).run(task);
  }

  /** Makes the context pristine: by putting its memory back, which costs a tenth of a new instance, or by a new instance. */
  async reset(): Promise<void> {
    if (!(await this.#next).reset()) this.#next = this.#make();
  }

  async #make(): Promise<JavaScriptContext> {
    const { memoryBytes, outputBytes } = this.#options;
    const memory = new WebAssembly.Memory({
      initial: INITIAL_BYTES / PAGE,
      maximum: Math.floor(memoryBytes / PAGE),
    });
    // The package declares its default export as CommonJS has it, and its options with lib.dom, which we do not have.
    const base = variant as unknown as QuickJSSyncVariant;
    const options = { wasmModule: this.#module, wasmMemory: memory } as object;
    const module = await newQuickJSWASMModuleFromVariant(newVariant(base, options));
    const runtime = module.newRuntime();
    runtime.setMaxStackSize(STACK_BYTES);
    return new JavaScriptContext(runtime, memory, this.#harness, outputBytes);
  }
}
