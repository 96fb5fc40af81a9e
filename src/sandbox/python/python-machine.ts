import { readFileSync } from 'node:fs';
import type { PyodideAPI } from 'pyodide';
import { MemoryImage } from '../memory-image.ts';
import { Printed } from '../printed.ts';
import type { Report } from '../report.ts';
import type { Task } from '../task.ts';
import { type BootedPython, bootPython } from './boot-python.ts';
import type { CPython } from './emscripten.ts';
import { FileImage } from './file-image.ts';
import { GateError, type HostGate } from './host-gate.ts';
import type { PythonParts } from './python-maker.ts';
import type { Wheel } from './python-packages.ts';

export interface PythonMachineOptions extends PythonParts {
  readonly memoryBytes: number;
  readonly outputBytes: number;
  /** Packages to be loaded, in this order, and the names to be imported from them beforehand. */
  readonly wheels: readonly Wheel[];
  readonly imports: readonly string[];
  /** Names that could be imported if their packages were loaded: code that wants one of them is not run, but says so. */
  readonly loadable: readonly string[];
}

/** Modules that are no part of Python here: the way to JavaScript, and calls of arbitrary addresses. */
const BLOCKED = ['js', 'pyodide_js', 'pyodide', '_pyodide', '_pyodide_core', 'ctypes', '_ctypes'];
/** Packages that stand-ins are there for: without a network they could be imported at most. */
const NETWORK = ['requests', 'httpx'];
const HOME = '/home/user';
/** Growth of the memory by a call after which it is rather given back than cleaned: it can never shrink. */
const MAX_GROWTH = 32 * 1024 ** 2;

/** One Python interpreter, pristine at the begin of every call. */
export class PythonMachine {
  readonly #python: CPython;
  readonly #gate: HostGate;
  readonly #printed: Printed;
  readonly #outputBytes: number;
  readonly #run: number;
  readonly #stackPointer: number;
  readonly #files: FileImage;
  readonly #memory: MemoryImage;

  static async start(options: PythonMachineOptions): Promise<PythonMachine> {
    const { pyodide, emscripten, python, gate } = await bootPython(options.module, options.snapshot);
    const printed = new Printed(options.outputBytes);
    pyodide.setStdin({ stdin: () => null });
    pyodide.setStdout({ write: printed.write });
    pyodide.setStderr({ write: printed.write });
    for (const wheel of options.wheels) await install(pyodide, wheel);
    return new PythonMachine({ python, gate, printed, emscripten }, options);
  }

  private constructor(
    { python, gate, printed, emscripten }: Omit<BootedPython, 'pyodide'> & { readonly printed: Printed },
    options: PythonMachineOptions,
  ) {
    const { FS: files, LDSO: libraries } = emscripten;
    this.#python = python;
    this.#gate = gate;
    this.#printed = printed;
    this.#outputBytes = options.outputBytes;
    files.chdir(HOME);
    this.#execute(lockdownSource(options));
    this.#run = this.#attribute('_parley', 'run');
    this.#execute('import sys; del sys.modules["_parley"]; del sys');
    gate.close(Object.keys(libraries.loadedLibsByName));
    // Importing numpy takes a second: once, instead of in every call. What fails here fails again where code sees it.
    for (const name of options.imports) this.#import(name);
    printed.take();
    this.#stackPointer = python.__stack_pointer.value;
    this.#files = new FileImage(files, {
      writable: ['/tmp', HOME],
      home: HOME,
      bytes: Math.floor(options.memoryBytes / 4),
    });
    const [, begin] = new Uint32Array(options.snapshot.buffer, options.snapshot.byteOffset, 2);
    this.#memory = new MemoryImage(python.memory, options.snapshot.subarray(begin));
  }

  /** Never throws: whatever the code does, there is a report. `reset` before the next one. */
  run(task: Task): Report {
    try {
      const answer = this.#call(
        `{"code":${JSON.stringify(task.code)},"call":"${task.call}","inputs":${task.inputs}}`,
      );
      return this.#reportOf(answer);
    } catch (error) {
      return { ...failureOf(error, this.#gate.refusedMemory()), output: this.#printed.take(), spent: true };
    }
  }

  reset(): void {
    this.#memory.restore();
    this.#files.restore();
    this.#printed.take();
    this.#gate.refusedMemory();
  }

  #reportOf(answer: Uint8Array): Report {
    const output = this.#printed.take();
    const text = new TextDecoder().decode(answer.subarray(1));
    const { memory, __stack_pointer: stack } = this.#python;
    const spent =
      stack.value !== this.#stackPointer || memory.buffer.byteLength > this.#memory.size + MAX_GROWTH;
    switch (String.fromCharCode(answer[0] ?? 0)) {
      case 'V':
        return { kind: 'value', json: text, output, spent };
      case 'E':
        return { kind: 'failure', failure: 'error', message: text, output, spent };
      case 'M':
        return { kind: 'failure', failure: 'memory', message: '', output, spent };
      case 'O':
        return { kind: 'failure', failure: 'output', message: '', output, spent };
      case 'N': {
        const [module = '', ...message] = text.split('\n');
        return { kind: 'missing', module, message: message.join('\n'), output, spent };
      }
      case 'P':
        return { kind: 'needs', packages: text.split(' ') };
      default:
        return { kind: 'failure', failure: 'error', message: NO_ANSWER, output, spent: true };
    }
  }

  /** Calls `run` of `run_call.py`. What comes back is read with care: the memory belongs to the code that just ran. */
  #call(request: string): Uint8Array {
    const python = this.#python;
    const text = this.#store(Buffer.from(request));
    const argument = python.PyUnicode_FromStringAndSize(text.address, text.size);
    python.free(text.address);
    if (argument === 0) throw new RangeError('The inputs do not fit into the memory.');
    const result = python.PyObject_CallOneArg(this.#run, argument);
    if (result === 0) throw new Error(NO_ANSWER);
    const size = python.PyBytes_Size(result);
    const address = python.PyBytes_AsString(result) >>> 0;
    if (size < 1 || size > this.#outputBytes + LONGEST_MESSAGE) throw new Error(NO_ANSWER);
    return new Uint8Array(python.memory.buffer, address, size).slice();
  }

  /** @throws Error with Python's traceback */
  #execute(source: string): void {
    const text = this.#store(Buffer.from(`${source}\0`));
    const failed = this.#python.PyRun_SimpleString(text.address) !== 0;
    this.#python.free(text.address);
    if (failed) throw new Error(`Python could not be prepared: ${this.#printed.take()}`);
  }

  #import(name: string): void {
    try {
      this.#execute(`try: import ${name}\nexcept Exception: pass`);
    } catch (cause) {
      if (!(cause instanceof GateError)) throw cause;
      throw new Error(`The package ${name} needs what the sandbox does not allow (${cause.message}).`, {
        cause,
      });
    }
  }

  /** Address of `module.name`, with a reference that is never given back. */
  #attribute(module: string, name: string): number {
    const names = [module, name].map((text) => this.#store(Buffer.from(`${text}\0`)).address);
    const [first, second] = names as [number, number];
    const object = this.#python.PyObject_GetAttrString(this.#python.PyImport_AddModule(first), second);
    for (const address of names) this.#python.free(address);
    if (object === 0) throw new Error(`Python has no ${module}.${name}.`);
    return object;
  }

  #store(bytes: Uint8Array): { readonly address: number; readonly size: number } {
    const address = this.#python.malloc(bytes.length) >>> 0;
    if (address === 0) throw new RangeError('The code and its inputs do not fit into the memory.');
    new Uint8Array(this.#python.memory.buffer).set(bytes, address);
    return { address, size: bytes.length };
  }
}

