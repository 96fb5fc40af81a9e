import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { MockReply } from './mock-reply.ts';
import { MockRequest } from './mock-request.ts';
import { sendChat } from './send-chat.ts';
import { sendSpeech } from './send-speech.ts';

export type MockScript = MockReply | ((request: MockRequest) => MockReply | Promise<MockReply>);

/** A model provider for tests that speaks OpenAI's protocol on 127.0.0.1, scripted and observed by the test. */
export interface MockProvider {
  /** `http://127.0.0.1:<port>/v1` */
  readonly baseUrl: string;
  /** Every request so far, in order of arrival. */
  readonly requests: readonly MockRequest[];
  /** TCP connections accepted so far. */
  readonly connections: number;
  /** How requests are answered from now on; nothing: the default sentence. */
  reply(script?: MockScript): void;
  /** The oldest request (that `predicate` accepts) not yet handed out by this function, or the next to come. */
  nextRequest(predicate?: (request: MockRequest) => boolean): Promise<MockRequest>;
  close(): Promise<void>;
}

/**
 * @example
 * const provider = await startMockProvider({ reply: { tokens: ['a', 'b'], hold: 1 } });
 * const request = await provider.nextRequest();
 * request.release();
 * await request.ended();
 */
export async function startMockProvider(
  options: { readonly reply?: MockScript } = {},
): Promise<MockProvider> {
  let script: MockScript = options.reply ?? {};
  let connections = 0;
  const requests: MockRequest[] = [];
  const handedOut = new Set<MockRequest>();
  const waiting: { accepts: (request: MockRequest) => boolean; give: (request: MockRequest) => void }[] = [];

  const server = createServer((message, response) => {
    handle(message, response).catch(() => response.destroy());
  });
  server.on('connection', (socket) => {
    connections++;
    socket.setNoDelay(true);
  });

  async function handle(message: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of message) chunks.push(chunk as Buffer);
    const request = new MockRequest(message, response, Buffer.concat(chunks));
    requests.push(request);
    const reply = typeof script === 'function' ? script(request) : script;
    announce(request);
    await answer(request, response, await reply);
  }

  function announce(request: MockRequest): void {
    const index = waiting.findIndex(({ accepts }) => accepts(request));
    if (index < 0) return;
    handedOut.add(request);
    waiting.splice(index, 1)[0]?.give(request);
  }

  server.listen(0, '127.0.0.1');
  await new Promise<void>((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;

  return {
    baseUrl: `http://127.0.0.1:${port}/v1`,
    requests,
    get connections() {
      return connections;
    },
    reply(next = {}) {
      script = next;
    },
    nextRequest(predicate = () => true) {
      const known = requests.find((request) => !handedOut.has(request) && predicate(request));
      if (known) {
        handedOut.add(known);
        return Promise.resolve(known);
      }
      return new Promise((give) => waiting.push({ accepts: predicate, give }));
    },
    close() {
      return new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
    },
  };
}

async function answer(request: MockRequest, response: ServerResponse, reply: MockReply): Promise<void> {
  if (reply.headersDelayMs) await sleep(reply.headersDelayMs);
  if (request.isOver) return;
  if (reply.status !== undefined && reply.status !== 200) {
    const json = typeof reply.error !== 'string';
    const type = json ? 'application/json' : 'text/plain';
    response.writeHead(reply.status, { 'content-type': type, ...reply.headers });
    const error = reply.error ?? { message: `mock error ${reply.status}`, type: 'mock_error' };
    response.end(json ? JSON.stringify({ error }) : String(error));
    return;
  }
  switch (request.path.replace(/\?.*$/, '')) {
    case '/v1/chat/completions':
    case '/v1/completions':
      return sendChat(request, response, reply);
    case '/v1/audio/transcriptions':
      if (reply.hold) await request.released();
      return sendJson(response, {
        text: reply.text ?? 'mock transcription',
        language: 'english',
        duration: 1,
      });
    case '/v1/audio/speech':
      if (reply.hold) await request.released();
      return sendSpeech(request, response);
    case '/v1/moderations':
      if (reply.hold) await request.released();
      return sendJson(response, moderate(request.body?.input));
    case '/v1/models':
      return sendJson(response, { object: 'list', data: [{ id: 'mock-model', object: 'model' }] });
    default:
      response.writeHead(404, { 'content-type': 'application/json' });
      response.end(
        JSON.stringify({ error: { message: `no such path: ${request.path}`, code: 'not_found' } }),
      );
  }
}

function sendJson(response: ServerResponse, body: unknown): void {
  if (response.destroyed) return;
  response.writeHead(200, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}

/** Flags whatever contains the word "violence". */
function moderate(input: unknown): unknown {
  const flagged = JSON.stringify(input ?? '').includes('violence');
  const result = {
    flagged,
    categories: { violence: flagged },
    category_scores: { violence: flagged ? 0.9 : 0 },
  };
  return { id: 'modr-mock', model: 'omni-moderation-latest', results: [result] };
}
