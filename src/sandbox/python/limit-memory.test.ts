import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { limitMemory } from './limit-memory.ts';

const MB = 1024 ** 2;

/** A module with a memory of 2 pages, at most 65536 (in three bytes, as compilers write it), exported as `m`. */
const MODULE = Uint8Array.from([
  ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
  ...[5, 6, 1, 1, 2, 0x80, 0x80, 4],
  ...[7, 5, 1, 1, 0x6d, 2, 0],
]);

async function memoryOf(bytes: Uint8Array<ArrayBuffer>): Promise<WebAssembly.Memory> {
  const made = await WebAssembly.instantiate(new WebAssembly.Module(bytes));
  return (made as WebAssembly.Instance).exports.m as WebAssembly.Memory;
}

test('the engine refuses what is beyond the limit', async () => {
  const memory = await memoryOf(limitMemory(MODULE, 1 * MB));
  expect(memory.grow(14)).toBe(2);
  expect(memory.buffer.byteLength).toBe(1 * MB);
  expect(() => memory.grow(1)).toThrow(RangeError);
});

test('without it the engine would not', async () => {
  const memory = await memoryOf(MODULE);
  expect(memory.grow(15)).toBe(2);
});

test('a limit beyond the maximum changes nothing', () => {
  expect(limitMemory(MODULE, 8192 * MB)).toEqual(MODULE);
});

test('what could not be limited is refused', () => {
  expect(() => limitMemory(MODULE, 65_536)).toThrow('needs 131072 bytes');
  expect(() => limitMemory(MODULE.slice(0, 8), MB)).toThrow('no memory with a maximum');
  const unlimited = MODULE.slice();
  unlimited[11] = 0;
  expect(() => limitMemory(unlimited, MB)).toThrow('no memory with a maximum');
});

test('Pyodide’s binary can be limited, and still is one', () => {
  const binary = readFileSync(fileURLToPath(import.meta.resolve('pyodide/pyodide.asm.wasm')));
  const limited = limitMemory(binary, 256 * MB);
  expect(limited.length).toBe(binary.length);
  expect(Buffer.compare(limited, binary)).not.toBe(0);
  expect(() => new WebAssembly.Module(limited)).not.toThrow();
});
