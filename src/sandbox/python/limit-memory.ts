const MEMORY_SECTION = 5;
const HAS_MAXIMUM = 1;
/** Bytes in a page of WebAssembly memory. */
const PAGE = 65_536;

/**
 * A copy of a WebAssembly binary whose own memory may not grow beyond `bytes`. Pyodide's binary defines its memory
 * itself, with 4 GB as maximum; patched there, the engine holds the limit, whatever runs inside.
 *
 * @throws Error when the binary has no memory of its own with a maximum, or needs more than `bytes` from the start
 */
export function limitMemory(binary: Uint8Array, bytes: number): Uint8Array<ArrayBuffer> {
  const limited = new Uint8Array(binary);
  let at = 8;
  while (at < limited.length) {
    const id = limited[at] as number;
    const section = readNumber(limited, at + 1);
    if (id === MEMORY_SECTION) {
      const count = readNumber(limited, section.end);
      if (count.value !== 1 || limited[count.end] !== HAS_MAXIMUM) break;
      const initial = readNumber(limited, count.end + 1);
      const maximum = readNumber(limited, initial.end);
      const pages = Math.min(maximum.value, Math.floor(bytes / PAGE));
      if (pages < initial.value) {
        throw new Error(
          `The interpreter needs ${initial.value * PAGE} bytes of memory, ${bytes} are allowed.`,
        );
      }
      writeNumber(limited, initial.end, maximum.end, pages);
      return limited;
    }
    at = section.end + section.value;
  }
  throw new Error('The WebAssembly binary has no memory with a maximum.');
}

/** An unsigned LEB128 number, and where it ends. */
function readNumber(bytes: Uint8Array, start: number): { readonly value: number; readonly end: number } {
  let value = 0;
  let end = start;
  for (let shift = 0; ; shift += 7) {
    const byte = bytes[end] as number;
    end += 1;
    value += (byte & 0x7f) * 2 ** shift;
    if ((byte & 0x80) === 0) return { value, end };
  }
}

/** Writes `value` over a number that is not smaller, into just as many bytes. */
function writeNumber(bytes: Uint8Array, start: number, end: number, value: number): void {
  let rest = value;
  for (let at = start; at < end; at += 1) {
    bytes[at] = (rest & 0x7f) | (at < end - 1 ? 0x80 : 0);
    rest >>>= 7;
  }
}
