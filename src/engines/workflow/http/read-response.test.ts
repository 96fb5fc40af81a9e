import { describe, expect, test } from 'vitest';
import { type Callee, startCallee } from '../../../outbound/start-callee.fixture.ts';
import { saved, send } from './send.fixture.ts';

describe('what comes back', () => {
  const answering = (headers: Record<string, string>, body: string | Buffer, status = 200): Promise<Callee> =>
    startCallee((_, response) => response.writeHead(status, headers).end(body));

  test('text, in its own charset, with headers in lower case', async () => {
    const callee = await answering(
      { 'Content-Type': 'text/plain; charset=gbk', 'X-Some': 'y' },
      Buffer.from([0xc4, 0xe3, 0xba, 0xc3]),
    );
    const { finished } = await send({ url: callee.url });
    expect(finished?.outputs).toMatchObject({
      status_code: 200,
      body: '你好',
      headers: { 'x-some': 'y' },
      files: [],
    });
  });

  test.each([
    ['image/png', {}, Buffer.from([1, 2, 3]), 'pic.png'],
    ['text/csv', {}, 'a,b', 'pic.csv'],
    ['text/plain', { 'content-disposition': 'attachment; filename="../../r.txt"' }, 'x', 'r.txt'],
    ['text/plain', { 'content-disposition': "inline; filename*=UTF-8''%E4%BD%A0.txt" }, 'x', '你.txt'],
    ['application/pdf', {}, Buffer.from('%PDF-1.4 \xff', 'latin1'), 'pic.pdf'],
    ['application/octet-stream', {}, 'plain words', 'pic.bin'],
  ])('a file of %s %j', async (type, headers, body, filename) => {
    saved.length = 0;
    const callee = await answering({ 'content-type': type, ...headers } as Record<string, string>, body);
    const { finished } = await send({ url: `${callee.url}/dir/pic?x=1` });
    expect(finished?.outputs).toMatchObject({ body: '', files: [{ filename, mime_type: type }] });
    expect(saved).toMatchObject([{ filename, mimeType: type, bytes: Buffer.from(body as string) }]);
  });

  test.each([
    ['application/json', '{"a":1}'],
    ['application/vnd.api+json', '{}'],
    ['application/yaml', 'a: 1'],
    ['application/x-strange', '<doc>'],
    ['', 'bare'],
  ])('%s is text', async (type, body) => {
    const callee = await answering(type === '' ? {} : { 'content-type': type }, body);
    expect((await send({ url: callee.url })).finished?.outputs).toMatchObject({ body, files: [] });
  });

  test('too much of it is an error', async () => {
    const text = await answering({ 'content-type': 'text/plain' }, 'x'.repeat(1024 ** 2 + 1));
    const { outcome, finished } = await send({ url: text.url });
    expect(finished?.errorType).toBe('ResponseSizeError');
    expect(outcome.error).toBe('Text size is too large, max size is 1.00 MB, but current size is 1.00 MB.');
    const bytes = await answering({ 'content-type': 'image/png' }, Buffer.alloc(10 * 1024 ** 2 + 1));
    expect((await send({ url: bytes.url })).outcome.error).toMatch(
      /^File size is too large, max size is 10.00 MB/,
    );
  });

  test('a status is no error, unless the node expects errors; then it is tried again', async () => {
    let left = 2;
    const callee = await startCallee((_, response) => {
      left -= 1;
      response.writeHead(left < 0 ? 200 : 503).end('busy');
    });
    expect((await send({ url: callee.url })).finished).toMatchObject({
      status: 'succeeded',
      outputs: { status_code: 503, body: 'busy' },
    });
    const retry_config = { retry_enabled: true, max_retries: 2, retry_interval: 1 };
    const { outcome, story } = await send({ url: callee.url, retry_config });
    expect(outcome.status).toBe('succeeded');
    expect(story).toContain('retry http 1');
  });

  test('default values and fail branches see it', async () => {
    const callee = await answering({}, 'no', 404);
    const branch = await send({ url: callee.url, error_strategy: 'fail-branch' });
    expect(branch.finished).toMatchObject({
      status: 'exception',
      errorType: 'HTTPResponseCodeError',
      outputs: { error_message: 'Request failed with status code 404', error_type: 'HTTPResponseCodeError' },
    });
    const failed = await send({
      url: callee.url,
      retry_config: { retry_enabled: true, max_retries: 0, retry_interval: 0 },
    });
    expect(failed.finished).toMatchObject({ status: 'failed', outputs: { status_code: 404, body: 'no' } });
  });
});
