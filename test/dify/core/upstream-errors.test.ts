import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Store } from '../../../src/store/open-store.ts';
import { defaultTokens, type MockReply } from '../../support/mock-provider/mock-reply.ts';
import { type MockProvider, startMockProvider } from '../../support/mock-provider/start-mock-provider.ts';
import { chatApp, completionApp } from '../../support/parley/apps.ts';
import { openTestStore } from '../../support/parley/open-test-store.ts';
import { startParley, type TestParley } from '../../support/parley/start-parley.ts';
import { readStream, sendChat, sendCompletion, textOf, type Wire } from '../../support/parley/turns.ts';

let provider: MockProvider;
let parley: TestParley;
let store: Store;

beforeAll(async () => {
  provider = await startMockProvider();
  const elsewhere = { provider: 'anthropic', name: 'claude-x', mode: 'chat', completion_params: {} };
  const patient = { provider: 'openai', name: 'patient', mode: 'chat', completion_params: {} };
  parley = await startParley({
    apps: {
      chat: chatApp(),
      completion: completionApp(),
      unconfigured: chatApp({ model: elsewhere }),
      impatient: chatApp({ model: { ...patient, provider: 'openai_api_compatible' } }),
      refused: chatApp({ model: { ...patient, provider: 'nowhere' } }),
    },
    config: {
      providers: {
        openai: { api_key: 'sk-test', base_url: provider.baseUrl },
        openai_api_compatible: {
          type: 'openai-compatible',
          base_url: provider.baseUrl,
          headers_timeout_ms: 300,
          body_timeout_ms: 300,
        },
        // Port 1 of the loopback refuses connections.
        nowhere: { type: 'openai-compatible', base_url: 'http://127.0.0.1:1/v1' },
      },
    },
  });
  store = await openTestStore(parley);
});
afterAll(async () => {
  await store.destroy();
  await parley.close();
  await provider.close();
});

interface Failure {
  readonly reply: MockReply;
  readonly code: string;
  readonly message: string | RegExp;
  readonly app?: string;
}

const now = { 'retry-after': '0' };
const failures: Readonly<Record<string, Failure>> = {
  'a bad key': {
    reply: {
      status: 401,
      error: { message: 'Incorrect API key provided: sk-t***est', code: 'invalid_api_key' },
    },
    code: 'completion_request_error',
    message: 'Incorrect API key provided',
  },
  'an exhausted quota': {
    reply: { status: 429, error: { message: 'You exceeded your current quota', code: 'insufficient_quota' } },
    code: 'provider_quota_exceeded',
    message: 'You exceeded your current quota',
  },
  'a rate limit': {
    reply: {
      status: 429,
      error: { message: 'Rate limit reached', code: 'rate_limit_exceeded' },
      headers: now,
    },
    code: 'completion_request_error',
    message: 'Rate limit reached',
  },
  'a model that is not there': {
    reply: { status: 404, error: { message: 'The model `x` does not exist', code: 'model_not_found' } },
    code: 'completion_request_error',
    message: 'The model `x` does not exist',
  },
  'a context that is too long': {
    reply: {
      status: 400,
      error: { message: "This model's maximum context length is 8 tokens.", code: 'context_length_exceeded' },
    },
    code: 'completion_request_error',
    message: "This model's maximum context length is 8 tokens.",
  },
  'an overloaded provider': {
    reply: { status: 503, error: 'upstream connect error', headers: now },
    code: 'completion_request_error',
    message: 'upstream connect error',
  },
  'a page of a proxy': {
    reply: { status: 502, error: '<html><h1>Bad gateway</h1></html>', headers: now },
    code: 'completion_request_error',
    message: /status 502/,
  },
  'a connection cut before the first token': {
    reply: { cutAfter: 0 },
    code: 'completion_request_error',
    message: /closed the connection/,
  },
  'a stream that is not JSON': {
    reply: { tokens: [], malformed: true },
    code: 'completion_request_error',
    message: /not JSON/,
  },
  'an error as an event of the stream': {
    reply: { tokens: [], error: { message: 'The server had an error', type: 'server_error' } },
    code: 'completion_request_error',
    message: 'The server had an error',
  },
  'silence before the headers': {
    reply: { headersDelayMs: 60_000 },
    code: 'completion_request_error',
    message: /did not answer within/,
    app: 'impatient',
  },
  'silence within the answer': {
    reply: { tokens: ['a'], hold: 1 },
    code: 'completion_request_error',
    message: /sent nothing for/,
    app: 'impatient',
  },
  'no connection': {
    reply: {},
    code: 'completion_request_error',
    message: /Cannot connect/,
    app: 'refused',
  },
};

