import { describe, expect, test } from 'vitest';
import { startCallee } from '../../../outbound/start-callee.fixture.ts';
import { send } from '../http/send.fixture.ts';
import type { ValueRecord } from '../values/value.ts';

describe('what is sent', () => {
  test('address, parameters and headers, with their variables', async () => {
    const callee = await startCallee();
    const { finished } = await send({
      url: `${callee.url}/p?z=1&q=old`,
      params: 'q:{{#n.q#}}\n\n k : v:w \n',
      headers: 'X-One: {{#env.HOST#}}\n\nX-Two:a:b',
    });
    const call = callee.calls[0];
    expect(call?.path).toBe('/p?z=1&q=a+b%26c&k=v%3Aw');
    expect(call?.headers).toMatchObject({ 'x-one': 'x', 'x-two': 'a:b' });
    expect(finished).toMatchObject({
      status: 'succeeded',
      inputs: {},
      outputs: { status_code: 200, files: [] },
    });
    expect(finished?.processData.request).toMatch(
      /^GET \/p\?z=1&q=a\+b%26c&k=v%3Aw HTTP\/1.1\r\nHost: 127\.0\.0\.1:\d+\r\nX-One: x\r\nX-Two: a:b\r\n\r\n$/,
    );
  });

  test.each([
    [{ type: 'bearer', api_key: '{{#env.KEY#}}' }, 'authorization', 'Bearer sk-secret-1'],
    [{ type: 'basic', api_key: 'user:{{#env.KEY#}}' }, 'authorization', `Basic ${btoa('user:sk-secret-1')}`],
    [{ type: 'basic', api_key: 'dXNlcg==' }, 'authorization', 'Basic dXNlcg=='],
    [{ type: 'custom', api_key: '{{#env.KEY#}}', header: 'X-Key' }, 'x-key', 'sk-secret-1'],
    [{ type: 'custom', api_key: 'k', header: '' }, 'authorization', 'k'],
  ])('authorization %j; it does not show in the log', async (config, header, value) => {
    const callee = await startCallee();
    const { events } = await send({
      url: `${callee.url}/?k={{#env.KEY#}}`,
      authorization: { type: 'api-key', config },
    });
    expect(callee.calls[0]?.headers[header]).toBe(value);
    expect(callee.calls[0]?.path).toBe('/?k=sk-secret-1');
    expect(JSON.stringify(events)).not.toContain('sk-secret-1');
    expect(JSON.stringify(events)).not.toContain(btoa('user:sk-secret-1'));
  });

  test('stands in the place of what headers say of it', async () => {
    const callee = await startCallee();
    const authorization = { type: 'api-key', config: { type: 'bearer', api_key: 'k' } };
    await send({ url: callee.url, headers: 'authorization: other', authorization });
    expect(callee.calls[0]?.headers.authorization).toBe('Bearer k');
  });

  test('an empty key is an error', async () => {
    const { outcome } = await send({
      url: 'http://127.0.0.1',
      authorization: { type: 'api-key', config: { type: 'bearer', api_key: ' ' } },
    });
    expect(outcome.error).toBe(
      'API key is required for authorization but was empty. Please provide a valid API key.',
    );
  });

  test.each<readonly [string, ValueRecord, string, string | RegExp]>([
    ['none', { type: 'none', data: [] }, '', ''],
    ['old text', { type: 'raw-text', data: 'q={{#n.q#}}' }, 'text/plain', 'q=a b&c'],
    ['raw text', { type: 'raw-text', data: [{ key: '', type: 'text', value: 'x' }] }, 'text/plain', 'x'],
    [
      'json',
      { type: 'json', data: [{ type: 'text', value: '{"q": "{{#n.q#}}", "n": [1, true, null]}' }] },
      'application/json',
      '{"q":"a b&c","n":[1,true,null]}',
    ],
    [
      'broken json',
      { type: 'json', data: [{ type: 'text', value: '{\'a\': \'x\', b: True, "c": "line\nsays "hi" x",}' }] },
      'application/json',
      /^\{"a":"x","b":true,"c":"line( |\\n)says \\"hi\\" x"\}$/,
    ],
    [
      'urlencoded',
      {
        type: 'x-www-form-urlencoded',
        data: [
          { key: 'q', type: 'text', value: '{{#n.q#}}' },
          { key: 'e', type: 'text', value: '' },
        ],
      },
      'application/x-www-form-urlencoded',
      'q=a+b%26c&e=',
    ],
    ['binary', { type: 'binary', data: [{ type: 'file', file: ['n', 'file'] }] }, '', 'hello'],
    [
      'form',
      {
        type: 'form-data',
        data: [
          { key: 't', type: 'text', value: 'x' },
          { key: 'f', type: 'file', file: ['n', 'files'] },
        ],
      },
      'multipart/form-data',
      /name="t"\r\n\r\nx\r\n[\s\S]*name="f"; filename="a\.txt"\r\nContent-Type: text\/plain\r\n\r\nhello\r\n[\s\S]*name="f"/,
    ],
  ])('body: %s', async (_, body, type, expected) => {
    const callee = await startCallee();
    const { outcome } = await send({ method: 'POST', url: callee.url, body });
    expect(outcome.error).toBeNull();
    const call = callee.calls[0];
    expect(call?.headers['content-type'] ?? '').toMatch(new RegExp(`^${type}`));
    expect(await call?.body).toEqual(
      typeof expected === 'string' ? expected : expect.stringMatching(expected),
    );
  });

  test('a content type of the author holds, but for forms, which name their own', async () => {
    const callee = await startCallee();
    const headers = 'content-type: text/x';
    await send({ method: 'post', url: callee.url, headers, body: { type: 'json', data: '{}' } });
    await send({
      method: 'post',
      url: callee.url,
      headers,
      body: { type: 'form-data', data: [{ key: 'a', type: 'text', value: 'b' }] },
    });
    expect(callee.calls.map(({ headers }) => headers['content-type'])).toEqual([
      'text/x',
      expect.stringMatching(/^multipart\/form-data; boundary=/),
    ]);
  });

  test.each([
    [{ url: 'ftp://x' }, 'InvalidURLError', 'url should start with http:// or https://'],
    [{ url: ' {{#gone.url#}}' }, 'InvalidURLError', 'url should start with http:// or https://'],
    [{ url: '' }, 'InvalidURLError', 'url is required'],
    [{ url: 'http://127.0.0.1', method: 'options' }, 'InvalidHttpMethodError', 'Invalid http method options'],
    [
      { url: 'http://127.0.0.1', body: { type: 'json', data: '{nope' } },
      'RequestBodyError',
      'Failed to parse JSON: {nope',
    ],
    [
      { url: 'http://127.0.0.1', body: { type: 'json', data: `${'['.repeat(20_000)}${']'.repeat(20_000)}` } },
      'RequestBodyError',
      `Failed to parse JSON: ${'['.repeat(20_000)}${']'.repeat(20_000)}`,
    ],
    [
      { url: 'http://127.0.0.1', body: { type: 'json', data: [] } },
      'RequestBodyError',
      'json body type should have exactly one item',
    ],
    [
      { url: 'http://127.0.0.1', body: { type: 'binary', data: [{ type: 'file', file: ['n', 'q'] }] } },
      'FileFetchError',
      "cannot fetch file with selector ['n', 'q']",
    ],
    [
      { url: 'http://127.0.0.1', body: { type: 'binary', data: [{ type: 'file', file: ['n', 'lost'] }] } },
      'FileFetchError',
      'cannot fetch file a.txt: gone',
    ],
  ])('%j is refused', async (data, type, message) => {
    const { outcome, finished } = await send(data as ValueRecord);
    expect([finished?.errorType, outcome.error]).toEqual([type, message]);
  });
});

