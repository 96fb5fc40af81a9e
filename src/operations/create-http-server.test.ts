import { once } from 'node:events';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { pino } from 'pino';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { loadConfig } from '../config/load-config.ts';
import { createHttpServer, type HttpTimeouts } from './create-http-server.ts';
import { createMetrics } from './metrics.ts';

const config = loadConfig({ argv: [], env: {}, cwd: import.meta.dirname });
const create = (timeouts?: HttpTimeouts) =>
  createHttpServer(config, pino({ level: 'silent' }), createMetrics(), timeouts ? { timeouts } : {});

let http: ReturnType<typeof create>;
const sockets: Socket[] = [];

beforeEach(async () => {
  http = create({ requestMs: 100, headersMs: 50, checkEveryMs: 10 });
  http.post('/', async ({ body }) => body);
  http.get('/slow', async (_request, reply) => {
    reply.hijack();
    reply.raw.writeHead(200).write('beginning');
  });
  await http.listen({ host: '127.0.0.1', port: 0 });
});
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  http.server.closeAllConnections();
  await http.close();
});

async function send(text: string): Promise<{ readonly socket: Socket; read(): string }> {
  const socket = connect((http.server.address() as AddressInfo).port, '127.0.0.1');
  sockets.push(socket);
  let received = '';
  socket.setEncoding('utf8').on('data', (chunk) => {
    received += chunk;
  });
  await once(socket, 'connect');
  socket.write(text);
  return { socket, read: () => received };
}

test('a request that never ends holds its socket only so long', async () => {
  const half =
    'POST / HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: 99\r\n\r\n{"a":';
  const ends = [half, 'POST / HTTP/1.1\r\nhost: a\r\n', ''].map(async (text) => {
    const { socket, read } = await send(text);
    await once(socket, 'close');
    return read();
  });
  for (const answer of await Promise.all(ends)) expect(answer).toMatch(/^HTTP\/1\.1 408 /);
});

test('an answer may take longer than its request', async () => {
  const slow = await send('GET /slow HTTP/1.1\r\nhost: a\r\n\r\n');
  // Sent at the same time and never finished: by the time it is given up, the answer has taken as long.
  const half = await send('POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 9\r\n\r\n');
  await once(half.socket, 'close');
  expect(slow.socket.closed).toBe(false);
  expect(slow.read()).toContain('beginning');
});

test('an upload over a slow link has time; headers and idle connections have less', () => {
  const { server } = create();
  expect(server.requestTimeout).toBe(600_000);
  expect(server.headersTimeout).toBe(60_000);
  // Longer than the minute after which proxies give up an idle connection: they must be first.
  expect(server.keepAliveTimeout).toBe(72_000);
});
