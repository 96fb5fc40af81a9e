import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  type MockProvider,
  startMockProvider,
} from '../../../test/support/mock-provider/start-mock-provider.ts';
import type { ProviderConfig } from '../../config/config.ts';
import { ParleyError } from '../../errors.ts';
import type { ChatDelta, ChatModel, ChatRequest } from '../chat-model.ts';
import { createModels } from '../create-models.ts';
import type { Models } from '../models.ts';
import { UpstreamError } from '../upstream-error.ts';

let provider: MockProvider;
let models: Models;

beforeEach(async () => {
  provider = await startMockProvider();
  models = modelsFor({});
});
afterEach(async () => {
  await models.close();
  await provider.close();
});

function modelsFor(options: Record<string, unknown>, baseUrl = provider.baseUrl): Models {
  const config: ProviderConfig = {
    name: 'mine',
    type: 'openai-compatible',
    apiKey: 'sk-secret-key-123',
    baseUrl,
    models: [],
    options,
  };
  return createModels({ providers: [config], defaultModel: null }, { warn() {} });
}

function model(): ChatModel {
  return models.chat({ provider: 'mine', name: 'm1' });
}

const hello: ChatRequest = { messages: [{ role: 'user', content: 'Hi' }], params: {} };

async function ask(request: ChatRequest = hello, signal: AbortSignal = new AbortController().signal) {
  const deltas: ChatDelta[] = [];
  const outcome = await model()
    .chat(request, (delta) => deltas.push(delta), { signal })
    .then(
      (result) => ({ result, error: null as unknown }),
      (error: unknown) => ({ result: null, error }),
    );
  return { ...outcome, deltas, text: deltas.map((d) => (d.kind === 'text' ? d.text : '')).join('') };
}

function failure(error: unknown): { code: string; status: number; message: string } {
  expect(error).toBeInstanceOf(ParleyError);
  const { code, status, message } = error as ParleyError;
  return { code, status, message };
}

