import { expect, test } from 'vitest';
import { MemoryImage } from './memory-image.ts';

const PAGE = 65_536;

function filled(memory: WebAssembly.Memory, seed: number): void {
  const bytes = new Uint8Array(memory.buffer);
  for (let at = 0; at < bytes.length; at += 1) bytes[at] = (at * 31 + seed) % 251;
}

test.each([
  ['a base of the same size', 4 * PAGE],
  ['a base that is smaller and ends within a block', 2 * PAGE + 1000],
  ['a base that is larger', 6 * PAGE],
  ['no base', 0],
])('everything is put back over %s, and what has grown is zero', (_name, size) => {
  const memory = new WebAssembly.Memory({ initial: 4, maximum: 8 });
  filled(memory, 1);
  const base = new Uint8Array(new SharedArrayBuffer(size));
  base.set(new Uint8Array(memory.buffer).subarray(0, size));
  const bytes = new Uint8Array(memory.buffer);
  bytes.fill(7, 5000, 20_000);
  bytes.fill(0, 3 * PAGE, 3 * PAGE + 8192);
  const before = bytes.slice();
  const image = new MemoryImage(memory, base);

  for (let turn = 0; turn < 2; turn += 1) {
    filled(memory, 2 + turn);
    if (turn === 1) memory.grow(2);
    new Uint8Array(memory.buffer).fill(9, 4 * PAGE);
    image.restore();
    const after = new Uint8Array(memory.buffer);
    expect(Buffer.compare(after.subarray(0, 4 * PAGE), before)).toBe(0);
    expect(after.subarray(4 * PAGE).every((byte) => byte === 0)).toBe(true);
  }
  expect(image.size).toBe(4 * PAGE);
});

test('keeps only the blocks that differ', () => {
  const memory = new WebAssembly.Memory({ initial: 4, maximum: 4 });
  filled(memory, 1);
  const base = new Uint8Array(memory.buffer).slice();
  const bytes = new Uint8Array(memory.buffer);
  bytes.fill(7, 5000, 5010);
  bytes.fill(7, 100_000, 100_010);
  expect(new MemoryImage(memory, base).kept).toBe(2 * 4096);
  expect(new MemoryImage(memory).kept).toBe(4 * PAGE);
  bytes.fill(0);
  bytes[1] = 1;
  expect(new MemoryImage(memory).kept).toBe(4096);
});
