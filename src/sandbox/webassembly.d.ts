/** What this room uses of WebAssembly; TypeScript has it in `lib.dom` only. */
declare namespace WebAssembly {
  interface Memory {
    readonly buffer: ArrayBuffer;
    /** @throws RangeError beyond the maximum */
    grow(pages: number): number;
  }
  const Memory: new (limits: { initial: number; maximum: number }) => Memory;

  type Exports = Readonly<Record<string, unknown>>;
  type Imports = Record<string, Record<string, unknown>>;

  interface Instance {
    readonly exports: Exports;
  }
  // biome-ignore lint/suspicious/noEmptyInterface: an opaque object; `@types/emscripten` declares it in the same way
  interface Module {}
  const Module: new (bytes: Uint8Array<ArrayBuffer>) => Module;

  function instantiate(
    source: Module | Uint8Array,
    imports?: Imports,
  ): Promise<Instance | { module: Module; instance: Instance }>;
}