describe('streaming', () => {
  test('passes every piece on and reports finish and usage', async () => {
    provider.reply({ tokens: ['a', 'b', 'c'], usage: { prompt_tokens: 7, completion_tokens: 3 } });
    const { deltas, result } = await ask();
    expect(deltas).toEqual([
      { kind: 'text', text: 'a' },
      { kind: 'text', text: 'b' },
      { kind: 'text', text: 'c' },
    ]);
    expect(result).toEqual({ finishReason: 'stop', usage: { promptTokens: 7, completionTokens: 3 } });
  });

  test('pieces arrive as they are sent', async () => {
    provider.reply({ gate: true });
    const texts: string[] = [];
    let arrived = Promise.withResolvers<void>();
    const done = model().chat(
      hello,
      (delta) => {
        texts.push(delta.text);
        arrived.resolve();
      },
      { signal: new AbortController().signal },
    );
    const request = await provider.nextRequest();
    for (const token of ['one', 'two', 'three']) {
      arrived = Promise.withResolvers();
      request.send(token);
      await arrived.promise;
      expect(texts.at(-1)).toBe(token);
    }
    request.finish();
    expect((await done).usage).toEqual({ promptTokens: 10, completionTokens: 3 });
  });

  test('characters split over network chunks survive', async () => {
    const chunk = { choices: [{ index: 0, delta: { content: '你好 🦜 é' }, finish_reason: 'stop' }] };
    const bytes = Buffer.from(`data: ${JSON.stringify(chunk)}\n\ndata: [DONE]\n\n`);
    provider.reply({ raw: [...bytes].map((byte) => Buffer.from([byte])) });
    expect((await ask()).text).toBe('你好 🦜 é');
  });

  test('CRLF, comments, unknown fields and empty events are skipped', async () => {
    const event = JSON.stringify({ choices: [{ delta: { content: 'x' }, finish_reason: 'stop' }] });
    provider.reply({
      raw: [': PROCESSING\r\n\r\n', 'hello there\r\n', 'data:\r\n\r\n', `data:${event}\r\n\r\n`],
    });
    expect((await ask()).text).toBe('x');
  });

  test('reasoning is told apart from text', async () => {
    provider.reply({ reasoning: ['think', 'ing'], tokens: ['ok'] });
    expect((await ask()).deltas).toEqual([
      { kind: 'reasoning', text: 'think' },
      { kind: 'reasoning', text: 'ing' },
      { kind: 'text', text: 'ok' },
    ]);
  });

  test('usage null when the provider reports none', async () => {
    provider.reply({ usage: null });
    expect((await ask()).result?.usage).toBeNull();
  });

  test.each([
    ['length', 'length'],
    ['content_filter', 'content_filter'],
    ['tool_calls', 'other'],
  ] as const)('finish reason %s', async (finishReason, expected) => {
    provider.reply({ finishReason });
    expect((await ask()).result?.finishReason).toBe(expected);
  });

  test('a finish reason without [DONE] completes the answer', async () => {
    provider.reply({ done: false });
    const { result, text } = await ask();
    expect(text).toBe('Hello from the mock provider.');
    expect(result?.finishReason).toBe('stop');
  });

  test('[DONE] without a finish reason completes the answer', async () => {
    provider.reply({ finishReason: null });
    expect((await ask()).result?.finishReason).toBe('stop');
  });

  test('a last event without its blank line is read', async () => {
    const event = JSON.stringify({ choices: [{ delta: { content: 'x' }, finish_reason: 'stop' }] });
    provider.reply({ raw: [`data: ${event}`] });
    expect((await ask()).text).toBe('x');
  });

  test('a whole JSON answer to a streaming request is accepted', async () => {
    provider.reply({ whole: true, tokens: ['whole', ' answer'], reasoning: ['why'] });
    const { deltas, result } = await ask();
    expect(deltas).toEqual([
      { kind: 'reasoning', text: 'why' },
      { kind: 'text', text: 'whole answer' },
    ]);
    expect(result).toEqual({ finishReason: 'stop', usage: { promptTokens: 10, completionTokens: 2 } });
  });

  test('connections are kept, and concurrent streams do not queue', async () => {
    for (let i = 0; i < 5; i++) await ask();
    expect(provider.connections).toBeLessThanOrEqual(2);
    provider.reply({ hold: 1 });
    const running = Array.from({ length: 50 }, () => ask());
    const requests = await Promise.all(
      Array.from({ length: 50 }, () => provider.nextRequest((r) => !r.isOver)),
    );
    for (const request of requests) request.release();
    const outcomes = await Promise.all(running);
    expect(outcomes.every((outcome) => outcome.error === null)).toBe(true);
    expect(provider.connections).toBeLessThanOrEqual(51);
  });

  test('an error thrown by onDelta rejects as it is and closes the connection', async () => {
    provider.reply({ hold: 1 });
    const broken = new Error('caller');
    const done = model().chat(
      hello,
      () => {
        throw broken;
      },
      { signal: new AbortController().signal },
    );
    await expect(done).rejects.toBe(broken);
    await (await provider.nextRequest()).aborted();
    expect(provider.requests).toHaveLength(1);
  });
});