test('headers that no request can have fail the node, not the process', async () => {
  const callee = await startCallee();
  for (const headers of ['X Y: 1', 'X-Z: 你\u0000', ': v']) {
    const { outcome, finished } = await send({ url: callee.url, headers });
    expect([outcome.status, finished?.status], headers).toEqual(['failed', 'failed']);
  }
});

describe('what it must not, and when it ends', () => {
  test('addresses of the house are refused, also behind variables', async () => {
    const callee = await startCallee();
    for (const url of [
      callee.url,
      callee.url.replace('127.0.0.1', 'localhost'),
      'http://169.254.169.254/latest',
      'http://[::1]/',
      '{{#n.q#}}@127.0.0.1',
    ]) {
      const { outcome } = await send({ url }, { allow: [] });
      expect(outcome.status, url).toBe('failed');
    }
    expect(callee.sockets).toHaveLength(0);
  });

  test('a stop closes the connection', async () => {
    const callee = await startCallee(() => {});
    const controller = new AbortController();
    const sending = send({ url: callee.url }, { signal: controller.signal });
    const call = await callee.nextCall();
    controller.abort(new Error('Stopped by user.'));
    await call.gone;
    expect((await sending).outcome).toMatchObject({ status: 'stopped', error: 'Stopped by user.' });
  });

  test('a callee that says nothing is given up', async () => {
    const callee = await startCallee(() => {});
    const { outcome, finished } = await send({
      url: callee.url,
      timeout: { connect: 1, read: 0.05, write: 0 },
    });
    expect([finished?.errorType, outcome.status]).toEqual(['HttpRequestNodeError', 'failed']);
    await callee.calls[0]?.gone;
  });

  test('credentials do not follow a redirect to elsewhere', async () => {
    const other = await startCallee();
    const first = await startCallee((_, response) =>
      response.writeHead(302, { location: `${other.url}/there` }).end(),
    );
    await send({
      url: first.url,
      authorization: { type: 'api-key', config: { type: 'custom', header: 'X-Key', api_key: 'k' } },
    });
    expect(other.calls[0]?.path).toBe('/there');
    expect(other.calls[0]?.headers).not.toHaveProperty('x-key');
  });
});
