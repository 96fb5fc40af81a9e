import { setImmediate } from 'node:timers/promises';
import type { Handed } from '../../threads/work-thread.ts';
import type { ExtractTask } from './extract-task.ts';

/** Copied between two turns of the event loop: a millisecond or two. */
const SLICE_BYTES = 4 * 1024 ** 2;

/**
 * A task for a thread with a copy of its bytes that goes over to it: sending a large document as it is would stop the
 * event loop for a tenth of a second. Its own bytes stay where they are. Null for what is small.
 *
 * @throws `signal.reason` on abort
 */
export function handTask(
  { kind, bytes }: ExtractTask,
  { signal }: { readonly signal: AbortSignal },
): Promise<Handed<ExtractTask>> | null {
  return bytes.length <= SLICE_BYTES ? null : copy();

  async function copy(): Promise<Handed<ExtractTask>> {
    const copied = new Uint8Array(bytes.length);
    for (let at = 0; at < bytes.length; at += SLICE_BYTES) {
      if (at > 0) await setImmediate();
      signal.throwIfAborted();
      copied.set(bytes.subarray(at, at + SLICE_BYTES), at);
    }
    return { task: { kind, bytes: copied }, transfer: [copied.buffer] };
  }
}
