import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { init, type WrappedPdfiumModule } from '@embedpdf/pdfium';
import { EXTRACT_LIMITS } from '../extract-limits.ts';

let compiled: Promise<WebAssembly.Module> | null = null;

/**
 * PDFium in a memory of its own: what one document does to it does not reach the next. It compiles once per thread, and
 * takes some milliseconds to start again.
 */
export async function startPdfium(): Promise<WrappedPdfiumModule> {
  compiled ??= compile();
  const module = await compiled;
  const options: object = {
    // What it says of a refused memory is said by what the caller gets.
    printErr() {},
    async instantiateWasm(imports: WebAssembly.Imports, done: (instance: WebAssembly.Instance) => void) {
      const instance = (await WebAssembly.instantiate(module, imports)) as WebAssembly.Instance;
      bound(instance.exports.memory as WebAssembly.Memory);
      done(instance);
    },
  };
  const pdfium = await init(options);
  pdfium.FPDF_InitLibrary();
  return pdfium;
}

async function compile(): Promise<WebAssembly.Module> {
  const path = fileURLToPath(import.meta.resolve('@embedpdf/pdfium/pdfium.wasm'));
  return new WebAssembly.Module(await readFile(path));
}

/** A memory may grow to 2 GB, and no limit of a thread counts it. PDFium takes a refusal for a lack of memory. */
function bound(memory: WebAssembly.Memory): void {
  memory.grow = (pages) => {
    if (memory.buffer.byteLength + pages * 65_536 > EXTRACT_LIMITS.wasmBytes)
      throw new RangeError('too much memory');
    return WebAssembly.Memory.prototype.grow.call(memory, pages);
  };
}
