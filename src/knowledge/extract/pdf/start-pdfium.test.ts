import { expect, test } from 'vitest';
import { EXTRACT_LIMITS } from '../extract-limits.ts';
import { startPdfium } from './start-pdfium.ts';

test('PDFium gets no more memory than it may, and every start a memory of its own', async () => {
  const [one, other] = [await startPdfium(), await startPdfium()];
  const { malloc } = (one.pdfium as unknown as { wasmExports: { malloc(bytes: number): number } })
    .wasmExports;
  expect(malloc(EXTRACT_LIMITS.wasmBytes / 4)).toBeGreaterThan(0);
  expect(malloc(EXTRACT_LIMITS.wasmBytes)).toBe(0);
  expect(one.pdfium.HEAPU8.length).toBeGreaterThan(EXTRACT_LIMITS.wasmBytes / 4);
  expect(other.pdfium.HEAPU8.length).toBeLessThan(EXTRACT_LIMITS.wasmBytes / 4);
});
