import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What a callee answers. Nothing: `ok`, as text. */
export interface CalleeReply {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON when it is neither text nor bytes. */
  readonly body?: unknown;
  /** Stays silent, before the headers or after the body that there is, until `request.release()` or the caller leaves. */
  readonly hold?: 'headers' | 'body';
}

export type CalleeScript = CalleeReply | ((request: CalleeRequest) => CalleeReply);

/** A request that a callee received. */
export interface CalleeRequest {
  readonly method: string;
  /** With its query. */
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  /** Milliseconds of `performance.now()` at which the caller left before the answer was whole; null: it has not. */
  readonly leftAt: number | null;
  /** Resolves with that time. */
  left(): Promise<number>;
  /** Lets a held answer go on. */
  release(): void;
}

/** A server that tools call: it answers as the test says, and remembers who came. */
export interface Callee {
  /** `http://127.0.0.1:<port>` */
  readonly url: string;
  readonly port: number;
  /** In order of arrival. */
  readonly requests: readonly CalleeRequest[];
  /** Connections accepted so far, with or without a request. */
  readonly connections: number;
  reply(script?: CalleeScript): void;
  /** The oldest request (that `predicate` accepts) not yet handed out by this function, or the next to come. */
  nextRequest(predicate?: (request: CalleeRequest) => boolean): Promise<CalleeRequest>;
  close(): Promise<void>;
}

/** @param host `::1` for a callee of IPv6 */
export async function startCallee(
  script: CalleeScript = {},
  { host = '127.0.0.1' }: { readonly host?: string } = {},
): Promise<Callee> {
  let current = script;
  let connections = 0;
  const requests: CalleeRequest[] = [];
  const handedOut = new Set<CalleeRequest>();
  const waiting: { accepts: (request: CalleeRequest) => boolean; give: (request: CalleeRequest) => void }[] =
    [];

  const server = createServer(async (message, response) => {
    let body = '';
    for await (const piece of message.setEncoding('utf8')) body += piece;
    const { method = '', url: path = '', headers } = message;
    const { request, released } = watched({ method, path, headers, body }, response);
    requests.push(request);
    const reply = typeof current === 'function' ? current(request) : current;
    const index = waiting.findIndex(({ accepts }) => accepts(request));
    if (index >= 0) {
      handedOut.add(request);
      waiting.splice(index, 1)[0]?.give(request);
    }
    await send(response, reply, released);
  });
  server.on('connection', () => connections++);
  server.listen(0, host);
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${port}`,
    port,
    requests,
    get connections() {
      return connections;
    },
    reply(next = {}) {
      current = next;
    },
    nextRequest(predicate = () => true) {
      const known = requests.find((request) => !handedOut.has(request) && predicate(request));
      if (known) {
        handedOut.add(known);
        return Promise.resolve(known);
      }
      return new Promise((give) => waiting.push({ accepts: predicate, give }));
    },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function watched(
  facts: Pick<CalleeRequest, 'method' | 'path' | 'headers' | 'body'>,
  response: ServerResponse,
): { readonly request: CalleeRequest; readonly released: Promise<void> } {
  const left = Promise.withResolvers<number>();
  const released = Promise.withResolvers<void>();
  let leftAt: number | null = null;
  response.on('close', () => {
    if (!response.writableFinished) {
      leftAt = performance.now();
      left.resolve(leftAt);
    }
    released.resolve();
  });
  const request: CalleeRequest = {
    ...facts,
    get leftAt() {
      return leftAt;
    },
    left: () => left.promise,
    release: () => released.resolve(),
  };
  return { request, released: released.promise };
}

async function send(
  response: ServerResponse,
  { status = 200, headers = {}, body = 'ok', hold }: CalleeReply,
  released: Promise<void>,
): Promise<void> {
  if (hold === 'headers') await released;
  if (response.destroyed) return;
  const plain = typeof body === 'string' || body instanceof Uint8Array;
  response.writeHead(status, { 'content-type': plain ? 'text/plain' : 'application/json', ...headers });
  response.write(plain ? body : JSON.stringify(body));
  if (hold === 'body') await released;
  response.end();
}