const NO_ANSWER = 'The code broke its interpreter.';
/** Bytes of the longest message that `run_call.py` makes, with room to spare. */
const LONGEST_MESSAGE = 100_000;

/** Why the interpreter itself gave up: JavaScript errors that came through Python's own code. */
function failureOf(
  error: unknown,
  refusedMemory: boolean,
): { kind: 'failure'; failure: 'error' | 'memory'; message: string } {
  if (refusedMemory) return { kind: 'failure', failure: 'memory', message: '' };
  const message =
    error instanceof GateError
      ? 'The code tried what the sandbox does not allow, and was ended.'
      : error instanceof RangeError && error.message.includes('call stack')
        ? 'RecursionError: the code went deeper than the interpreter can.'
        : error instanceof Error && error.message === NO_ANSWER
          ? NO_ANSWER
          : 'The code ended its interpreter.';
  return { kind: 'failure', failure: 'error', message };
}

/** Pyodide's own installer, of which only the loading from an address is public. */
async function install(pyodide: PyodideAPI, { fileName, installDir, bytes }: Wheel): Promise<void> {
  const { _api: api } = pyodide as unknown as { readonly _api: PyodideInstaller };
  const folder = api.package_loader.get_install_dir(installDir);
  try {
    await api.install(bytes, fileName, folder, new Map([['INSTALLER', 'parley']]));
  } catch (cause) {
    const [why = ''] = String(cause).trim().split('\n').slice(-1);
    throw new Error(`${fileName} could not be installed: ${why}`, { cause });
  }
}

interface PyodideInstaller {
  readonly package_loader: { get_install_dir(name: string): unknown };
  install(bytes: Uint8Array, fileName: string, folder: unknown, metadata: Map<string, string>): Promise<void>;
}

function lockdownSource({ outputBytes, loadable }: PythonMachineOptions): string {
  const source = ['run_call.py', 'lockdown.py']
    .map((file) => readFileSync(new URL(file, import.meta.url), 'utf8'))
    .join('\n');
  // JSON's literals of strings and lists are Python's, too.
  return `
import sys, types
_parley = sys.modules['_parley'] = types.ModuleType('_parley')
vars(_parley).update(BLOCKED=frozenset(${JSON.stringify(BLOCKED)}), NETWORK=frozenset(${JSON.stringify(NETWORK)}))
vars(_parley).update(LOADABLE=frozenset(${JSON.stringify(loadable)}) - _parley.NETWORK, OUTPUT_BYTES=${outputBytes})
exec(compile(${JSON.stringify(source)}, '<parley>', 'exec'), vars(_parley))
`;
}
