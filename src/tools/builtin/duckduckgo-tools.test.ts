import { expect, test } from 'vitest';
import { startCallee } from '../../outbound/start-callee.fixture.ts';
import { builtinsUnderTest, NOWHERE } from './builtins-under-test.fixture.ts';
import { challengePage, emptyPage, searchPage } from './page/search-page.fixture.ts';

const result = (number: number) => ({
  title: `Title ${number}`,
  href: `https://site.example/${number}?a=b&c=d`,
  body: `Body ${number}`,
});
const tenFrom = (first: number) => Array.from({ length: 10 }, (_, index) => result(first + index));

/** Speaks as html.duckduckgo.com does: pages of ten results, the next one by POST of the form in the page before. */
async function duckduckgo(pages: readonly string[], status = 200) {
  const callee = await startCallee(async (call, response) => {
    const form = new URLSearchParams(await call.body);
    response.writeHead(status, { 'content-type': 'text/html; charset=UTF-8' });
    response.end(pages[Number(form.get('s') ?? 0) / 10] ?? emptyPage);
  });
  return { ...builtinsUnderTest({ name: 'duckduckgo', baseUrl: callee.url }), calls: callee.calls };
}

const search = (args: Record<string, unknown>) => ['duckduckgo', 'ddgo_search', args] as const;
const translate = (args: Record<string, unknown>) => ['duckduckgo', 'ddgo_translate', args] as const;

test('every result is a JSON part', async () => {
  const { call, calls } = await duckduckgo([searchPage(tenFrom(0))]);
  expect(await call(...search({ query: ' two words ' }), { allow: NOWHERE })).toEqual(
    tenFrom(0)
      .slice(0, 5)
      .map((value) => ({ kind: 'json', value })),
  );
  expect(calls.map(({ method, path }) => `${method} ${path}`)).toEqual(['GET /html/?q=two+words']);
});

test('more results than a page has', async () => {
  const next = (s: string) => ({ q: 'x', s, vqd: '4-1' });
  const { call, calls } = await duckduckgo([
    searchPage(tenFrom(0), next('10')),
    searchPage(tenFrom(5), next('20'), true),
    searchPage(tenFrom(15), null, true),
  ]);
  const parts = await call(...search({ query: 'x', max_results: 100 }));
  // Those that a page repeats come once.
  expect(parts).toEqual(Array.from({ length: 25 }, (_, index) => ({ kind: 'json', value: result(index) })));
  expect(await Promise.all(calls.map(({ body }) => body))).toEqual([
    '',
    'q=x&s=10&vqd=4-1',
    'q=x&s=20&vqd=4-1',
  ]);
});

test('pages that never end are left', async () => {
  const again = { q: 'x', s: '0' };
  const { call, calls } = await duckduckgo([searchPage(tenFrom(0), again)]);
  expect(await call(...search({ query: 'x', max_results: 50 }))).toHaveLength(10);
  expect(calls).toHaveLength(2);
});

test('a summary by the app’s model, where there is one', async () => {
  const { text } = await duckduckgo([searchPage(tenFrom(0))]);
  const args = search({ query: 'x', max_results: 2, require_summary: 1 });
  expect(await text(...args)).toBe('Body 0\nBody 1');
  const summarize = async (long: string) => `short ${long.length}`;
  expect(await text(...args, { summarize })).toBe('short 13');
});

test('nothing found', async () => {
  const { text, failure } = await duckduckgo([emptyPage]);
  expect(await text(...search({ query: 'x' }))).toBe('No results found.');
  expect((await failure(...search({ query: ' ' }))).kind).toBe('arguments');
});

test('a question whether a human is there', async () => {
  const message = 'DuckDuckGo does not answer programs for now. Try again later.';
  const asked = await duckduckgo([challengePage], 202);
  expect(await asked.failure(...search({ query: 'x' }))).toMatchObject({ kind: 'failed', message });
  const later = await duckduckgo([searchPage(tenFrom(0), { s: '10' }), challengePage]);
  expect(await later.call(...search({ query: 'x', max_results: 20 }))).toHaveLength(10);
});

test('an error of the service', async () => {
  const { failure } = await duckduckgo(['<p>Forbidden'], 403);
  expect(await failure(...search({ query: 'x' }))).toMatchObject({
    kind: 'failed',
    message: 'DuckDuckGo answered with status 403: <p>Forbidden',
  });
});

test('a proxy is refused, not passed by', async () => {
  const { failure, calls } = await duckduckgo([searchPage(tenFrom(0))]);
  for (const name of ['ddgo_search', 'ddgo_translate']) {
    const args = { query: 'x', proxy_server: 'http://user:pass@proxy:3128' };
    const error = await failure('duckduckgo', name, args);
    expect(error).toMatchObject({
      kind: 'arguments',
      message: 'Requests through a proxy are not possible here: leave proxy_server empty.',
    });
  }
  expect(calls).toEqual([]);
});

/** Speaks as duckduckgo.com does: a token in a page, with which a text is translated. */
async function translator(
  page: string,
  answer = (to: string, text: string) => ({ translated: `${to}: ${text}` }),
) {
  const callee = await startCallee(async (call, response) => {
    const { pathname, searchParams } = new URL(call.path, 'http://duckduckgo');
    if (pathname === '/') response.end(page);
    else if (pathname !== '/translation.js' || searchParams.get('vqd') !== '4-12-34')
      response.writeHead(403).end();
    else response.end(JSON.stringify(answer(searchParams.get('to') ?? '', await call.body)));
  });
  return { ...builtinsUnderTest({ name: 'duckduckgo', baseUrl: callee.url }), calls: callee.calls };
}

test.each(['vqd="4-12-34"', "vqd='4-12-34'", '/d.js?vqd=4-12-34&p=1'])(
  'a translation, with %s',
  async (token) => {
    const { text, calls } = await translator(`<script>x;${token};</script>`);
    expect(await text(...translate({ query: 'Grüß dich' }), { allow: NOWHERE })).toBe('en: Grüß dich');
    expect(await text(...translate({ query: 'x', translate_to: 'zh-Hans' }))).toBe('zh-Hans: x');
    expect(calls[0]?.path).toBe('/?q=translate');
    expect(calls[1]).toMatchObject({
      method: 'POST',
      path: '/translation.js?vqd=4-12-34&query=translate&to=en',
      headers: { 'content-type': 'text/plain; charset=utf-8' },
    });
  },
);

test('no translation', async () => {
  const none = await translator('<p>no token');
  expect((await none.failure(...translate({ query: 'x' }))).message).toMatch(/does not answer programs/);
  const odd = await translator('vqd="4-12-34"', () => ({ translated: null as unknown as string }));
  expect(await odd.failure(...translate({ query: 'x' }))).toMatchObject({
    kind: 'failed',
    message: 'Unable to translate!',
  });
  expect((await odd.failure(...translate({ query: '' }))).kind).toBe('arguments');
});

test('a stop closes the connection', async () => {
  const callee = await startCallee(() => {});
  const { call } = builtinsUnderTest({ name: 'duckduckgo', baseUrl: callee.url });
  const controller = new AbortController();
  const called = call(...search({ query: 'x' }), { signal: controller.signal });
  const { gone } = await callee.nextCall();
  controller.abort('stop');
  await expect(called).rejects.toBe('stop');
  await gone;
});
