import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { Socket } from 'node:net';
import { expect, test } from 'vitest';
import { startMockProvider } from '../../test/support/mock-provider/start-mock-provider.ts';
import { createModels } from './create-models.ts';

test.each([
  ['openai-compatible', {}],
  ['azure', { resource_name: 'r' }],
] as const)('%s: the socket is destroyed when abort() returns', async (type, options) => {
  const sockets: Socket[] = [];
  const onConnected = (message: unknown) => sockets.push((message as { socket: Socket }).socket);
  subscribe('undici:client:connected', onConnected);
  const mock = await startMockProvider({ reply: { hold: 1 } });
  const provider = { name: 'p', type, apiKey: 'secret-key-1', baseUrl: mock.baseUrl, models: [], options };
  const models = createModels({ providers: [provider], defaultModel: null }, { warn() {} });
  try {
    const controller = new AbortController();
    const first = Promise.withResolvers<void>();
    const done = models
      .chat({ provider: 'p', name: 'm' })
      .chat({ messages: [{ role: 'user', content: 'x' }], params: {} }, () => first.resolve(), {
        signal: controller.signal,
      });
    await first.promise;
    expect(sockets.map((socket) => socket.destroyed)).toEqual([false]);
    controller.abort('stop');
    expect(sockets.map((socket) => socket.destroyed)).toEqual([true]);
    await expect(done).rejects.toBe('stop');
  } finally {
    unsubscribe('undici:client:connected', onConnected);
    await models.close();
    await mock.close();
  }
});
