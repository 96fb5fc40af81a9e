import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import type { OutboundRule } from '../config/outbound-rule.ts';
import type { OutboundLimits } from './outbound-limits.ts';

/**
 * Idle connections, kept apart by rule set: one that an exception of some app has opened is never used by a request that
 * does not have that exception. Within a rule set every connection was judged as a new one would be.
 */
export interface ConnectionPools {
  agent(rules: readonly OutboundRule[], url: URL): HttpAgent | HttpsAgent;
  close(): void;
}

export function createConnectionPools(limits: OutboundLimits): ConnectionPools {
  const agents = new Map<string, HttpAgent | HttpsAgent>();
  // Agents of our own take no proxy from the environment (NODE_USE_ENV_PROXY): the guard would judge the proxy's
  // address instead of the callee's.
  const options = { keepAlive: true, maxFreeSockets: limits.maxIdleSockets, timeout: limits.keepAliveMs };
  return {
    agent(rules, url) {
      const key = [url.protocol, ...rules.map(canonical).sort()].join('\n');
      let agent = agents.get(key);
      if (agent === undefined) {
        agent = url.protocol === 'https:' ? new HttpsAgent(options) : new HttpAgent(options);
        agents.set(key, agent);
      }
      return agent;
    },
    close() {
      for (const agent of agents.values()) agent.destroy();
      agents.clear();
    },
  };
}

function canonical(rule: OutboundRule): string {
  switch (rule.kind) {
    case 'range':
      return `range ${rule.network}/${rule.bits} ${rule.port}`;
    case 'host':
      return `host ${rule.host} ${rule.port}`;
    case 'subdomains':
      return `subdomains ${rule.domain} ${rule.port}`;
  }
}
