/**
 * An OpenAI-compatible model in its own process. `mock-50x0` answers 50 tokens without delay, `mock-30x1000` thirty
 * with a second before each. Every token is one write of its own, in its own event-loop turn.
 *
 * `GET /control/aborts` answers, once, when clients went away before their answer was complete.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tokenText } from './apps.ts';
import { now } from './clock.ts';

interface ChatBody {
  readonly model: string;
  readonly stream?: boolean;
  readonly stream_options?: { readonly include_usage?: boolean };
}

export interface Abort {
  readonly model: string;
  readonly sent: number;
  readonly at: number;
}

let aborts: Abort[] = [];

const server = createServer((request, response) => {
  if (request.url === '/control/aborts') {
    json(response, 200, aborts);
    aborts = [];
  } else if (request.method === 'POST' && request.url === '/v1/chat/completions') {
    chat(request, response).catch((error: unknown) => {
      response.destroy(error instanceof Error ? error : undefined);
    });
  } else {
    json(response, 404, { error: { message: `no route ${request.method} ${request.url}` } });
  }
});

async function chat(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const body = JSON.parse(await text(request)) as ChatBody;
  const name = /^mock-(\d+)x(\d+)$/.exec(body.model);
  if (name === null) {
    json(response, 404, { error: { message: `no model ${body.model}`, code: 'model_not_found' } });
    return;
  }
  const count = Number(name[1]);
  const usage = { prompt_tokens: 20, completion_tokens: count, total_tokens: 20 + count };
  if (body.stream !== true) {
    const content = Array.from({ length: count }, (_, index) => tokenText(index)).join('');
    const choices = [{ index: 0, message: { role: 'assistant', content }, finish_reason: 'stop' }];
    json(response, 200, { ...head('chat.completion', body.model), choices, usage });
    return;
  }
  stream(response, body, count, Number(name[2]), usage);
}

function stream(response: ServerResponse, body: ChatBody, count: number, delay: number, usage: object): void {
  let sent = 0;
  let timer: NodeJS.Timeout | NodeJS.Immediate | undefined;
  const shared = head('chat.completion.chunk', body.model);
  const includeUsage = body.stream_options?.include_usage === true;
  const next = (): void => {
    timer = delay === 0 ? setImmediate(step) : setTimeout(step, delay);
  };
  const write = (choices: readonly object[], rest: object = includeUsage ? { usage: null } : {}): void => {
    response.write(`data: ${JSON.stringify({ ...shared, choices, ...rest })}\n\n`);
  };
  const step = (): void => {
    if (response.destroyed) return;
    if (sent < count) {
      const delta = sent === 0 ? { role: 'assistant', content: tokenText(0) } : { content: tokenText(sent) };
      sent += 1;
      write([{ index: 0, delta, finish_reason: null }]);
      next();
      return;
    }
    write([{ index: 0, delta: {}, finish_reason: 'stop' }]);
    if (includeUsage) write([], { usage });
    response.end('data: [DONE]\n\n');
  };
  response.on('close', () => {
    if (response.writableFinished) return;
    aborts.push({ model: body.model, sent, at: now() });
    if (delay === 0) clearImmediate(timer as NodeJS.Immediate);
    else clearTimeout(timer as NodeJS.Timeout);
  });
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' });
  next();
}

function head(object: string, model: string): object {
  return { id: 'chatcmpl-mock', object, created: 1700000000, model };
}

async function text(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  return Buffer.concat(parts).toString();
}

function json(response: ServerResponse, status: number, value: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(value));
}

process.on('SIGTERM', () => process.exit(0));
server.listen(0, '127.0.0.1', () => {
  console.log(`listening on http://127.0.0.1:${(server.address() as AddressInfo).port}`);
});
