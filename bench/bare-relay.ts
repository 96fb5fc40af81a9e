/**
 * The least that a Node server can do for a streamed chat: the Dify request in, the model's stream through undici,
 * the same Dify frames out. No storage, no validation, no accounting. It is the measure for Parley's own cost.
 *
 * `node bench/bare-relay.ts http://127.0.0.1:<model port>`
 */
import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { StringDecoder } from 'node:string_decoder';
import { type Dispatcher, Pool } from 'undici';
import { APPS } from './apps.ts';

interface Chunk {
  readonly choices: readonly { readonly delta: { readonly content?: string } }[];
}

const modelUrl = process.argv[2];
if (modelUrl === undefined) throw new Error('usage: node bench/bare-relay.ts MODEL_URL');
const models = new Map(APPS.map((app) => [`Bearer ${app.key}`, app.model]));
const upstream = new Pool(modelUrl, { bodyTimeout: 0, headersTimeout: 0 });
const running = new Map<string, () => void>();

const server = createServer((request, response) => {
  const parts: Buffer[] = [];
  request.on('data', (part: Buffer) => parts.push(part));
  request.on('end', () => {
    const [, version, resource, taskId, action] = (request.url ?? '').split('/');
    if (version === 'v1' && resource === 'chat-messages' && taskId === undefined) {
      relay(request, response, JSON.parse(Buffer.concat(parts).toString()) as { query: string });
    } else if (version === 'v1' && resource === 'chat-messages' && action === 'stop') {
      running.get(taskId ?? '')?.();
      response.writeHead(200, { 'content-type': 'application/json' }).end('{"result":"success"}');
    } else {
      response.writeHead(request.url === '/health' ? 200 : 404).end();
    }
  });
});

function relay(request: IncomingMessage, response: ServerResponse, body: { readonly query: string }): void {
  const taskId = randomUUID();
  const messageId = randomUUID();
  const ids = `"conversation_id":"${randomUUID()}","message_id":"${messageId}","created_at":${Math.floor(Date.now() / 1000)},"task_id":"${taskId}","id":"${messageId}"`;
  const decoder = new StringDecoder('utf8');
  let rest = '';
  let ended = false;
  let upstreamCall: Dispatcher.DispatchController | undefined;

  const end = (): void => {
    if (ended) return;
    ended = true;
    running.delete(taskId);
    response.end(`data: {"event":"message_end",${ids},"metadata":{}}\n\n`);
  };
  const cancel = (): void => {
    if (ended) return;
    upstreamCall?.abort(new Error('stopped'));
    end();
  };
  running.set(taskId, cancel);
  response.on('close', cancel);
  response.writeHead(200, {
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-cache',
  });

  const model = models.get(request.headers.authorization ?? '');
  const messages = [
    { role: 'system', content: 'You answer in numbered words.' },
    { role: 'user', content: body.query },
  ];
  upstream.dispatch(
    {
      method: 'POST',
      path: '/v1/chat/completions',
      headers: { 'content-type': 'application/json', authorization: 'Bearer x' },
      body: JSON.stringify({ model, messages, stream: true, stream_options: { include_usage: true } }),
    },
    {
      onRequestStart(controller) {
        upstreamCall = controller;
      },
      onResponseData(_controller, chunk) {
        const lines = (rest + decoder.write(chunk)).split('\n');
        rest = lines.pop() ?? '';
        let out = '';
        for (const line of lines) {
          if (!line.startsWith('data: {')) continue;
          const token = (JSON.parse(line.slice(6)) as Chunk).choices[0]?.delta.content;
          if (token) out += `data: {"event":"message",${ids},"answer":${JSON.stringify(token)}}\n\n`;
        }
        if (out !== '' && !ended) response.write(out);
      },
      onResponseEnd: end,
      onResponseError: end,
    },
  );
}

process.on('SIGTERM', () => process.exit(0));
server.listen(0, '127.0.0.1', () => {
  console.log(`listening on http://127.0.0.1:${(server.address() as AddressInfo).port}`);
});
