import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { Server } from '@modelcontextprotocol/sdk/server/index.js';
import { SSEServerTransport } from '@modelcontextprotocol/sdk/server/sse.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import {
  CallToolRequestSchema,
  type CallToolResult,
  type JSONRPCMessage,
  ListToolsRequestSchema,
  type ListToolsResult,
} from '@modelcontextprotocol/sdk/types.js';
import { onTestFinished } from 'vitest';

/** What a test server does; sent as it is, whatever the types of the SDK say. */
export interface Script {
  list?(cursor: string | undefined): unknown;
  call?(name: string, args: Readonly<Record<string, unknown>>, signal: AbortSignal): unknown;
  /** Looks at each request before the SDK does; true: it has been answered, or never will be. */
  http?(request: SeenRequest, response: ServerResponse): boolean;
}

export interface SeenRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly messages: readonly SeenMessage[];
  readonly socket: Socket;
}

export type SeenMessage = { readonly method?: string; readonly params?: Readonly<Record<string, unknown>> };

export interface McpServerOptions {
  readonly protocol?: 'streamable' | 'sse';
  /** Answers with JSON instead of a stream. */
  readonly json?: boolean;
  /** The version of the protocol that it insists on. */
  readonly version?: string;
  readonly port?: number;
}

export interface McpTestServer {
  readonly url: string;
  readonly port: number;
  readonly requests: readonly SeenRequest[];
  /** Sessions that are open now. */
  sessions(): number;
  /** The first request with this message, now or later. */
  seen(method: string): Promise<SeenRequest>;
  /** Tells all clients that the list of tools has changed. */
  tellChanged(): Promise<void>;
  forgetSessions(): void;
  breakConnections(): void;
  close(): Promise<void>;
}

/** A server of the SDK's first generation, which most servers are made of; gone when the test is over. */
export async function startMcpServer(script: Script, options: McpServerOptions = {}): Promise<McpTestServer> {
  const { protocol = 'streamable', json = false } = options;
  const sessions = new Map<string, { readonly server: Server; readonly transport: Transport }>();
  const requests: SeenRequest[] = [];
  const waiting = new Set<() => void>();
  const sockets = new Set<Socket>();

  async function open(transport: Transport): Promise<Server> {
    const server = scriptedServer(script);
    await server.connect(transport);
    insistOn(options.version, transport);
    return server;
  }

  async function streamable(request: IncomingMessage, response: ServerResponse, body: unknown) {
    const id = request.headers['mcp-session-id'];
    if (typeof id === 'string') {
      const known = sessions.get(id)?.transport;
      if (known === undefined) return void response.writeHead(404).end('Session not found');
      return (known as StreamableHTTPServerTransport).handleRequest(request, response, body);
    }
    const transport = new StreamableHTTPServerTransport({
      sessionIdGenerator: () => randomUUID(),
      enableJsonResponse: json,
      onsessioninitialized: (opened) =>
        void sessions.set(opened, { server, transport: transport as Transport }),
      onsessionclosed: (closed) => void sessions.delete(closed),
    });
    const server = await open(transport as Transport);
    await transport.handleRequest(request, response, body);
  }

  async function sse(request: IncomingMessage, response: ServerResponse, body: unknown) {
    const url = new URL(request.url ?? '/', 'http://server');
    if (url.pathname === '/messages') {
      const known = sessions.get(url.searchParams.get('sessionId') ?? '')?.transport;
      if (known === undefined) return void response.writeHead(404).end('no session');
      return (known as SSEServerTransport).handlePostMessage(request, response, body);
    }
    if (request.method !== 'GET') return void response.writeHead(405).end();
    const transport = new SSEServerTransport('/messages', response);
    response.on('close', () => sessions.delete(transport.sessionId));
    const server = await open(transport as Transport);
    sessions.set(transport.sessionId, { server, transport });
  }

  const http = createServer(async (request, response) => {
    const body = await readJson(request);
    const { method = '', url: path = '', headers, socket } = request;
    const messages = [body ?? []].flat() as SeenMessage[];
    const seen = { method, path, headers, messages, socket };
    requests.push(seen);
    for (const look of waiting) look();
    if (script.http?.(seen, response) === true) return;
    await (protocol === 'sse' ? sse : streamable)(request, response, body).catch((error) => {
      if (!response.headersSent) response.writeHead(500).end(String(error));
    });
  });
  http.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('error', () => {}).on('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve, reject) => {
    http.once('error', reject).listen(options.port ?? 0, '127.0.0.1', resolve);
  });

  function breakConnections(): void {
    for (const socket of sockets) socket.destroy();
  }

  async function close(): Promise<void> {
    sessions.clear();
    breakConnections();
    await new Promise((resolve) => http.close(resolve));
  }

  onTestFinished(close);
  const { port } = http.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}${protocol === 'sse' ? '/sse' : '/mcp'}`,
    port,
    requests,
    sessions: () => sessions.size,
    seen(method) {
      return new Promise((resolve) => {
        const look = () => {
          const found = requests.find(({ messages }) =>
            messages.some((message) => message.method === method),
          );
          if (found === undefined) return;
          waiting.delete(look);
          resolve(found);
        };
        waiting.add(look);
        look();
      });
    },
    async tellChanged() {
      for (const { server } of sessions.values()) await server.sendToolListChanged();
    },
    forgetSessions: () => sessions.clear(),
    breakConnections,
    close,
  };
}

/** Also for servers over other transports. */
export function scriptedServer(script: Script): Server {
  const server = new Server(
    { name: 'test', version: '1' },
    { capabilities: { tools: { listChanged: true } } },
  );
  server.setRequestHandler(
    ListToolsRequestSchema,
    async ({ params }) => ((await script.list?.(params?.cursor)) ?? { tools: [] }) as ListToolsResult,
  );
  server.setRequestHandler(
    CallToolRequestSchema,
    async ({ params }, { signal }) =>
      ((await script.call?.(params.name, params.arguments ?? {}, signal)) ?? {
        content: [],
      }) as CallToolResult,
  );
  return server;
}

/** Lets a server believe that it was asked for this version of the protocol, which it then takes. */
export function insistOn(version: string | undefined, transport: Transport): void {
  const { onmessage } = transport;
  if (version === undefined || onmessage === undefined) return;
  transport.onmessage = (message: JSONRPCMessage, extra) => {
    const asked = 'method' in message && message.method === 'initialize';
    onmessage(
      asked
        ? ({ ...message, params: { ...message.params, protocolVersion: version } } as typeof message)
        : message,
      extra,
    );
  };
}

async function readJson(request: IncomingMessage): Promise<unknown> {
  let text = '';
  for await (const piece of request) text += piece;
  return text === '' ? undefined : JSON.parse(text);
}

/** A tool with one parameter. */
export function echoTool(more: Readonly<Record<string, unknown>> = {}): Readonly<Record<string, unknown>> {
  return {
    name: 'echo',
    description: 'Says what it is told.',
    inputSchema: { type: 'object', properties: { text: { type: 'string' } }, required: ['text'] },
    ...more,
  };
}

/** An answer of one text. */
export function saying(text: string): unknown {
  return { content: [{ type: 'text', text }] };
}
