import type { ServerResponse } from 'node:http';
import { expect, test } from 'vitest';
import { OutboundError } from '../../../outbound/outbound-error.ts';
import { startCallee } from '../../../outbound/start-callee.fixture.ts';
import { builtinsUnderTest, NOWHERE } from '../builtins-under-test.fixture.ts';

const sentence = 'A long sentence of an article, with commas, that goes on and on, as such sentences do.';
const article = `<html><head><title>Title</title><meta name="author" content="Jo Do"></head><body>
  <nav><a href="/">Home</a></nav><article>${`<p>${sentence}</p>`.repeat(10)}</article></body></html>`;

function answer(response: ServerResponse, contentType: string | null, body: string | Buffer, status = 200) {
  response.writeHead(status, contentType === null ? {} : { 'content-type': contentType }).end(body);
}

const scrape = (args: Record<string, unknown>) => ['webscraper', 'webscraper', args] as const;

test('a page: its title, its author, the text of its article', async () => {
  const callee = await startCallee((_, response) => answer(response, 'text/html; charset=utf-8', article));
  const text = await builtinsUnderTest().text(...scrape({ url: ` ${callee.url}/page ` }));
  expect(text).toBe(`\nTITLE: Title\nAUTHOR: Jo Do\nTEXT:\n\n${Array(10).fill(sentence).join('\n\n')}\n`);
  expect(callee.calls.map(({ method, path }) => `${method} ${path}`)).toEqual(['HEAD /page', 'GET /page']);
});

test('a page in another charset', async () => {
  const gbk = Buffer.concat([
    Buffer.from('<meta charset="gbk"><title>'),
    Buffer.from([0xd6, 0xd0, 0xce, 0xc4]),
    Buffer.from('</title>x'),
  ]);
  const callee = await startCallee((_, response) => answer(response, 'text/html', gbk));
  expect(await builtinsUnderTest().text(...scrape({ url: callee.url }))).toContain('TITLE: 中文\n');
});

test.each([
  ['text/plain', 'a < b'],
  ['application/json; charset=utf-8', '{"a": "中"}'],
  ['application/rss+xml', '<rss/>'],
])('%s is given as it is', async (contentType, body) => {
  const callee = await startCallee((_, response) => answer(response, contentType, body));
  expect(await builtinsUnderTest().text(...scrape({ url: callee.url }))).toBe(body);
});

test('what has no type is a page', async () => {
  const callee = await startCallee((_, response) => answer(response, null, '<title>T</title>x'));
  expect(await builtinsUnderTest().text(...scrape({ url: callee.url }))).toContain('TITLE: T\n');
});

test('the header User-Agent', async () => {
  const callee = await startCallee((_, response) => answer(response, 'text/plain', 'x'));
  const { text } = builtinsUnderTest();
  await text(...scrape({ url: callee.url }));
  await text(...scrape({ url: callee.url, user_agent: 'Mine/1.0' }));
  await text(...scrape({ url: callee.url, user_agent: '' }));
  const names = callee.calls
    .filter(({ method }) => method === 'GET')
    .map(({ headers }) => headers['user-agent']);
  const usual = 'Mozilla/5.0 (compatible; Parley)';
  expect(names).toEqual([usual, 'Mine/1.0', usual]);
});

test.each([403, 404, 405, 500, 501])(
  'a HEAD that is answered with %i says nothing of the page',
  async (status) => {
    const callee = await startCallee(({ method }, response) => {
      if (method === 'HEAD') answer(response, 'image/png', '', status);
      else answer(response, 'text/plain', 'x');
    });
    expect(await builtinsUnderTest().text(...scrape({ url: callee.url }))).toBe('x');
  },
);

test('nor one that breaks off', async () => {
  const callee = await startCallee(({ method, socket }, response) => {
    if (method === 'HEAD') socket.destroy();
    else answer(response, 'text/plain', 'x');
  });
  expect(await builtinsUnderTest().text(...scrape({ url: callee.url }))).toBe('x');
});

test('a status other than 200 is told', async () => {
  const callee = await startCallee((_, response) => answer(response, 'text/html', 'gone', 410));
  expect(await builtinsUnderTest().text(...scrape({ url: callee.url }))).toBe(
    'URL returned status code 410.',
  );
});

test('what is no text is told by its headers, and never sent', async () => {
  const callee = await startCallee((_, response) => answer(response, 'video/mp4', 'film'));
  expect(await builtinsUnderTest().text(...scrape({ url: callee.url }))).toBe(
    'Unsupported content-type [video/mp4] of URL.',
  );
  expect(callee.calls.map(({ method }) => method)).toEqual(['HEAD']);
});

