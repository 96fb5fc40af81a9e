/**
 * An MCP server over the standard streams, run as a command. It tells the address in REPORT_URL what it learns:
 * `/started`, `/call` when its tool `local_slow` is called, `/cancelled` when that call is given up.
 */
import { Server } from '@modelcontextprotocol/sdk/server/index.js';
import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js';
import { CallToolRequestSchema, ListToolsRequestSchema } from '@modelcontextprotocol/sdk/types.js';

function tell(what: string): void {
  fetch(`${process.env.REPORT_URL}/${what}`).catch(() => {});
}

const server = new Server({ name: 'test', version: '1' }, { capabilities: { tools: {} } });
server.setRequestHandler(ListToolsRequestSchema, async () => ({
  tools: [{ name: 'local_slow', description: 'Takes its time.', inputSchema: { type: 'object' as const } }],
}));
server.setRequestHandler(CallToolRequestSchema, async (_, { signal }) => {
  tell('call');
  await new Promise((resolve) => signal.addEventListener('abort', resolve));
  tell('cancelled');
  return { content: [] };
});
tell('started');
await server.connect(new StdioServerTransport());
