import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { ProviderConfig } from '../../config/config.ts';
import type { ChatDelta, ChatModel, ChatRequest } from '../chat-model.ts';
import { createModels } from '../create-models.ts';

/** A small server whose answer each test writes in the protocol of its provider. */
let server: Server;
let calls: {
  body: Record<string, unknown>;
  message: IncomingMessage;
  response: ServerResponse;
  closed: Promise<unknown>;
}[];
let answer: (response: ServerResponse, call: number) => void;

beforeEach(async () => {
  calls = [];
  server = createServer(async (message, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of message) chunks.push(chunk as Buffer);
    const body = JSON.parse(Buffer.concat(chunks).toString()) as Record<string, unknown>;
    calls.push({ body, message, response, closed: once(response, 'close') });
    answer(response, calls.length);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
});
afterEach(() => {
  server.closeAllConnections();
  server.close();
});

function model(type: ProviderConfig['type'], options: Record<string, unknown> = {}): ChatModel {
  const { port } = server.address() as AddressInfo;
  const baseUrl = `http://127.0.0.1:${port}`;
  const provider = { name: 'p', type, apiKey: 'secret-key-1', baseUrl, models: [], options };
  return createModels({ providers: [provider], defaultModel: null }, { warn() {} }).chat({
    provider: 'p',
    name: 'm1',
  });
}

const hello: ChatRequest = {
  messages: [
    { role: 'system', content: 'Be kind' },
    { role: 'user', content: 'Hi' },
  ],
  params: { temperature: 0.3, max_tokens: 50, top_p: null },
  stop: ['END'],
};

async function ask(
  type: ProviderConfig['type'],
  request = hello,
  signal = new AbortController().signal,
  options: Record<string, unknown> = {},
) {
  const deltas: ChatDelta[] = [];
  const outcome = await model(type, options)
    .chat(request, (delta) => deltas.push(delta), { signal })
    .then(
      (result) => ({ result, error: null as unknown }),
      (error: unknown) => ({ result: null, error }),
    );
  return { ...outcome, deltas };
}

function events(response: ServerResponse, ...list: { type?: string; [key: string]: unknown }[]): void {
  if (!response.headersSent) response.writeHead(200, { 'content-type': 'text/event-stream' });
  for (const event of list) {
    response.write(`${event.type ? `event: ${event.type}\n` : ''}data: ${JSON.stringify(event)}\n\n`);
  }
}

const start = {
  type: 'message_start',
  message: {
    id: 'm',
    type: 'message',
    role: 'assistant',
    model: 'm1',
    content: [],
    stop_reason: null,
    usage: { input_tokens: 9, output_tokens: 1 },
  },
};
const piece = (text: string) => ({
  type: 'content_block_delta',
  index: 1,
  delta: { type: 'text_delta', text },
});
const open = (index: number, content_block: object) => ({
  type: 'content_block_start',
  index,
  content_block,
});

describe('anthropic', () => {
  test('streams text and reasoning, reports usage', async () => {
    answer = (response) => {
      events(
        response,
        start,
        open(0, { type: 'thinking', thinking: '' }),
        { type: 'content_block_delta', index: 0, delta: { type: 'thinking_delta', thinking: 'hmm' } },
        { type: 'content_block_stop', index: 0 },
        open(1, { type: 'text', text: '' }),
        piece('Good'),
        piece(' day'),
        { type: 'content_block_stop', index: 1 },
        { type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: { output_tokens: 4 } },
        { type: 'message_stop' },
      );
      response.end();
    };
    const { deltas, result, error } = await ask('anthropic');
    expect(error).toBeNull();
    expect(deltas).toEqual([
      { kind: 'reasoning', text: 'hmm' },
      { kind: 'text', text: 'Good' },
      { kind: 'text', text: ' day' },
    ]);
    expect(result).toEqual({ finishReason: 'stop', usage: { promptTokens: 9, completionTokens: 4 } });
    expect(calls[0]?.message.url).toBe('/v1/messages');
    expect(calls[0]?.message.headers['x-api-key']).toBe('secret-key-1');
    expect(calls[0]?.body).toMatchObject({
      model: 'm1',
      stream: true,
      temperature: 0.3,
      max_tokens: 50,
      stop_sequences: ['END'],
      system: [{ type: 'text', text: 'Be kind' }],
      messages: [{ role: 'user', content: [{ type: 'text', text: 'Hi' }] }],
    });
  });

  test('thinking and images', async () => {
    answer = (response) => response.writeHead(400, { 'content-type': 'application/json' }).end('{}');
    const read = async () => new Uint8Array([1, 2, 3]);
    const image = { kind: 'image', mimeType: 'image/png', filename: 'f.png', source: { read } } as const;
    await ask('anthropic', {
      messages: [{ role: 'user', content: [{ kind: 'text', text: 'see' }, image] }],
      params: { thinking: true, thinking_budget: 2048, max_tokens: 100 },
    });
    expect(calls[0]?.body).toMatchObject({
      thinking: { type: 'enabled', budget_tokens: 2048 },
      messages: [
        { content: [{ text: 'see' }, { source: { type: 'base64', media_type: 'image/png', data: 'AQID' } }] },
      ],
    });
  });

  test('abort closes the connection; no piece comes after it', async () => {
    answer = (response) => events(response, start, open(1, { type: 'text', text: '' }), piece('one'));
    const controller = new AbortController();
    const reason = new Error('stopped');
    const texts: string[] = [];
    const first = Promise.withResolvers<void>();
    const done = model('anthropic').chat(
      hello,
      (delta) => {
        texts.push(delta.text);
        first.resolve();
      },
      { signal: controller.signal },
    );
    await first.promise;
    const call = calls[0];
    if (call) events(call.response, piece('two'));
    controller.abort(reason);
    await expect(done).rejects.toBe(reason);
    await call?.closed;
    expect(texts).toEqual(['one']);
    expect(calls).toHaveLength(1);
  });

  test('an aborted signal asks nobody', async () => {
    expect((await ask('anthropic', hello, AbortSignal.abort('early'))).error).toBe('early');
    expect(calls).toHaveLength(0);
  });

  test('errors', async () => {
    const refuse = (status: number, type: string, message: string) => {
      answer = (response) => {
        response.writeHead(status, { 'content-type': 'application/json' });
        response.end(JSON.stringify({ type: 'error', error: { type, message } }));
      };
    };
    refuse(401, 'authentication_error', 'invalid x-api-key secret-key-1');
    expect((await ask('anthropic')).error).toMatchObject({
      code: 'completion_request_error',
      status: 400,
      message: 'Incorrect API key provided',
    });
    refuse(404, 'not_found_error', 'model: m1');
    expect((await ask('anthropic')).error).toMatchObject({
      code: 'completion_request_error',
      message: 'model: m1',
    });
    expect(calls).toHaveLength(2);
  });

  test('an overloaded provider is asked again', async () => {
    answer = (response, call) => {
      if (call === 1) {
        response.writeHead(529, { 'content-type': 'application/json' });
        response.end(
          JSON.stringify({ type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } }),
        );
        return;
      }
      events(response, start, open(1, { type: 'text', text: '' }), piece('ok'));
      events(response, {
        type: 'message_delta',
        delta: { stop_reason: 'end_turn' },
        usage: { output_tokens: 1 },
      });
      events(response, { type: 'message_stop' });
      response.end();
    };
    expect((await ask('anthropic')).deltas).toEqual([{ kind: 'text', text: 'ok' }]);
    expect(calls).toHaveLength(2);
  });

  test('an error inside the stream, and a stream that is cut, are not tried again', async () => {
    answer = (response) => {
      events(response, start, open(1, { type: 'text', text: '' }), piece('ok'));
      events(response, { type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } });
      response.end();
    };
    expect((await ask('anthropic')).error).toMatchObject({
      code: 'completion_request_error',
      message: 'Overloaded',
    });
    answer = (response) => {
      events(response, start, open(1, { type: 'text', text: '' }), piece('ok'));
      setTimeout(() => response.destroy(), 20);
    };
    const cut = await ask('anthropic');
    expect(cut.deltas).toHaveLength(1);
    expect(cut.error).toMatchObject({
      code: 'completion_request_error',
      message: 'The model provider closed the connection before the answer was complete.',
    });
    answer = (response) => {
      events(response, start, open(1, { type: 'text', text: '' }), piece('ok'));
      response.end();
    };
    expect((await ask('anthropic')).error).toMatchObject({
      message: 'The model provider ended its answer before it was complete.',
    });
    expect(calls).toHaveLength(3);
  });

  test('an error thrown by onDelta rejects as it is', async () => {
    answer = (response) => events(response, start, open(1, { type: 'text', text: '' }), piece('one'));
    const broken = new Error('caller');
    const done = model('anthropic').chat(
      hello,
      () => {
        throw broken;
      },
      { signal: new AbortController().signal },
    );
    await expect(done).rejects.toBe(broken);
    await calls[0]?.closed;
  });
});

