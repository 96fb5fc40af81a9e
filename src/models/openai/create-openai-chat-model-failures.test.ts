import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { MockProvider } from '../../../test/support/mock-provider/start-mock-provider.ts';
import {
  failure,
  type OpenaiChat,
  startOpenaiChat,
} from '../../../test/support/models/create-openai-chat-model.fixture.ts';
import type { ParleyError } from '../../errors.ts';
import { UpstreamError } from '../upstream-error.ts';

let openai: OpenaiChat;

beforeEach(async () => {
  openai = await startOpenaiChat();
});
afterEach(() => openai.close());

describe('retries', () => {
  test.each([429, 500, 502, 503, 504])('HTTP %i is tried again before the first piece', async (status) => {
    openai.provider.reply(() => (openai.provider.requests.length === 1 ? { status } : { tokens: ['fine'] }));
    expect((await openai.ask()).text).toBe('fine');
    expect(openai.provider.requests).toHaveLength(2);
  });

  test('twice at most', async () => {
    openai.provider.reply({ status: 503, headers: { 'retry-after': '0' } });
    const { error } = await openai.ask();
    expect(failure(error)).toEqual({
      code: 'completion_request_error',
      status: 400,
      message: 'mock error 503',
    });
    expect(openai.provider.requests).toHaveLength(3);
  });

  test('not when the provider asks for a long pause', async () => {
    openai.provider.reply({ status: 429, headers: { 'retry-after': '60' } });
    await openai.ask();
    expect(openai.provider.requests).toHaveLength(1);
  });

  test.each([400, 401, 404])('not after HTTP %i', async (status) => {
    openai.provider.reply({ status });
    await openai.ask();
    expect(openai.provider.requests).toHaveLength(1);
  });

  test('not after the first piece', async () => {
    openai.provider.reply({ tokens: ['a', 'b'], cutAfter: 1 });
    const { error, text } = await openai.ask();
    expect(text).toBe('a');
    expect(failure(error).code).toBe('completion_request_error');
    expect(openai.provider.requests).toHaveLength(1);
  });

  test('a connection lost before any answer', async () => {
    openai.provider.reply((request) => {
      if (openai.provider.requests.length === 1) request.cut();
      return { tokens: ['second'] };
    });
    expect((await openai.ask()).text).toBe('second');
  });

  test('an unreachable provider', async () => {
    await openai.configure({}, 'http://127.0.0.1:1/v1');
    expect(failure((await openai.ask()).error)).toEqual({
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
    [
      '403',
      {
        status: 403,
        error: { message: 'Country, region, or territory not supported', code: 'unsupported_country' },
      },
      'completion_request_error',
      'Country, region, or territory not supported',
    ],
    [
      '403 without a text',
      { status: 403, error: '' },
      'completion_request_error',
      'The model provider answered with HTTP status 403.',
    ],
    [
      '403 whose code says that the key is wrong',
      { status: 403, error: { message: 'No such key', code: 'invalid_api_key' } },
      'completion_request_error',
      'Incorrect API key provided',
    ],
    [
      '400 of Google for a wrong key',
      {
        status: 400,
        error: {
          code: 400,
          message: 'API key not valid. Please pass a valid API key.',
          status: 'INVALID_ARGUMENT',
          details: [{ '@type': 'type.googleapis.com/google.rpc.ErrorInfo', reason: 'API_KEY_INVALID' }],
        },
      },
      'completion_request_error',
      'Incorrect API key provided',
    ],
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
      'provider_rate_limited',
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
    openai.provider.reply(reply);
    const { error } = await openai.ask();
    expect(failure(error)).toEqual({ code, status: 400, message });
    expect((error as ParleyError).cause).toBeInstanceOf(UpstreamError);
  });

  test('messages hold neither key nor credentials of a URL', async () => {
    openai.provider.reply({
      status: 400,
      error: { message: 'key sk-secret-key-123 at https://u:p4ss@host/x?api_key=abc&b=1 Bearer abc.def' },
    });
    const { error } = await openai.ask();
    expect(failure(error).message).toBe('key *** at https://***@host/x?api_key=***&b=1 Bearer ***');
    expect(String((error as ParleyError).cause)).not.toContain('secret-key');
  });

  test('silence before the headers', async () => {
    await openai.configure({ headers_timeout_ms: 100 });
    openai.provider.reply({ headersDelayMs: 60_000 });
    expect(failure((await openai.ask()).error).message).toBe(
      'The model provider did not answer within 0.1 s.',
    );
    expect(openai.provider.requests).toHaveLength(1);
  });

  test('silence inside the body', async () => {
    await openai.configure({ body_timeout_ms: 100 });
    openai.provider.reply({ hold: 1 });
    const { error, text } = await openai.ask();
    expect(text).toBe('Hello');
    expect(failure(error).message).toBe('The model provider sent nothing for 0.1 s.');
  });
});
