import { connect, type Socket } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { type Home, makeHome } from '../crash/serve.ts';
import { chatApp } from '../support/parley/apps.ts';
import { startParley } from '../support/parley/start-parley.ts';

/** Well beyond what the server gives its last requests, well below Node's own timeouts of a minute and more. */
const A_FEW_SECONDS_MS = 8000;

const sockets: Socket[] = [];
let home: Home | null = null;

afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await home?.remove();
  home = null;
});

/** What a client may leave unsaid, by name. */
const halves = (key: string): Readonly<Record<string, string>> => {
  const post = (path: string, type: string) =>
    `POST /v1${path} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${key}\r\ncontent-type: ${type}\r\ncontent-length: 1000\r\n\r\n`;
  return {
    'a connection without a word': '',
    'half a header': 'POST /v1/chat-messages HTTP/1.1\r\nhost: x\r\nauthor',
    'half a JSON body': `${post('/chat-messages', 'application/json')}{"inputs":{},"query":"ha`,
    'half an upload':
      post('/files/upload', 'multipart/form-data; boundary=b') +
      '--b\r\ncontent-disposition: form-data; name="file"; filename="a.png"\r\ncontent-type: image/png\r\n\r\nha',
  };
};
const kinds = Object.keys(halves(''));

/** A client that begins a request and leaves it there. Resolves when the server has it; `closed` when it is dropped. */
async function leaveHalf(url: string, text: string): Promise<{ readonly closed: Promise<void> }> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  sockets.push(socket);
  socket.on('error', () => {});
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  socket.resume();
  await new Promise<void>((resolve) => socket.once('connect', resolve));
  if (text !== '') await new Promise<void>((resolve) => socket.write(text, () => resolve()));
  // Whole requests on later connections: the server has come round to what lay before them.
  for (let n = 0; n < 3; n++) {
    await (await fetch(`${url}/health`, { headers: { connection: 'close' } })).text();
  }
  return { closed };
}

async function inTime(end: Promise<unknown>): Promise<number> {
  const began = performance.now();
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new Error('it did not end')), A_FEW_SECONDS_MS);
  await Promise.race([end, late.promise]).finally(() => clearTimeout(timer));
  return performance.now() - began;
}

test.concurrent.each(kinds)('%s does not keep a server from closing', async (kind) => {
  const parley = await startParley({ apps: { chat: chatApp() } });
  const { closed } = await leaveHalf(parley.url, halves(parley.key('chat'))[kind] as string);
  await inTime(parley.close());
  await closed;
});

test('all of them together do not keep the process from ending well', async () => {
  home = await makeHome({ apps: { chat: chatApp() }, provider: 'http://127.0.0.1:9/v1' });
  const server = await home.serve();
  const texts = Object.values(halves(home.key));
  const clients = await Promise.all(texts.map((text) => leaveHalf(server.url, text)));
  const code = server.end();
  await inTime(code);
  expect(await code).toBe(0);
  await Promise.all(clients.map(({ closed }) => closed));
});
