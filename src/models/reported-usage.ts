import type { TokenUsage } from './chat-model.ts';
import { upstreamLimits } from './upstream-limits.ts';

/**
 * Usage as a provider reports it, in whole tokens; null when it reports none or a count that is no number, so that the
 * tokens are counted here. One count without the other leaves the other at 0.
 */
export function reportedUsage(prompt: unknown, completion: unknown): TokenUsage | null {
  if (prompt == null && completion == null) return null;
  const promptTokens = tokens(prompt ?? 0);
  const completionTokens = tokens(completion ?? 0);
  return promptTokens === null || completionTokens === null ? null : { promptTokens, completionTokens };
}

/** Number or numeral in, non-negative integer out; null for anything else. */
function tokens(value: unknown): number | null {
  const isNumeral = typeof value === 'string' && value.trim() !== '';
  const count = typeof value === 'number' || isNumeral ? Number(value) : Number.NaN;
  return Number.isFinite(count) ? Math.min(Math.max(Math.round(count), 0), upstreamLimits.maxTokens) : null;
}