describe('google', () => {
  const chunk = (text: string, more: object = {}) => ({
    candidates: [{ content: { role: 'model', parts: [{ text }] }, ...more }],
    usageMetadata: { promptTokenCount: 5, candidatesTokenCount: 2, totalTokenCount: 7 },
  });

  test('streams, reports usage, passes parameters on', async () => {
    answer = (response) => {
      events(response, chunk('Guten'), chunk(' Tag', { finishReason: 'STOP' }));
      response.end();
    };
    const { deltas, result, error } = await ask('google', {
      ...hello,
      params: { temperature: 0.3, max_tokens: 50, response_format: 'json_object', thinking_budget: 10 },
    });
    expect(error).toBeNull();
    expect(deltas.map((d) => d.text)).toEqual(['Guten', ' Tag']);
    expect(result).toEqual({ finishReason: 'stop', usage: { promptTokens: 5, completionTokens: 2 } });
    expect(calls[0]?.message.url).toContain('/v1beta/models/m1:streamGenerateContent');
    expect(calls[0]?.body).toMatchObject({
      generationConfig: {
        temperature: 0.3,
        maxOutputTokens: 50,
        stopSequences: ['END'],
        responseMimeType: 'application/json',
        thinkingConfig: { thinkingBudget: 10 },
      },
    });
  });

  test('abort and errors', async () => {
    answer = (response) => events(response, chunk('one'));
    const controller = new AbortController();
    const first = Promise.withResolvers<void>();
    const done = model('google').chat(hello, () => first.resolve(), { signal: controller.signal });
    await first.promise;
    controller.abort('stop');
    await expect(done).rejects.toBe('stop');
    await calls[0]?.closed;

    answer = (response) => {
      response.writeHead(429, { 'content-type': 'application/json', 'retry-after': '60' });
      response.end(
        JSON.stringify({ error: { code: 429, message: 'Resource exhausted', status: 'RESOURCE_EXHAUSTED' } }),
      );
    };
    expect((await ask('google')).error).toMatchObject({
      code: 'completion_request_error',
      message: 'Resource exhausted',
    });
  });
});

