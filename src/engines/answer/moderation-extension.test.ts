import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { app } from '../../../test/support/apps/read-app.fixture.ts';
import type { Models } from '../../models/models.ts';
import { moderateInput, moderateOutput } from './moderation.ts';
import { callExtension } from './moderation-extension.ts';

// Below the ten seconds after which a call gives up by itself.
vi.setConfig({ testTimeout: 5000 });

/** One call that the extension never answers in full. */
interface Call {
  readonly point: string;
  /** Resolves when its connection is closed before it was answered. */
  readonly closed: Promise<void>;
}

let server: Server;
let endpoint: string;
let body: string | null;
let next: PromiseWithResolvers<Call>;

beforeAll(async () => {
  server = createServer(async (request, response) => {
    const closed = new Promise<void>((resolve) => {
      response.once('close', () => response.writableFinished || resolve());
    });
    let text = '';
    for await (const chunk of request) text += chunk;
    // A whole answer or, for `null`, none; what begins with `…` is begun.
    if (body?.startsWith('…')) response.write(body.slice(1));
    else if (body !== null) response.end(body);
    next.resolve({ point: JSON.parse(text).point, closed });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
});
beforeEach(() => {
  next = Promise.withResolvers();
});
afterAll(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

const guarded = () =>
  app(
    'sensitive_word_avoidance: { enabled: true, type: api, config: { api_based_extension_id: guard, ' +
      'inputs_config: { enabled: true, preset_response: "" }, ' +
      'outputs_config: { enabled: true, preset_response: "" } } }',
    'chat',
    { apiExtensions: { guard: { endpoint, apiKey: 'k' } } },
  );
const models = {} as Models;
const checks: readonly [string, (signal: AbortSignal) => Promise<unknown>][] = [
  [
    'app.moderation.input',
    (signal) => moderateInput(models, guarded(), { query: 'q', inputs: {} }, { signal }),
  ],
  ['app.moderation.output', (signal) => moderateOutput(models, guarded(), 'answer', { signal })],
];

test.each(checks)(
  '%s: a stop ends a call that is not answered, at the extension too',
  async (point, check) => {
    body = null;
    const stop = new AbortController();
    const checking = check(stop.signal);
    const call = await next.promise;
    expect(call.point).toBe(point);
    const reason = new Error('stopped');
    stop.abort(reason);
    await expect(checking).rejects.toBe(reason);
    await call.closed;
  },
);

test('a stop ends a call whose answer has begun', async () => {
  body = '…{"flagged":';
  const stop = new AbortController();
  const checking = callExtension({ endpoint, apiKey: 'k' }, 'app.moderation.input', {}, stop);
  const call = await next.promise;
  const reason = new Error('stopped');
  stop.abort(reason);
  await expect(checking).rejects.toBe(reason);
  await call.closed;
});

test('after a stop the extension is not asked at all', async () => {
  body = '{"flagged":false}';
  const reason = new Error('stopped');
  const asking = callExtension(
    { endpoint, apiKey: 'k' },
    'app.moderation.input',
    {},
    { signal: AbortSignal.abort(reason) },
  );
  await expect(asking).rejects.toBe(reason);
  await callExtension({ endpoint, apiKey: 'k' }, 'app.moderation.output', {}, new AbortController());
  expect((await next.promise).point).toBe('app.moderation.output');
});

test.each(['no JSON', '{}', '{"flagged":"perhaps"}', '{"flagged":true,"action":"explode"}'])(
  '%s is no answer',
  async (answer) => {
    body = answer;
    await expect(
      callExtension({ endpoint, apiKey: 'k' }, 'app.moderation.input', {}, new AbortController()),
    ).rejects.toMatchObject({ code: 'completion_request_error', status: 400 });
  },
);