test('a body that nobody can read is not waited for, where HEAD had promised another', async () => {
  const callee = await startCallee(({ method }, response) => {
    if (method === 'HEAD') answer(response, 'text/html', '');
    else response.writeHead(200, { 'content-type': 'image/png' }).write('endless');
  });
  expect(await builtinsUnderTest().text(...scrape({ url: callee.url }))).toBe(
    'Unsupported content-type [image/png] of URL.',
  );
  await callee.calls[1]?.gone;
});

test('a document says that it cannot be read yet', async () => {
  const callee = await startCallee((_, response) => answer(response, 'application/pdf', '%PDF'));
  expect(await builtinsUnderTest().failure(...scrape({ url: callee.url }))).toMatchObject({
    kind: 'failed',
    message: 'This URL leads to a document (application/pdf). Only web pages and text are supported yet.',
  });
});

test('without an address', async () => {
  expect(await builtinsUnderTest().text(...scrape({ url: '  ' }))).toBe('Please input url');
});

test('a page that is too large', async () => {
  const callee = await startCallee(({ method }, response) => {
    answer(response, 'text/html', method === 'HEAD' ? '' : Buffer.alloc(6 * 1024 * 1024, 'x'));
  });
  const error = await builtinsUnderTest().failure(...scrape({ url: callee.url }));
  expect(error).toMatchObject({ kind: 'failed', cause: { kind: 'too_large' } });
});

test('a long text is cut', async () => {
  const callee = await startCallee((_, response) => answer(response, 'text/plain', 'x'.repeat(1_000_000)));
  const text = await builtinsUnderTest().text(...scrape({ url: callee.url }));
  expect(text).toMatch(/^x{300000}\n… \(cut after 300000 characters\)$/);
});

test('a summary by the app’s model, where there is one', async () => {
  const callee = await startCallee((_, response) => answer(response, 'text/html', article));
  const { text } = builtinsUnderTest();
  const args = { url: callee.url, generate_summary: 1 };
  const summarize = async (long: string) => `short: ${long.slice(0, 14)}`;
  expect(await text(...scrape(args), { summarize })).toBe('short: \nTITLE: Title\n');
  expect(await text(...scrape(args), { summarize: null })).toContain(sentence);
  expect(await text(...scrape({ url: callee.url, generate_summary: 0 }), { summarize })).toContain(sentence);
});

test('where the page leads is judged like where it is', async () => {
  const callee = await startCallee(({ path }, response) => {
    const location = path === '/metadata' ? 'http://169.254.169.254/latest' : 'file:///etc/passwd';
    response.writeHead(302, { location }).end();
  });
  const { failure } = builtinsUnderTest();
  for (const [path, text] of [
    ['/metadata', /169\.254\.169\.254/],
    ['/file', /only http and https/i],
  ] as const) {
    const error = await failure(...scrape({ url: callee.url + path }));
    expect(error).toMatchObject({ kind: 'failed', message: expect.stringMatching(text) });
    expect(error.cause).toMatchObject({ kind: 'refused' });
  }
});

test.each([
  'http://127.0.0.1/',
  'http://2130706433/',
  'http://[::ffff:127.0.0.1]/',
  'http://localhost/',
  'http://169.254.169.254/latest/meta-data',
  'http://user:secret@a.example/',
  'file:///etc/passwd',
  'javascript:alert(1)',
  'no address',
])('%s is refused', async (url) => {
  const error = await builtinsUnderTest().failure(...scrape({ url }), { allow: NOWHERE });
  expect(error.cause).toBeInstanceOf(OutboundError);
  expect(error.cause).toMatchObject({ kind: 'refused' });
  expect(error.message).not.toContain('secret');
});

test.each(['HEAD', 'GET'])('a stop closes the connection of the %s', async (silent) => {
  const callee = await startCallee(({ method }, response) => {
    if (method !== silent) answer(response, 'text/html', '');
    else if (method === 'GET') response.writeHead(200, { 'content-type': 'text/html' }).write('<p>');
  });
  const controller = new AbortController();
  const { signal } = controller;
  const called = builtinsUnderTest().call(...scrape({ url: callee.url }), { signal });
  const calls = [await callee.nextCall()];
  if (silent === 'GET') calls.push(await callee.nextCall());
  controller.abort('stop');
  await expect(called).rejects.toBe('stop');
  await calls.at(-1)?.gone;
});
