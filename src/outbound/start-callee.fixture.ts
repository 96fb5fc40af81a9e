import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { type AddressInfo, createServer as createRawServer, type Server, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { onTestFinished } from 'vitest';
import type { OutboundRule } from '../config/outbound-rule.ts';
import { parseOutboundRule } from '../config/parse-outbound-rule.ts';
import type { Outbound, OutboundOptions } from './outbound.ts';
import { testCertificate, testKey } from './tls.fixture.ts';

/** One request as a callee saw it. */
export interface Call {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly rawHeaders: readonly string[];
  readonly socket: Socket;
  readonly body: Promise<string>;
  /** Settles when the callee learns that its connection is gone. */
  readonly gone: Promise<void>;
}

/** A server that a test lets Parley call; gone when the test is over. */
export interface Callee {
  readonly port: number;
  readonly url: string;
  readonly calls: readonly Call[];
  /** Connections so far. */
  readonly sockets: readonly Socket[];
  nextCall(): Promise<Call>;
  nextSocket(): Promise<Socket>;
}

type Answer = (call: Call, response: ServerResponse) => unknown;
type Where = { readonly host?: string; readonly port?: number; readonly secure?: boolean };

export async function startCallee(answer: Answer = ok, where: Where = {}): Promise<Callee> {
  const calls = queue<Call>();
  const handle = (request: IncomingMessage, response: ServerResponse) => {
    const { method = '', url = '', headers, rawHeaders, socket } = request;
    const body = text(request);
    body.catch(() => {});
    const call = { method, path: url, headers, rawHeaders, socket, body, gone: gone(socket) };
    calls.add(call);
    answer(call, response);
  };
  const secure = { key: testKey, cert: testCertificate };
  const server = where.secure ? createSecureServer(secure, handle) : createServer(handle);
  // It is the caller who closes idle connections.
  server.keepAliveTimeout = 0;
  return { ...(await listen(server, where)), calls: calls.all, nextCall: calls.next };
}

/** A server that answers with whatever bytes it likes. */
export async function startRawCallee(
  onSocket: (socket: Socket) => void,
): Promise<Omit<Callee, 'calls' | 'nextCall'>> {
  return listen(createRawServer(onSocket), {});
}

async function listen(server: Server, where: Where) {
  const { host = '127.0.0.1', port: wanted = 0, secure = false } = where;
  const sockets = queue<Socket>();
  server.on('connection', (socket: Socket) => {
    socket.on('error', () => {});
    sockets.add(socket);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(wanted, host, resolve);
  });
  onTestFinished(async () => {
    for (const socket of sockets.all) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
  const { port } = server.address() as AddressInfo;
  const shown = host.includes(':') ? `[${host}]` : host;
  const url = `${secure ? 'https' : 'http'}://${shown}:${port}`;
  return { port, url, sockets: sockets.all, nextSocket: sockets.next };
}

/** Settles when the connection is closed, well or not. */
export function gone(socket: Socket): Promise<void> {
  return new Promise((resolve) => socket.once('close', () => resolve()));
}

function ok(_: Call, response: ServerResponse): void {
  response.end('ok');
}

function queue<T>() {
  const all: T[] = [];
  const waiting: ((value: T) => void)[] = [];
  let taken = 0;
  return {
    all,
    add(value: T) {
      all.push(value);
      const take = waiting.shift();
      if (take !== undefined) {
        taken++;
        take(value);
      }
    },
    async next(): Promise<T> {
      const value = all[taken];
      if (value === undefined) return new Promise((resolve) => waiting.push(resolve));
      taken++;
      return value;
    },
  };
}

export function rules(...texts: string[]): OutboundRule[] {
  return texts.map((text) => {
    const rule = parseOutboundRule(text);
    if (rule === undefined) throw new Error(`not a rule: ${text}`);
    return rule;
  });
}

/** Options of a request to 127.0.0.1; the time limits are longer than any test. */
export function asking(options: Partial<OutboundOptions> = {}): OutboundOptions {
  return {
    allow: rules('127.0.0.1'),
    timeouts: { connectMs: 60_000, readMs: 60_000, totalMs: 60_000 },
    maxBytes: 1_000_000,
    signal: new AbortController().signal,
    ...options,
  };
}

/** What a request was answered, as text. */
export async function ask(
  outbound: Outbound,
  url: string,
  options?: Partial<OutboundOptions>,
): Promise<string> {
  return (await outbound.request(url, asking(options))).body.toString();
}
