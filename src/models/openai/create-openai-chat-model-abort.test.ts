import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  hello,
  type OpenaiChat,
  startOpenaiChat,
} from '../../../test/support/models/create-openai-chat-model.fixture.ts';

let openai: OpenaiChat;

beforeEach(async () => {
  openai = await startOpenaiChat();
});
afterEach(() => openai.close());

describe('abort', () => {
  test('closes the upstream connection and calls onDelta never again', async () => {
    openai.provider.reply({ gate: true });
    const controller = new AbortController();
    const reason = new Error('stopped by user');
    const texts: string[] = [];
    const first = Promise.withResolvers<void>();
    const done = openai.model().chat(
      hello,
      (delta) => {
        texts.push(delta.text);
        first.resolve();
      },
      { signal: controller.signal },
    );
    const request = await openai.provider.nextRequest();
    request.send('one');
    await first.promise;
    request.send('two');
    controller.abort(reason);
    await expect(done).rejects.toBe(reason);
    await request.aborted();
    expect(texts).toEqual(['one']);
    expect(openai.provider.requests).toHaveLength(1);
  });

  test('while waiting for headers', async () => {
    openai.provider.reply({ headersDelayMs: 60_000 });
    const controller = new AbortController();
    const done = openai.ask(hello, controller.signal);
    const request = await openai.provider.nextRequest();
    controller.abort();
    expect((await done).error).toBe(controller.signal.reason);
    await request.aborted();
  });

  test('while connecting: the request is never sent', async () => {
    const controller = new AbortController();
    const done = openai.ask(hello, controller.signal);
    await Promise.resolve();
    controller.abort('now');
    expect((await done).error).toBe('now');
    await sleep(50);
    expect(openai.provider.requests).toHaveLength(0);
  });

  test('a signal that is aborted already opens no connection', async () => {
    const { error } = await openai.ask(hello, AbortSignal.abort('early'));
    expect(error).toBe('early');
    await sleep(20);
    expect(openai.provider.connections).toBe(0);
  });

  test('while waiting for a retry', async () => {
    openai.provider.reply({ status: 503, headers: { 'retry-after': '4' } });
    const controller = new AbortController();
    const done = openai.ask(hello, controller.signal);
    await (await openai.provider.nextRequest()).ended();
    await sleep(20);
    controller.abort('enough');
    expect((await done).error).toBe('enough');
    expect(openai.provider.requests).toHaveLength(1);
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
    await openai.ask(hello, signal);
    expect(listeners).toBe(0);
  });
});
