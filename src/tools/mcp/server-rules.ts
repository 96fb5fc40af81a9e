import type { McpServerConfig } from '../../config/config.ts';
import type { OutboundRule } from '../../config/outbound-rule.ts';
import { parseOutboundRule } from '../../config/parse-outbound-rule.ts';
import { endpointOf } from '../../outbound/endpoint-of.ts';

/** The exception from the guard for a server that the owner has named: its host and its port, and nothing else. */
export function serverRules(server: McpServerConfig): readonly OutboundRule[] {
  const url = server.kind === 'http' ? URL.parse(server.url) : null;
  if (url === null) return [];
  const { host, port } = endpointOf(url);
  const rule = parseOutboundRule(host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`);
  return rule === undefined ? [] : [rule];
}
