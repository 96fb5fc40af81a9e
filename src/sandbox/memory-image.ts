/** Bytes that are compared and kept together. */
const BLOCK = 4096;

/**
 * The memory of an interpreter at one moment, to be put back after every call: modules, builtins, caches, open files and
 * whatever else user code has touched are then what they were. WebAssembly has no other state of its own.
 *
 * Kept here is only what differs from `base`, which all threads share: the snapshot that an interpreter was loaded from.
 * Without a base, that is what is not zero.
 */
export class MemoryImage {
  readonly #memory: WebAssembly.Memory;
  readonly #base: Uint8Array;
  readonly #changes: readonly { readonly offset: number; readonly bytes: Uint8Array }[];
  /** Of the memory when the image was taken. */
  readonly size: number;

  constructor(memory: WebAssembly.Memory, base: Uint8Array = NOTHING) {
    this.#memory = memory;
    this.size = memory.buffer.byteLength;
    this.#base = base.subarray(0, this.size);
    this.#changes = changesOf(new Uint8Array(memory.buffer), this.#base);
  }

  /** Bytes that this image keeps for itself. */
  get kept(): number {
    return this.#changes.reduce((sum, change) => sum + change.bytes.length, 0);
  }

  /** Puts the memory back. What it has grown by since is filled with zeros, as fresh memory is. */
  restore(): void {
    const memory = new Uint8Array(this.#memory.buffer);
    memory.set(this.#base);
    memory.fill(0, this.#base.length);
    for (const { offset, bytes } of this.#changes) memory.set(bytes, offset);
  }
}

const NOTHING = new Uint8Array(0);
const ZEROS = new Uint8Array(BLOCK);

function changesOf(memory: Uint8Array, base: Uint8Array): { offset: number; bytes: Uint8Array }[] {
  const runs: { start: number; end: number }[] = [];
  for (let start = 0; start < memory.length; start += BLOCK) {
    const end = start + BLOCK;
    const before = end <= base.length ? base.subarray(start, end) : ZEROS;
    if (start >= base.length || end <= base.length) {
      if (Buffer.compare(memory.subarray(start, end), before) === 0) continue;
    }
    const last = runs.at(-1);
    if (last?.end === start) last.end = end;
    else runs.push({ start, end });
  }
  return runs.map(({ start, end }) => ({ offset: start, bytes: memory.slice(start, end) }));
}