describe('abort', () => {
  test('closes the upstream connection and calls onDelta never again', async () => {
    provider.reply({ gate: true });
    const controller = new AbortController();
    const reason = new Error('stopped by user');
    const texts: string[] = [];
    const first = Promise.withResolvers<void>();
    const done = model().chat(
      hello,
      (delta) => {
        texts.push(delta.text);
        first.resolve();
      },
      { signal: controller.signal },
    );
    const request = await provider.nextRequest();
    request.send('one');
    await first.promise;
    request.send('two');
    controller.abort(reason);
    await expect(done).rejects.toBe(reason);
    await request.aborted();
    expect(texts).toEqual(['one']);
    expect(provider.requests).toHaveLength(1);
  });

  test('while waiting for headers', async () => {
    provider.reply({ headersDelayMs: 60_000 });
    const controller = new AbortController();
    const done = ask(hello, controller.signal);
    const request = await provider.nextRequest();
    controller.abort();
    expect((await done).error).toBe(controller.signal.reason);
    await request.aborted();
  });

  test('while connecting: the request is never sent', async () => {
    const controller = new AbortController();
    const done = ask(hello, controller.signal);
    await Promise.resolve();
    controller.abort('now');
    expect((await done).error).toBe('now');
    await sleep(50);
    expect(provider.requests).toHaveLength(0);
  });

  test('a signal that is aborted already opens no connection', async () => {
    const { error } = await ask(hello, AbortSignal.abort('early'));
    expect(error).toBe('early');
    await sleep(20);
    expect(provider.connections).toBe(0);
  });

  test('while waiting for a retry', async () => {
    provider.reply({ status: 503, headers: { 'retry-after': '4' } });
    const controller = new AbortController();
    const done = ask(hello, controller.signal);
    await (await provider.nextRequest()).ended();
    await sleep(20);
    controller.abort('enough');
    expect((await done).error).toBe('enough');
    expect(provider.requests).toHaveLength(1);
  });

  test('leaves no listener behind', async () => {
    const controller = new AbortController();
    let listeners = 0;
    const signal = controller.signal;
    const add = signal.addEventListener.bind(signal);
    const remove = signal.removeEventListener.bind(signal);
    signal.addEventListener = ((...args: Parameters<typeof add>) => {
      listeners++;
      add(...args);
    }) as typeof add;
    signal.removeEventListener = ((...args: Parameters<typeof remove>) => {
      listeners--;
      remove(...args);
    }) as typeof remove;
    await ask(hello, signal);
    expect(listeners).toBe(0);
  });
});

describe('retries', () => {
  test.each([429, 500, 502, 503, 504])('HTTP %i is tried again before the first piece', async (status) => {
    provider.reply(() => (provider.requests.length === 1 ? { status } : { tokens: ['fine'] }));
    expect((await ask()).text).toBe('fine');
    expect(provider.requests).toHaveLength(2);
  });

  test('twice at most', async () => {
    provider.reply({ status: 503, headers: { 'retry-after': '0' } });
    const { error } = await ask();
    expect(failure(error)).toEqual({
      code: 'completion_request_error',
      status: 400,
      message: 'mock error 503',
    });
    expect(provider.requests).toHaveLength(3);
  });

  test('not when the provider asks for a long pause', async () => {
    provider.reply({ status: 429, headers: { 'retry-after': '60' } });
    await ask();
    expect(provider.requests).toHaveLength(1);
  });

  test.each([400, 401, 404])('not after HTTP %i', async (status) => {
    provider.reply({ status });
    await ask();
    expect(provider.requests).toHaveLength(1);
  });

  test('not after the first piece', async () => {
    provider.reply({ tokens: ['a', 'b'], cutAfter: 1 });
    const { error, text } = await ask();
    expect(text).toBe('a');
    expect(failure(error).code).toBe('completion_request_error');
    expect(provider.requests).toHaveLength(1);
  });

  test('a connection lost before any answer', async () => {
    provider.reply((request) => {
      if (provider.requests.length === 1) request.cut();
      return { tokens: ['second'] };
    });
    expect((await ask()).text).toBe('second');
  });

  test('an unreachable provider', async () => {
    await models.close();
    models = modelsFor({}, 'http://127.0.0.1:1/v1');
    expect(failure((await ask()).error)).toEqual({
      code: 'completion_request_error',
      status: 400,
      message: 'Cannot connect to the model provider (ECONNREFUSED).',
    });
  });
});

