/**
 * A server over the standard streams, run as a command: `node stdio-server.fixture.ts [how]`. What it learns it tells the
 * address in REPORT_URL, with the time.
 */
import { spawn } from 'node:child_process';
import { Server } from '@modelcontextprotocol/sdk/server/index.js';
import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js';
import {
  CallToolRequestSchema,
  type CallToolResult,
  type JSONRPCMessage,
  ListToolsRequestSchema,
} from '@modelcontextprotocol/sdk/types.js';

const [how = 'well'] = process.argv.slice(2);

function tell(path: string): void {
  const { REPORT_URL } = process.env;
  if (REPORT_URL !== undefined) void fetch(`${REPORT_URL}/${path}?at=${Date.now()}`).catch(() => {});
}

if (how === 'complaining') {
  console.error(`Error: no database, only ${process.env.TOKEN}\n    at connect (/srv/secret/place.js:1:1)`);
  process.exit(3);
}
if (how === 'silent') {
  console.error('waiting for the database');
  process.stdin.resume();
}
if (how === 'stubborn') {
  process.on('SIGTERM', () => tell('sigterm'));
  setInterval(() => {}, 1_000);
}
if (how === 'launcher') {
  // Leaves a process behind that holds the pipes.
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'inherit' });
  tell(`child/${child.pid}`);
}
if (how === 'garbage') process.stdout.write('Server started!\n{"no": "message"}\n[1,\n\u0000\u0001\n');

if (how !== 'silent') {
  const server = new Server({ name: 'test', version: '1' }, { capabilities: { tools: {} } });
  const inputSchema = { type: 'object' as const };
  server.setRequestHandler(ListToolsRequestSchema, async () => ({
    tools: ['echo', 'env', 'pid', 'slow', 'exit', 'flood'].map((name) => ({ name, inputSchema })),
  }));
  server.setRequestHandler(CallToolRequestSchema, async ({ params }, { signal }): Promise<CallToolResult> => {
    const text = (value: unknown) => ({ content: [{ type: 'text' as const, text: JSON.stringify(value) }] });
    switch (params.name) {
      case 'env':
        return text(process.env);
      case 'pid':
        return text(process.pid);
      case 'slow':
        tell('slow');
        await new Promise((resolve) => signal.addEventListener('abort', resolve));
        tell('cancelled');
        return text('too late');
      case 'exit':
        process.exit(7);
        break;
      case 'flood':
        return text('x'.repeat(2_000_000));
    }
    return text(params.arguments);
  });
  const transport = new StdioServerTransport();
  await server.connect(transport);
  const { onmessage } = transport;
  const version = process.env.PROTOCOL_VERSION;
  if (onmessage !== undefined && version !== undefined) {
    transport.onmessage = (message: JSONRPCMessage) => {
      const asked = 'method' in message && message.method === 'initialize';
      const params = asked ? { ...message.params, protocolVersion: version } : {};
      onmessage(asked ? ({ ...message, params } as typeof message) : message);
    };
  }
}
