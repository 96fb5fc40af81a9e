const MIB = 1024 ** 2;

/** What a document may cost, for all of its readers. Whatever goes beyond is refused with a message that says so. */
export const EXTRACT_LIMITS = Object.freeze({
  /** Of a file as it comes. */
  inputBytes: 50 * MIB,
  /** Characters of one document's text. */
  outputChars: 10_000_000,
  /** Of what is read of an archive, unpacked: a few kilobytes can hold gigabytes. */
  unpackedBytes: 100 * MIB,
  archiveEntries: 10_000,
  /** Elements, brackets or lists inside one another. */
  depth: 512,
  /** Of a sheet. */
  rows: 200_000,
  /** Cells that one cell of a table covers; covered ones repeat its text. */
  span: 256,
  /** Text of this size is read where it is: a thread would take longer. */
  inlineBytes: 256 * 1024,
  /** Documents read at once. */
  maxThreads: 2,
  timeoutMs: 60_000,
  /** V8's memory of a thread. */
  heapMb: 512,
  /** WebAssembly's, which V8's limit does not count. */
  wasmBytes: 256 * MIB,
  /** How long a thread that nobody needs stays: starting one, and loading a library, takes a tenth of a second. */
  idleMs: 5_000,
});
