import { Worker } from 'node:worker_threads';
import { afterEach, expect, test, vi } from 'vitest';
import { EXTRACT_LIMITS } from './extract-limits.ts';
import type { ExtractTask } from './extract-task.ts';
import { createTextExtractor } from './extract-text.ts';

const MIB = 1024 ** 2;
const posted = vi.spyOn(Worker.prototype, 'postMessage');
afterEach(() => {
  posted.mockReset();
});

/** Counts turns of the event loop; what waits for a Promise alone takes none. */
function countTurns(): { readonly turns: number; stop(): void } {
  const count = { turns: 0, stop: () => clearImmediate(next) };
  let next = setImmediate(function turn() {
    count.turns++;
    next = setImmediate(turn);
  });
  return count;
}

const html = (bytes: Uint8Array) => ({ bytes, extension: '.html', mimeType: null });

test('a text of more bytes than its characters could have is refused unread, without a thread', async () => {
  const bytes = new Uint8Array(4 * EXTRACT_LIMITS.outputChars + 1).fill(97);
  posted.mockImplementation(() => {
    throw new Error('sent');
  });
  const decoded = vi.spyOn(TextDecoder.prototype, 'decode');
  const signal = new AbortController().signal;
  await expect(createTextExtractor()(html(bytes), { signal })).rejects.toThrow(
    'Failed to decode plain text file: the document has more than 10,000,000 characters of text',
  );
  expect(posted).not.toHaveBeenCalled();
  expect(decoded).not.toHaveBeenCalled();
  decoded.mockRestore();
});

test('a large text goes to its thread in pieces, with turns of the event loop between them', async () => {
  const bytes = new Uint8Array(20 * MIB).fill(97);
  const count = countTurns();
  const handed = Promise.withResolvers<{ task: ExtractTask; transfer: unknown; turns: number }>();
  posted.mockImplementation((task, transfer) => handed.resolve({ task, transfer, turns: count.turns }));
  const stop = new AbortController();
  const reading = createTextExtractor()(html(bytes), { signal: stop.signal });
  const { task, transfer, turns } = await handed.promise;
  count.stop();
  expect(turns).toBeGreaterThanOrEqual(4);
  expect(transfer).toEqual([task.bytes.buffer]);
  expect(Buffer.compare(task.bytes, bytes)).toBe(0);
  stop.abort(new Error('stop'));
  await expect(reading).rejects.toThrow('stop');
});

test('a stop between two pieces sends nothing', async () => {
  const stop = new AbortController();
  const reading = createTextExtractor()(html(new Uint8Array(20 * MIB)), { signal: stop.signal });
  setImmediate(() => stop.abort(new Error('stop')));
  await expect(reading).rejects.toThrow('stop');
  expect(posted).not.toHaveBeenCalled();
});

test('its bytes are still there afterwards', async () => {
  posted.mockRestore();
  const bytes = new Uint8Array(9 * MIB).fill(97);
  const signal = new AbortController().signal;
  const extract = createTextExtractor();
  expect((await extract(html(bytes), { signal })).length).toBe(bytes.length);
  expect((await extract(html(bytes), { signal })).length).toBe(9 * MIB);
});
