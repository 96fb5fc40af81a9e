import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  events,
  hello,
  type ScriptedProvider,
  startScriptedProvider,
} from '../../../test/support/models/create-ai-sdk-chat-model.fixture.ts';

let provider: ScriptedProvider;

beforeEach(async () => {
  provider = await startScriptedProvider();
});
afterEach(() => provider.close());

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
    provider.answer = (response) => {
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
    const { deltas, result, error } = await provider.ask('anthropic');
    expect(error).toBeNull();
    expect(deltas).toEqual([
      { kind: 'reasoning', text: 'hmm' },
      { kind: 'text', text: 'Good' },
      { kind: 'text', text: ' day' },
    ]);
    expect(result).toEqual({
      finishReason: 'stop',
      usage: { promptTokens: 9, completionTokens: 4 },
      toolCalls: [],
    });
    expect(provider.calls[0]?.message.url).toBe('/v1/messages');
    expect(provider.calls[0]?.message.headers['x-api-key']).toBe('secret-key-1');
    expect(provider.calls[0]?.body).toMatchObject({
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
    provider.answer = (response) => response.writeHead(400, { 'content-type': 'application/json' }).end('{}');
    const read = async () => new Uint8Array([1, 2, 3]);
    const image = { kind: 'image', mimeType: 'image/png', filename: 'f.png', source: { read } } as const;
    await provider.ask('anthropic', {
      messages: [{ role: 'user', content: [{ kind: 'text', text: 'see' }, image] }],
      params: { thinking: true, thinking_budget: 2048, max_tokens: 100 },
    });
    expect(provider.calls[0]?.body).toMatchObject({
      thinking: { type: 'enabled', budget_tokens: 2048 },
      messages: [
        { content: [{ text: 'see' }, { source: { type: 'base64', media_type: 'image/png', data: 'AQID' } }] },
      ],
    });
  });

  test('abort closes the connection; no piece comes after it', async () => {
    provider.answer = (response) =>
      events(response, start, open(1, { type: 'text', text: '' }), piece('one'));
    const controller = new AbortController();
    const reason = new Error('stopped');
    const texts: string[] = [];
    const first = Promise.withResolvers<void>();
    const done = provider.model('anthropic').chat(
      hello,
      (delta) => {
        texts.push(delta.text);
        first.resolve();
      },
      { signal: controller.signal },
    );
    await first.promise;
    const call = provider.calls[0];
    if (call) events(call.response, piece('two'));
    controller.abort(reason);
    await expect(done).rejects.toBe(reason);
    await call?.closed;
    expect(texts).toEqual(['one']);
    expect(provider.calls).toHaveLength(1);
  });

  test('an aborted signal asks nobody', async () => {
    expect((await provider.ask('anthropic', hello, AbortSignal.abort('early'))).error).toBe('early');
    expect(provider.calls).toHaveLength(0);
  });

  test('errors', async () => {
    const refuse = (status: number, type: string, message: string) => {
      provider.answer = (response) => {
        response.writeHead(status, { 'content-type': 'application/json' });
        response.end(JSON.stringify({ type: 'error', error: { type, message } }));
      };
    };
    refuse(401, 'authentication_error', 'invalid x-api-key secret-key-1');
    expect((await provider.ask('anthropic')).error).toMatchObject({
      code: 'completion_request_error',
      status: 400,
      message: 'Incorrect API key provided',
    });
    refuse(404, 'not_found_error', 'model: m1');
    expect((await provider.ask('anthropic')).error).toMatchObject({
      code: 'completion_request_error',
      message: 'model: m1',
    });
    expect(provider.calls).toHaveLength(2);
  });

  test('an overloaded provider is asked again', async () => {
    provider.answer = (response, call) => {
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
    expect((await provider.ask('anthropic')).deltas).toEqual([{ kind: 'text', text: 'ok' }]);
    expect(provider.calls).toHaveLength(2);
  });

  test('an error inside the stream, and a stream that is cut, are not tried again', async () => {
    provider.answer = (response) => {
      events(response, start, open(1, { type: 'text', text: '' }), piece('ok'));
      events(response, { type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } });
      response.end();
    };
    expect((await provider.ask('anthropic')).error).toMatchObject({
      code: 'completion_request_error',
      message: 'Overloaded',
    });
    provider.answer = (response) => {
      events(response, start, open(1, { type: 'text', text: '' }), piece('ok'));
      setTimeout(() => response.destroy(), 20);
    };
    const cut = await provider.ask('anthropic');
    expect(cut.deltas).toHaveLength(1);
    expect(cut.error).toMatchObject({
      code: 'completion_request_error',
      message: 'The model provider closed the connection before the answer was complete.',
    });
    provider.answer = (response) => {
      events(response, start, open(1, { type: 'text', text: '' }), piece('ok'));
      response.end();
    };
    expect((await provider.ask('anthropic')).error).toMatchObject({
      message: 'The model provider ended its answer before it was complete.',
    });
    expect(provider.calls).toHaveLength(3);
  });

  test('an error thrown by onDelta rejects as it is', async () => {
    provider.answer = (response) =>
      events(response, start, open(1, { type: 'text', text: '' }), piece('one'));
    const broken = new Error('caller');
    const done = provider.model('anthropic').chat(
      hello,
      () => {
        throw broken;
      },
      { signal: new AbortController().signal },
    );
    await expect(done).rejects.toBe(broken);
    await provider.calls[0]?.closed;
  });
});

test('an unreachable provider', async () => {
  const p = provider.model('anthropic');
  await provider.close();
  const done = p.chat(hello, () => {}, { signal: new AbortController().signal });
  await expect(done).rejects.toMatchObject({
    code: 'completion_request_error',
    message: 'Cannot connect to the model provider (ECONNREFUSED).',
  });
});
