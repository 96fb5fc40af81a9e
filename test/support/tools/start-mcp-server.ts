import { randomUUID } from 'node:crypto';
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Server } from '@modelcontextprotocol/sdk/server/index.js';
import { SSEServerTransport } from '@modelcontextprotocol/sdk/server/sse.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import {
  CallToolRequestSchema,
  type CallToolResult,
  ListToolsRequestSchema,
  type ListToolsResult,
} from '@modelcontextprotocol/sdk/types.js';

export interface McpScript {
  readonly protocol?: 'streamable' | 'sse';
  /** Entries of `tools/list`, sent as they are. Default: `slow`, which answers nothing until it is cancelled. */
  readonly tools?: readonly unknown[];
  /** The result of a call, sent as it is; undefined: none ever. */
  readonly call?: (name: string, args: Readonly<Record<string, unknown>>) => unknown;
}

/** A call of a tool, as the server knows it. */
export interface McpCall {
  readonly name: string;
  readonly args: Readonly<Record<string, unknown>>;
  /** Resolves with the time (`performance.now()`) at which the server learned that nobody waits for it any more. */
  cancelled(): Promise<number>;
}

/** A server made with the SDK that most servers are made with, over HTTP on 127.0.0.1. */
export interface McpServer {
  readonly url: string;
  readonly port: number;
  readonly calls: readonly McpCall[];
  /** Names of all messages that came, in order. */
  readonly messages: readonly string[];
  readonly headers: readonly IncomingHttpHeaders[];
  /** The oldest call not yet handed out by this function, or the next to come. */
  nextCall(): Promise<McpCall>;
  close(): Promise<void>;
}

export const SLOW_TOOL = { name: 'slow', description: 'Takes its time.', inputSchema: { type: 'object' } };

export async function startMcpServer(script: McpScript = {}): Promise<McpServer> {
  const { protocol = 'streamable', tools = [SLOW_TOOL], call = () => undefined } = script;
  const transports = new Map<string, Transport>();
  const calls: McpCall[] = [];
  const messages: string[] = [];
  const headers: IncomingHttpHeaders[] = [];
  const waiting: ((call: McpCall) => void)[] = [];
  let handedOut = 0;

  /** One per session, as the SDK wants it. */
  async function open(transport: Transport): Promise<void> {
    const server = new Server({ name: 'test', version: '1' }, { capabilities: { tools: {} } });
    server.setRequestHandler(ListToolsRequestSchema, async () => ({ tools }) as ListToolsResult);
    server.setRequestHandler(CallToolRequestSchema, async ({ params }, { signal }) => {
      const cancelled = Promise.withResolvers<number>();
      signal.addEventListener('abort', () => cancelled.resolve(performance.now()));
      const { name, arguments: args = {} } = params;
      const made: McpCall = { name, args, cancelled: () => cancelled.promise };
      calls.push(made);
      const next = waiting.shift();
      if (next) {
        handedOut++;
        next(made);
      }
      const result = await call(name, args);
      if (result === undefined) await cancelled.promise;
      return (result ?? { content: [] }) as CallToolResult;
    });
    await server.connect(transport);
  }

  async function streamable(request: IncomingMessage, response: ServerResponse, body: unknown) {
    const id = request.headers['mcp-session-id'];
    if (typeof id === 'string') {
      const known = transports.get(id);
      if (known === undefined) return void response.writeHead(404).end();
      return (known as StreamableHTTPServerTransport).handleRequest(request, response, body);
    }
    const transport = new StreamableHTTPServerTransport({
      sessionIdGenerator: () => randomUUID(),
      onsessioninitialized: (opened) => void transports.set(opened, transport as Transport),
    });
    await open(transport as Transport);
    await transport.handleRequest(request, response, body);
  }

  async function sse(request: IncomingMessage, response: ServerResponse, body: unknown) {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://server');
    if (pathname === '/messages') {
      const known = transports.get(searchParams.get('sessionId') ?? '');
      if (known === undefined) return void response.writeHead(404).end();
      return (known as SSEServerTransport).handlePostMessage(request, response, body);
    }
    if (request.method !== 'GET') return void response.writeHead(405).end();
    const transport = new SSEServerTransport('/messages', response);
    transports.set(transport.sessionId, transport);
    await open(transport);
  }

  const http = createServer(async (request, response) => {
    let text = '';
    for await (const piece of request.setEncoding('utf8')) text += piece;
    const body: unknown = text === '' ? undefined : JSON.parse(text);
    headers.push(request.headers);
    for (const message of [body ?? []].flat()) messages.push(String((message as { method?: string }).method));
    await (protocol === 'sse' ? sse : streamable)(request, response, body);
  });
  http.listen(0, '127.0.0.1');
  await new Promise((resolve) => http.once('listening', resolve));
  const { port } = http.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}${protocol === 'sse' ? '/sse' : '/mcp'}`,
    port,
    calls,
    messages,
    headers,
    nextCall() {
      const known = calls[handedOut];
      if (known === undefined) return new Promise((give) => waiting.push(give));
      handedOut++;
      return Promise.resolve(known);
    },
    async close() {
      http.closeAllConnections();
      await new Promise((resolve) => http.close(resolve));
    },
  };
}
