import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  failure,
  hello,
  type OpenaiChat,
  startOpenaiChat,
} from '../../../test/support/models/create-openai-chat-model.fixture.ts';
import type { ChatRequest } from '../chat-model.ts';

let openai: OpenaiChat;

beforeEach(async () => {
  openai = await startOpenaiChat();
});
afterEach(() => openai.close());

describe('streaming', () => {
  test('passes every piece on and reports finish and usage', async () => {
    openai.provider.reply({ tokens: ['a', 'b', 'c'], usage: { prompt_tokens: 7, completion_tokens: 3 } });
    const { deltas, result } = await openai.ask();
    expect(deltas).toEqual([
      { kind: 'text', text: 'a' },
      { kind: 'text', text: 'b' },
      { kind: 'text', text: 'c' },
    ]);
    expect(result).toEqual({
      finishReason: 'stop',
      usage: { promptTokens: 7, completionTokens: 3 },
      toolCalls: [],
    });
  });

  test('pieces arrive as they are sent', async () => {
    openai.provider.reply({ gate: true });
    const texts: string[] = [];
    let arrived = Promise.withResolvers<void>();
    const done = openai.model().chat(
      hello,
      (delta) => {
        texts.push(delta.text);
        arrived.resolve();
      },
      { signal: new AbortController().signal },
    );
    const request = await openai.provider.nextRequest();
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
    openai.provider.reply({ raw: [...bytes].map((byte) => Buffer.from([byte])) });
    expect((await openai.ask()).text).toBe('你好 🦜 é');
  });

  test('CRLF, comments, unknown fields and empty events are skipped', async () => {
    const event = JSON.stringify({ choices: [{ delta: { content: 'x' }, finish_reason: 'stop' }] });
    openai.provider.reply({
      raw: [': PROCESSING\r\n\r\n', 'hello there\r\n', 'data:\r\n\r\n', `data:${event}\r\n\r\n`],
    });
    expect((await openai.ask()).text).toBe('x');
  });

  test('reasoning is told apart from text', async () => {
    openai.provider.reply({ reasoning: ['think', 'ing'], tokens: ['ok'] });
    expect((await openai.ask()).deltas).toEqual([
      { kind: 'reasoning', text: 'think' },
      { kind: 'reasoning', text: 'ing' },
      { kind: 'text', text: 'ok' },
    ]);
  });

  test('usage null when the provider reports none', async () => {
    openai.provider.reply({ usage: null });
    expect((await openai.ask()).result?.usage).toBeNull();
  });

  test.each([
    ['length', 'length'],
    ['content_filter', 'content_filter'],
    ['tool_calls', 'other'],
  ] as const)('finish reason %s', async (finishReason, expected) => {
    openai.provider.reply({ finishReason });
    expect((await openai.ask()).result?.finishReason).toBe(expected);
  });

  test('a finish reason without [DONE] completes the answer', async () => {
    openai.provider.reply({ done: false });
    const { result, text } = await openai.ask();
    expect(text).toBe('Hello from the mock provider.');
    expect(result?.finishReason).toBe('stop');
  });

  test('[DONE] without a finish reason completes the answer', async () => {
    openai.provider.reply({ finishReason: null });
    expect((await openai.ask()).result?.finishReason).toBe('stop');
  });

  test('a last event without its blank line is read', async () => {
    const event = JSON.stringify({ choices: [{ delta: { content: 'x' }, finish_reason: 'stop' }] });
    openai.provider.reply({ raw: [`data: ${event}`] });
    expect((await openai.ask()).text).toBe('x');
  });

  test('a whole JSON answer to a streaming request is accepted', async () => {
    openai.provider.reply({ whole: true, tokens: ['whole', ' answer'], reasoning: ['why'] });
    const { deltas, result } = await openai.ask();
    expect(deltas).toEqual([
      { kind: 'reasoning', text: 'why' },
      { kind: 'text', text: 'whole answer' },
    ]);
    expect(result).toEqual({
      finishReason: 'stop',
      usage: { promptTokens: 10, completionTokens: 2 },
      toolCalls: [],
    });
  });

  test('connections are kept, and concurrent streams do not queue', async () => {
    for (let i = 0; i < 5; i++) await openai.ask();
    expect(openai.provider.connections).toBeLessThanOrEqual(2);
    openai.provider.reply({ hold: 1 });
    const running = Array.from({ length: 50 }, () => openai.ask());
    const requests = await Promise.all(
      Array.from({ length: 50 }, () => openai.provider.nextRequest((r) => !r.isOver)),
    );
    for (const request of requests) request.release();
    const outcomes = await Promise.all(running);
    expect(outcomes.every((outcome) => outcome.error === null)).toBe(true);
    expect(openai.provider.connections).toBeLessThanOrEqual(51);
  });

  test('an error thrown by onDelta rejects as it is and closes the connection', async () => {
    openai.provider.reply({ hold: 1 });
    const broken = new Error('caller');
    const done = openai.model().chat(
      hello,
      () => {
        throw broken;
      },
      { signal: new AbortController().signal },
    );
    await expect(done).rejects.toBe(broken);
    await (await openai.provider.nextRequest()).aborted();
    expect(openai.provider.requests).toHaveLength(1);
  });
});

describe('request', () => {
  async function sent(request: Partial<ChatRequest>): Promise<Record<string, unknown>> {
    await openai.ask({ ...hello, ...request });
    return (await openai.provider.nextRequest()).body as Record<string, unknown>;
  }

  test('names, key and stream options', async () => {
    const body = await sent({});
    expect(body).toEqual({
      model: 'm1',
      messages: [{ role: 'user', content: 'Hi' }],
      stream: true,
      stream_options: { include_usage: true },
    });
    const { headers, path } = openai.provider.requests[0] ?? {};
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
    const { error } = await openai.ask({
      ...hello,
      params: { response_format: 'json_schema', json_schema: '{' },
    });
    expect(failure(error).code).toBe('invalid_param');
    expect(openai.provider.requests).toHaveLength(0);
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

  test.each([
    ['document', 'application/pdf', 'documents'],
    ['audio', 'audio/mpeg', 'audio'],
    ['video', 'video/mp4', 'videos'],
  ] as const)('a %s named by its URL is refused before anything is sent', async (kind, mimeType, noun) => {
    const part = { kind, mimeType, filename: 'a.bin', source: { url: 'http://10.0.0.1/a.bin' } };
    const { error } = await openai.ask({ ...hello, messages: [{ role: 'user', content: [part] }] });
    expect(failure(error)).toEqual({
      code: 'invalid_param',
      status: 400,
      message: `a.bin: this model takes ${noun} by content; upload the file instead of naming its URL`,
    });
    expect(openai.provider.requests).toHaveLength(0);
  });
});
