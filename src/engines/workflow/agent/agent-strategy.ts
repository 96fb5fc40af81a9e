export type AgentStrategy = 'function_call' | 'react';

/**
 * The strategy that a file names, in any case and with any separators: `function_calling`, `ReAct`, and those of agents
 * that add MCP servers, such as `mcp_sse_ReAct`. Null: there is no such thing here.
 */
export function strategyOf(name: string): AgentStrategy | null {
  const plain = name.toLowerCase().replace(/[^a-z]/g, '');
  if (/^(?:mcp[a-z]{0,20})?functioncall(?:ing)?$/.test(plain)) return 'function_call';
  return /^(?:mcp[a-z]{0,20})?react$/.test(plain) ? 'react' : null;
}
