import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { parentPort, workerData } from 'node:worker_threads';
import { bootPython } from './boot-python.ts';
import { limitMemory } from './limit-memory.ts';

/** What all interpreters of a server have in common. */
export interface PythonParts {
  /** Pyodide's binary, compiled; its memory has the configured limit. */
  readonly module: WebAssembly.Module;
  /** Memory after Python has started and imported what code often needs. Shared between threads, never written. */
  readonly snapshot: Uint8Array<SharedArrayBuffer>;
}

/** Entry of a thread that makes the parts once, and ends: what it took for that is given back. */
if (parentPort !== null)
  parentPort.postMessage(await makeParts((workerData as { memoryBytes: number }).memoryBytes));

async function makeParts(memoryBytes: number): Promise<PythonParts> {
  const binary = await readFile(fileURLToPath(import.meta.resolve('pyodide/pyodide.asm.wasm')));
  const module = new WebAssembly.Module(limitMemory(binary, memoryBytes));
  const { pyodide } = await bootPython(module, null);
  pyodide.runPython(await readFile(new URL('prepare.py', import.meta.url), 'utf8'), {
    globals: pyodide.toPy({}),
  });
  const made = pyodide.makeMemorySnapshot();
  const snapshot = new Uint8Array(new SharedArrayBuffer(made.length));
  snapshot.set(made);
  return { module, snapshot };
}
