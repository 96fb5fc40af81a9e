import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { MockRequest } from '../../../test/support/mock-provider/mock-request.ts';
import { askChatModel } from '../../../test/support/models/ask-chat-model.ts';
import {
  hello,
  type OpenaiChat,
  startOpenaiChat,
} from '../../../test/support/models/create-openai-chat-model.fixture.ts';

let openai: OpenaiChat;
beforeEach(async () => {
  openai = await startOpenaiChat();
  openai.provider.reply({ gate: true });
});
afterEach(() => openai.close());

const finish = { choices: [{ index: 0, delta: {}, finish_reason: 'length' }] };
const usage = { choices: [], usage: { prompt_tokens: 4, completion_tokens: 2 } };
const never = 600_000;

/** Asks, and answers with what `say` sends; the response stays open, with comments in it. */
async function start(
  limits: { readonly finishMs: number; readonly drainMs: number },
  say: (request: MockRequest) => void,
  signal?: AbortSignal,
) {
  const outcome = askChatModel(openai.impatient(limits), hello, signal);
  const request = await openai.provider.nextRequest();
  request.send('hi');
  say(request);
  const comments = setInterval(() => request.write(': keep-alive\n\n'), 5);
  void request.ended().then(() => clearInterval(comments));
  return { outcome, request };
}

describe('after [DONE]', () => {
  const say = (request: MockRequest) => {
    request.sendChunk(finish);
    request.sendChunk(usage);
    request.write('data: [DONE]\n\n');
  };

  test('a response that stays open is closed', async () => {
    const { outcome, request } = await start({ finishMs: never, drainMs: 50 }, say);
    expect((await outcome).result?.usage).toEqual({ promptTokens: 4, completionTokens: 2 });
    expect(request.wasAborted).toBe(false);
    await request.aborted();
  });

  test('the connection of a response that ends in time is used again', async () => {
    const ended = Promise.withResolvers<void>();
    const onEnd = () => ended.resolve();
    subscribe('undici:request:trailers', onEnd);
    try {
      const { outcome, request } = await start({ finishMs: never, drainMs: never }, say);
      await outcome;
      request.finish();
      await ended.promise;
      await nextTurn();
      openai.provider.reply({});
      expect((await askChatModel(openai.impatient(), hello)).error).toBeNull();
      expect(openai.provider.connections).toBe(1);
    } finally {
      unsubscribe('undici:request:trailers', onEnd);
    }
  });
});

describe('after a finish reason without [DONE]', () => {
  test('the answer ends, its connection is closed', async () => {
    const { outcome, request } = await start({ finishMs: 50, drainMs: never }, (r) => r.sendChunk(finish));
    expect(await outcome).toMatchObject({
      error: null,
      text: 'hi',
      result: { finishReason: 'length', usage: null },
    });
    await request.aborted();
    expect(openai.provider.requests).toHaveLength(1);
  });

  test('usage that follows is waited for', async () => {
    const { outcome, request } = await start({ finishMs: 300, drainMs: never }, async (r) => {
      r.sendChunk(finish);
      await nextTurn();
      r.sendChunk(usage);
    });
    expect((await outcome).result?.usage).toEqual({ promptTokens: 4, completionTokens: 2 });
    await request.aborted();
  });

  test('a stop still closes it', async () => {
    const controller = new AbortController();
    const say = (r: MockRequest) => r.sendChunk(finish);
    const { outcome, request } = await start({ finishMs: never, drainMs: never }, say, controller.signal);
    controller.abort('stop');
    expect((await outcome).error).toBe('stop');
    await request.aborted();
  });

  test('an event that was cut in two is no error', async () => {
    const { outcome } = await start({ finishMs: 50, drainMs: never }, (r) => {
      r.sendChunk(finish);
      r.write('data: {"usage":');
    });
    expect((await outcome).result?.finishReason).toBe('length');
  });
});

test.each([
  [
    { prompt_tokens: 10.5, completion_tokens: '3' },
    { promptTokens: 11, completionTokens: 3 },
  ],
  [
    { prompt_tokens: -1, completion_tokens: 2 ** 40 },
    { promptTokens: 0, completionTokens: 2 ** 31 - 1 },
  ],
  [{ prompt_tokens: 'NaN', completion_tokens: 3 }, null],
])('odd usage %o', async (odd, expected) => {
  openai.provider.reply({ usage: odd as { prompt_tokens: number; completion_tokens: number } });
  expect((await openai.ask()).result?.usage).toEqual(expected);
});
