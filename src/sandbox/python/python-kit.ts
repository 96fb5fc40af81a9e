import { Worker } from 'node:worker_threads';
import { Interpreter } from '../interpreter.ts';
import type { Report } from '../report.ts';
import { SandboxError } from '../sandbox-error.ts';
import type { SandboxSettings } from '../sandbox-settings.ts';
import type { PythonMachineOptions } from './python-machine.ts';
import type { PythonParts } from './python-maker.ts';
import { PythonPackages } from './python-packages.ts';

/** Tenants whose packages are remembered; whoever is forgotten pays once more for finding out. */
const MAX_TENANTS = 1000;

/**
 * Makes Python interpreters. What they have in common is made when the first one is wanted, in a thread of its own; that
 * takes seconds, each interpreter after it a fraction of one.
 */
export class PythonKit {
  readonly #settings: SandboxSettings;
  readonly #packages: PythonPackages | null;
  /** What the code of each tenant has imported so far, the last to change at the end. */
  readonly #wanted = new Map<string, readonly string[]>();
  #parts: Promise<PythonParts> | null = null;
  #maker: Worker | null = null;

  constructor(settings: SandboxSettings) {
    this.#settings = settings;
    const { packages } = settings.python;
    this.#packages = packages === null ? null : new PythonPackages(packages);
  }

  /** Names that an interpreter of this tenant should be able to import beyond the standard library. */
  packagesOf(tenant: string): readonly string[] {
    return this.#wanted.get(tenant) ?? [];
  }

  /** Adds to `packagesOf`, and returns all of them. */
  addPackages(tenant: string, names: readonly string[]): readonly string[] {
    const had = this.packagesOf(tenant);
    const all = [...new Set([...had, ...names])].sort();
    if (all.length === had.length) throw new SandboxError('error', 'The code broke its interpreter.');
    this.#wanted.delete(tenant);
    this.#wanted.set(tenant, all);
    const [oldest] = this.#wanted.keys();
    if (this.#wanted.size > MAX_TENANTS && oldest !== undefined) this.#wanted.delete(oldest);
    return all;
  }

  /** Forgets `packagesOf`: an interpreter with them could not be made. */
  forgetPackages(tenant: string): void {
    this.#wanted.delete(tenant);
  }

  /** The error of code that imported a module which is not there: what to do about it. */
  missing({ module, message, output }: Extract<Report, { kind: 'missing' }>): SandboxError {
    const hint =
      this.#packages === null
        ? `${module} is not part of Python's standard library. To use packages, set sandbox.python.packages in ` +
          "parley.yml to a folder (or the address of one) with the packages of Pyodide's distribution."
        : `${module} is neither part of Python's standard library nor among the packages in ` +
          `${this.#settings.python.packages} (sandbox.python.packages in parley.yml).`;
    return new SandboxError('missing_package', `${message}\n${hint}`, { output });
  }

  /**
   * @param imports names that the interpreter must be able to import
   * @throws Error when Pyodide could not be loaded; the next call tries again
   */
  async start(imports: readonly string[]): Promise<Interpreter> {
    const { outputBytes } = this.#settings;
    const { memoryBytes } = this.#settings.python;
    const loadable = (await this.#packages?.imports()) ?? [];
    const wheels = (await this.#packages?.wheels(imports)) ?? [];
    this.#parts ??= this.#make().catch((error: unknown) => {
      this.#parts = null;
      throw error;
    });
    const data: PythonMachineOptions = {
      ...(await this.#parts),
      memoryBytes,
      outputBytes,
      wheels,
      imports,
      loadable: loadable.filter((name) => !imports.includes(name)),
    };
    return new Interpreter({
      entry: new URL('./python-worker.ts', import.meta.url),
      data,
      outputBytes,
      memoryBytes,
      heapMb: 192,
      stackMb: 32,
    });
  }

  async close(): Promise<void> {
    this.#parts = null;
    await this.#maker?.terminate();
  }

  #make(): Promise<PythonParts> {
    const maker = new Worker(new URL('./python-maker.ts', import.meta.url), {
      workerData: { memoryBytes: this.#settings.python.memoryBytes },
      env: {},
      argv: [],
      execArgv: [],
      stdin: false,
      stdout: true,
      stderr: true,
    });
    this.#maker = maker;
    return new Promise<PythonParts>((resolve, reject) => {
      maker.once('message', resolve);
      maker.once('error', reject);
      maker.once('exit', () => reject(new Error('Python could not be prepared.')));
    }).finally(() => {
      this.#maker = null;
      void maker.terminate();
    });
  }
}