describe('errors', () => {
  const cases: [string, Parameters<MockProvider['reply']>[0], string, string | RegExp][] = [
    [
      '401',
      { status: 401, error: { message: 'bad sk-secret-key-123' } },
      'completion_request_error',
      'Incorrect API key provided',
    ],
    ['403', { status: 403 }, 'completion_request_error', 'Incorrect API key provided'],
    [
      '402',
      { status: 402, error: { message: 'Insufficient Balance' } },
      'provider_quota_exceeded',
      'Insufficient Balance',
    ],
    [
      'insufficient_quota',
      { status: 429, error: { message: 'You exceeded your current quota', code: 'insufficient_quota' } },
      'provider_quota_exceeded',
      'You exceeded your current quota',
    ],
    [
      'rate limit',
      { status: 429, error: { message: 'Rate limit reached for m1' }, headers: { 'retry-after': '30' } },
      'completion_request_error',
      'Rate limit reached for m1',
    ],
    [
      'unknown model',
      { status: 404, error: { message: 'The model `m1` does not exist', code: 'model_not_found' } },
      'completion_request_error',
      'The model `m1` does not exist',
    ],
    ['plain text', { status: 400, error: 'no good' }, 'completion_request_error', 'no good'],
    [
      'a proxy’s page',
      { status: 413, error: '<html>too large</html>' },
      'completion_request_error',
      'The model provider answered with HTTP status 413.',
    ],
    [
      'inside the stream',
      { error: { message: 'Engine died', code: 400 } },
      'completion_request_error',
      'Engine died',
    ],
    ['inside the stream as text', { error: 'Engine died' }, 'completion_request_error', 'Engine died'],
    [
      'without data:',
      { malformed: '{"error":{"message":"raw line"}}\n\n' },
      'completion_request_error',
      'raw line',
    ],
    [
      'malformed',
      { malformed: true },
      'completion_request_error',
      'The model provider sent an event that is not JSON.',
    ],
    [
      'clean end without finish',
      { finishReason: null, done: false },
      'completion_request_error',
      'The model provider ended its answer before it was complete.',
    ],
    [
      'cut',
      { cutAfter: 2 },
      'completion_request_error',
      'The model provider closed the connection before the answer was complete.',
    ],
    [
      'web page with status 200',
      { headers: { 'content-type': 'text/html' } },
      'completion_request_error',
      'The model provider sent a web page: its base URL may be wrong.',
    ],
    [
      'JSON that is none',
      { headers: { 'content-type': 'application/json' }, raw: ['{"a'] },
      'completion_request_error',
      'The model provider sent an answer that is not JSON.',
    ],
    [
      'error with status 200',
      {
        headers: { 'content-type': 'application/json' },
        raw: ['{"error":{"message":"no credit","code":402}}'],
      },
      'provider_quota_exceeded',
      'no credit',
    ],
  ];
  test.each(cases)('%s', async (_, reply, code, message) => {
    provider.reply(reply);
    const { error } = await ask();
    expect(failure(error)).toEqual({ code, status: 400, message });
    expect((error as ParleyError).cause).toBeInstanceOf(UpstreamError);
  });

  test('messages hold neither key nor credentials of a URL', async () => {
    provider.reply({
      status: 400,
      error: { message: 'key sk-secret-key-123 at https://u:p4ss@host/x?api_key=abc&b=1 Bearer abc.def' },
    });
    const { error } = await ask();
    expect(failure(error).message).toBe('key *** at https://***@host/x?api_key=***&b=1 Bearer ***');
    expect(String((error as ParleyError).cause)).not.toContain('secret-key');
  });

  test('silence before the headers', async () => {
    await models.close();
    models = modelsFor({ headers_timeout_ms: 100 });
    provider.reply({ headersDelayMs: 60_000 });
    expect(failure((await ask()).error).message).toBe('The model provider did not answer within 0.1 s.');
    expect(provider.requests).toHaveLength(1);
  });

  test('silence inside the body', async () => {
    await models.close();
    models = modelsFor({ body_timeout_ms: 100 });
    provider.reply({ hold: 1 });
    const { error, text } = await ask();
    expect(text).toBe('Hello');
    expect(failure(error).message).toBe('The model provider sent nothing for 0.1 s.');
  });
});

