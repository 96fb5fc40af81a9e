import { loadPyodide, type PyodideAPI } from 'pyodide';
import type { CPython, EmscriptenModule } from './emscripten.ts';
import { HostGate } from './host-gate.ts';

/** A loaded interpreter, its gate still open. */
export interface BootedPython {
  readonly pyodide: PyodideAPI;
  readonly emscripten: EmscriptenModule;
  readonly python: CPython;
  readonly gate: HostGate;
}

type Instantiate = (
  source: WebAssembly.Module,
  imports: WebAssembly.Imports,
) => Promise<WebAssembly.Instance>;

/**
 * Loads Pyodide into this thread, which is for nothing else, behind a `HostGate`. `module` is its binary with a memory
 * limit, compiled; `snapshot` is the memory to begin with, as `makeMemorySnapshot` made it. Without one, Python starts
 * from nothing (seconds) and is able to make a snapshot.
 */
export async function bootPython(
  module: WebAssembly.Module,
  snapshot: Uint8Array | null,
): Promise<BootedPython> {
  const gate = new HostGate();
  const { instantiate } = WebAssembly;
  let python: CPython | undefined;
  const memory = (): WebAssembly.Memory => (python as CPython).memory;
  // Pyodide reads its binary itself and has no option for the imports; the gate must be in place before they are taken.
  const instantiateGuarded = async (source: WebAssembly.Module, imports?: WebAssembly.Imports) => {
    if (imports?.env === undefined) return instantiate(source, imports);
    gate.guard(imports, memory);
    const instance = await (instantiate as unknown as Instantiate)(module, imports);
    python = instance.exports as unknown as CPython;
    return { module, instance };
  };
  const mutable = WebAssembly as { instantiate: unknown };
  mutable.instantiate = instantiateGuarded;
  // Pyodide would give up Python objects when JavaScript's collector finds it has lost them, at any later time: between
  // two calls, in memory that has been put back.
  Object.assign(globalThis, { FinalizationRegistry: NoRegistry });
  try {
    const pyodide = await loadPyodide({
      // What `import js` would show, until `lockdown.py` takes it away.
      jsglobals: {},
      env: { HOME: '/home/user', LANG: 'C.UTF-8', PYTHONINSPECT: '' },
      _sysExecutable: '/usr/bin/python3',
      stdout: ignore,
      stderr: ignore,
      ...(snapshot === null ? { _makeSnapshot: true } : { _loadSnapshot: snapshot }),
    });
    const { _module: emscripten } = pyodide as unknown as { readonly _module: EmscriptenModule };
    return { pyodide, emscripten, gate, python: python as unknown as CPython };
  } finally {
    mutable.instantiate = instantiate;
  }
}

function ignore(): void {}

class NoRegistry {
  register(): void {}
  unregister(): void {}
}
