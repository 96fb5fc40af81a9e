import type { OutboundRule } from '../config/outbound-rule.ts';
import type { OutboundOptions } from './outbound.ts';
import type { OutboundLimits } from './outbound-limits.ts';
import type { SendOptions } from './send.ts';

/** A request whoever asks for it, with every limit said. Null: without that limit. */
export interface Opening extends Pick<OutboundOptions, 'method' | 'headers' | 'body'>, SendOptions {
  readonly totalMs: number | null;
  readonly gapMs: number | null;
  readonly maxBytes: number;
  /** `maxBytes` is for each event when the answer is an event stream. */
  readonly endlessEvents: boolean;
}

export function openingOfRequest(options: OutboundOptions, limits: OutboundLimits): Opening {
  const { timeouts, ...rest } = options;
  return {
    ...rest,
    secretHeaders: options.secretHeaders ?? [],
    maxRedirects: options.maxRedirects ?? limits.maxRedirects,
    connectMs: timeouts.connectMs,
    writeMs: timeouts.writeMs ?? null,
    headersMs: timeouts.readMs,
    gapMs: timeouts.readMs,
    totalMs: timeouts.totalMs,
    endlessEvents: false,
  };
}

export function openingOfFetch(
  wanted: Pick<Opening, 'method' | 'headers' | 'body' | 'signal'>,
  follow: boolean,
  allow: readonly OutboundRule[],
  limits: OutboundLimits,
): Opening {
  return {
    ...wanted,
    allow,
    secretHeaders: [],
    maxRedirects: follow ? limits.maxRedirects : 0,
    connectMs: limits.fetch.connectMs,
    writeMs: null,
    headersMs: limits.fetch.headersMs,
    gapMs: null,
    totalMs: null,
    maxBytes: limits.fetch.maxBytes,
    endlessEvents: true,
  };
}