describe('azure', () => {
  test('deployment URLs for dated API versions', async () => {
    answer = (response) => {
      events(response, { choices: [{ index: 0, delta: { content: 'hi' }, finish_reason: 'stop' }] });
      response.end('data: [DONE]\n\n');
    };
    const deltas: string[] = [];
    await model('azure', { api_version: '2024-10-21' }).chat(hello, (d) => deltas.push(d.text), {
      signal: new AbortController().signal,
    });
    expect(deltas).toEqual(['hi']);
    expect(calls[0]?.message.url).toBe('/deployments/m1/chat/completions?api-version=2024-10-21');
    expect(calls[0]?.message.headers['api-key']).toBe('secret-key-1');
  });
});

describe('bedrock', () => {
  test('errors, with a key of its own', async () => {
    answer = (response) => {
      response.writeHead(404, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ message: 'no such model' }));
    };
    expect((await ask('bedrock', hello, undefined, { region: 'eu-west-1' })).error).toMatchObject({
      code: 'completion_request_error',
      message: 'no such model',
    });
    expect(calls[0]?.message.url).toBe('/model/m1/converse-stream');
    expect(calls[0]?.message.headers.authorization).toBe('Bearer secret-key-1');
    expect(calls[0]?.body).toMatchObject({ inferenceConfig: { temperature: 0.3, maxTokens: 50 } });
  });
});

test('an unreachable provider', async () => {
  server.closeAllConnections();
  const p = model('anthropic');
  server.close();
  await once(server, 'close');
  const done = p.chat(hello, () => {}, { signal: new AbortController().signal });
  await expect(done).rejects.toMatchObject({
    code: 'completion_request_error',
    message: 'Cannot connect to the model provider (ECONNREFUSED).',
  });
});