describe.each(Object.entries(failures))('%s', (_, { reply, code, message, app = 'chat' }) => {
  test('in a stream is an error event with code and status, without task_id, and the end of the body', async () => {
    provider.reply(reply);
    const events = await (
      await readStream(await sendChat(parley, { response_mode: 'streaming' }, app))
    ).readAll();
    const error = events.at(-1) as Wire;
    expect(error).toMatchObject({ event: 'error', code, status: 400 });
    expect(error.message).toEqual(typeof message === 'string' ? message : expect.stringMatching(message));
    expect(error).not.toHaveProperty('task_id');
    expect(events.some((event) => event.event === 'message_end')).toBe(false);
    const row = await store
      .selectFrom('messages')
      .innerJoin('runs', 'runs.id', 'messages.run_id')
      .select(['messages.status', 'messages.error', 'messages.answer', 'runs.status as run'])
      .where('messages.id', '=', error.message_id)
      .executeTakeFirstOrThrow();
    expect(row).toEqual({ status: 'error', error: error.message, answer: textOf(events), run: 'failed' });
  });

  test('in a blocking request is HTTP 400 with the same words', async () => {
    provider.reply(reply);
    const response = await sendChat(parley, {}, app);
    expect(response.status).toBe(400);
    const body = (await response.json()) as Record<string, unknown>;
    expect(body).toEqual({ code, message: expect.anything(), status: 400 });
    expect(body.message).toEqual(typeof message === 'string' ? message : expect.stringMatching(message));
  });
});

test('a connection cut in the middle: what was said is sent and kept, then the error event', async () => {
  provider.reply({ cutAfter: 3 });
  const before = provider.requests.length;
  const response = await sendCompletion(parley, { response_mode: 'streaming' });
  const events = await (await readStream(response)).readAll();
  const said = defaultTokens.slice(0, 3).join('');
  expect(textOf(events)).toBe(said);
  expect(events.at(-1)).toMatchObject({ event: 'error', code: 'completion_request_error', status: 400 });
  const row = await store
    .selectFrom('messages')
    .selectAll()
    .where('id', '=', String(events.at(-1)?.message_id))
    .executeTakeFirstOrThrow();
  expect(row).toMatchObject({ answer: said, status: 'error' });
  expect(provider.requests.length, 'no retry once text was sent').toBe(before + 1);
});

test('a failure that passes is retried before the first token, and the client never knows', async () => {
  let attempts = 0;
  provider.reply(() =>
    ++attempts < 3 ? { status: 503, error: 'busy', headers: now } : { tokens: ['fine'] },
  );
  const events = await (await readStream(await sendChat(parley, { response_mode: 'streaming' }))).readAll();
  expect(textOf(events)).toBe('fine');
  expect(events.at(-1)?.event).toBe('message_end');
});

test('an app without a configured provider is refused before the stream', async () => {
  const response = await sendChat(parley, { response_mode: 'streaming' }, 'unconfigured');
  expect(response.status).toBe(400);
  expect(await response.json()).toEqual({
    code: 'provider_not_initialize',
    message:
      'No valid model provider credentials found. Please go to Settings -> Model Provider to complete your provider credentials.',
    status: 400,
  });
});
