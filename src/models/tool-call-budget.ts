import { UpstreamError } from './upstream-error.ts';
import { upstreamLimits } from './upstream-limits.ts';

/** How much one answer may call. What it costs is counted before it is kept. */
export class ToolCallBudget {
  #calls = 0;
  #chars = 0;

  /** @throws UpstreamError when there are too many calls. */
  addCall(): void {
    if (++this.#calls > upstreamLimits.maxToolCalls) {
      throw new UpstreamError('malformed', 'The model provider sent too many tool calls.');
    }
  }

  /** @throws UpstreamError when the calls together are too long. */
  addChars(count: number): void {
    this.#chars += count;
    if (this.#chars > upstreamLimits.maxToolCallChars) {
      throw new UpstreamError('malformed', 'The model provider sent tool calls that are too large.');
    }
  }
}
