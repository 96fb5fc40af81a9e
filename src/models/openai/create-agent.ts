import Agent from 'undici/lib/dispatcher/agent.js';
import { upstreamLimits } from '../upstream-limits.ts';

/**
 * Keep-alive connections to every provider, without a limit: thousands of streams run at once and none may queue
 * behind another, so there is one connection per running request.
 */
export function createAgent(): Agent {
  return new Agent({
    connections: null,
    pipelining: 1,
    keepAliveTimeout: upstreamLimits.keepAliveMs,
    headersTimeout: upstreamLimits.headersMs,
    bodyTimeout: upstreamLimits.bodyGapMs,
    connect: { timeout: upstreamLimits.connectMs },
  });
}