describe('request', () => {
  async function sent(request: Partial<ChatRequest>): Promise<Record<string, unknown>> {
    await ask({ ...hello, ...request });
    return (await provider.nextRequest()).body as Record<string, unknown>;
  }

  test('names, key and stream options', async () => {
    const body = await sent({});
    expect(body).toEqual({
      model: 'm1',
      messages: [{ role: 'user', content: 'Hi' }],
      stream: true,
      stream_options: { include_usage: true },
    });
    const { headers, path } = provider.requests[0] ?? {};
    expect(path).toBe('/v1/chat/completions');
    expect(headers?.authorization).toBe('Bearer sk-secret-key-123');
  });

  test('parameters go by name, those without value and reserved ones do not', async () => {
    const body = await sent({
      params: {
        temperature: 0.2,
        top_p: 1,
        max_tokens: 5,
        seed: null,
        stream: false,
        n: 3,
        model: 'x',
        stop: ['A'],
      },
      stop: ['B', 'A', ''],
    });
    expect(body).toMatchObject({ model: 'm1', temperature: 0.2, top_p: 1, max_tokens: 5, stream: true });
    expect(body).toMatchObject({ stop: ['B', 'A'] });
    expect(body).not.toHaveProperty('seed');
    expect(body).not.toHaveProperty('n');
  });

  test('response formats', async () => {
    expect((await sent({ params: { response_format: 'json_object' } })).response_format).toEqual({
      type: 'json_object',
    });
    const schema = { type: 'object', properties: { a: { type: 'string' } } };
    const params = {
      response_format: 'json_schema',
      json_schema: JSON.stringify({ name: 'n', schema, strict: true }),
    };
    const body = await sent({ params });
    expect(body.response_format).toEqual({
      type: 'json_schema',
      json_schema: { name: 'n', schema, strict: true },
    });
    expect(body).not.toHaveProperty('json_schema');
  });

  test('a schema that is not JSON is the caller’s error', async () => {
    const { error } = await ask({ ...hello, params: { response_format: 'json_schema', json_schema: '{' } });
    expect(failure(error).code).toBe('invalid_param');
    expect(provider.requests).toHaveLength(0);
  });

  test('files', async () => {
    const read = async () => new Uint8Array([1, 2, 3]);
    const file = { filename: 'f', source: { read } };
    const body = await sent({
      messages: [
        { role: 'system', content: 'S' },
        {
          role: 'user',
          content: [
            { kind: 'text', text: 'look' },
            { kind: 'image', mimeType: 'image/png', detail: 'high', ...file },
            { kind: 'image', mimeType: 'image/png', filename: 'f', source: { url: 'https://a/b.png' } },
            { kind: 'audio', mimeType: 'audio/mpeg', ...file },
            { kind: 'video', mimeType: 'video/mp4', ...file },
            { kind: 'document', mimeType: 'application/pdf', ...file },
          ],
        },
      ],
    });
    expect(body.messages).toEqual([
      { role: 'system', content: 'S' },
      {
        role: 'user',
        content: [
          { type: 'text', text: 'look' },
          { type: 'image_url', image_url: { url: 'data:image/png;base64,AQID', detail: 'high' } },
          { type: 'image_url', image_url: { url: 'https://a/b.png' } },
          { type: 'input_audio', input_audio: { data: 'AQID', format: 'mp3' } },
          { type: 'video_url', video_url: { url: 'data:video/mp4;base64,AQID' } },
          { type: 'file', file: { filename: 'f', file_data: 'data:application/pdf;base64,AQID' } },
        ],
      },
    ]);
  });
});
