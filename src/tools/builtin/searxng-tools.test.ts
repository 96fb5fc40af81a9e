import { expect, test } from 'vitest';
import { startCallee } from '../../outbound/start-callee.fixture.ts';
import { builtinsUnderTest, NOWHERE } from './builtins-under-test.fixture.ts';

const results = [
  { title: 'One', url: 'https://one.example/', content: 'About one', engines: ['a'], score: 1.5 },
  { title: 'Two', url: 'https://two.example/', content: 'About two', img_src: 'https://two.example/i.png' },
];

/** Speaks as SearXNG does with `json` among its formats. */
async function searxng(answer: unknown = { query: 'x', number_of_results: 2, results }) {
  const callee = await startCallee(({ path }, response) => {
    const url = new URL(path, 'http://searxng');
    const asked = url.pathname.endsWith('/search') && url.searchParams.get('format') === 'json';
    response.writeHead(asked ? 200 : 404, { 'content-type': 'application/json' });
    response.end(typeof answer === 'string' ? answer : JSON.stringify(answer));
  });
  return {
    ...builtinsUnderTest({ name: 'searxng', baseUrl: callee.url }),
    asked: () =>
      callee.calls.map(({ path }) => Object.fromEntries(new URL(path, 'http://searxng').searchParams)),
    url: callee.url,
  };
}

const search = (args: Record<string, unknown>) => ['searxng', 'searxng_search', args] as const;

test('every result is a JSON part', async () => {
  const { call, asked } = await searxng();
  const parts = await call(...search({ query: 'two words' }), { allow: NOWHERE });
  expect(parts).toEqual(results.map((value) => ({ kind: 'json', value })));
  expect(asked()).toEqual([{ q: 'two words', format: 'json', categories: 'general' }]);
});

test.each([
  ['general', 'general'],
  ['Page', 'general'],
  ['News', 'news'],
  ['Images', 'images'],
  ['image', 'images'],
  ['Videos', 'videos'],
  ['social_media', 'social media'],
  ['it', 'it'],
  ['', 'general'],
  ['constructor', 'constructor'],
])('search_type %j is the category %j', async (search_type, categories) => {
  const { call, asked } = await searxng();
  await call(...search({ query: 'x', search_type, time_range: 'week' }));
  expect(asked()).toEqual([{ q: 'x', format: 'json', categories, time_range: 'week' }]);
});

test('an app of old gets links as text, too, and as many as it wants', async () => {
  const { call } = await searxng();
  const args = { query: 'x', search_type: 'Page', result_type: 'link', num_results: 1, time_range: null };
  expect(await call(...search(args))).toEqual([
    { kind: 'text', text: 'One: https://one.example/' },
    { kind: 'json', value: results[0] },
  ]);
  const images = { query: 'x', search_type: 'Images', result_type: 'link', num_results: 99 };
  expect(await call(...search(images))).toContainEqual({
    kind: 'text',
    text: 'One: https://one.example/\nTwo: https://two.example/i.png',
  });
});

test('or a summary', async () => {
  const { call } = await searxng();
  const args = search({ query: 'x', result_type: 'text' });
  const text = '1: One - About one\n2: Two - About two';
  expect((await call(...args))[0]).toEqual({ kind: 'text', text });
  const summarize = async (long: string) => `short ${long.length}`;
  expect((await call(...args, { summarize }))[0]).toEqual({ kind: 'text', text: `short ${text.length}` });
});

test('nothing found', async () => {
  expect(await (await searxng({ results: [] })).text(...search({ query: 'x' }))).toBe('No results found.');
});

test('an address that already is that of the search', async () => {
  const { url } = await searxng();
  const { call } = builtinsUnderTest({ name: 'searxng', baseUrl: `${url}/search` });
  expect(await call(...search({ query: 'x' }))).toHaveLength(2);
});

test('without a server of the owner’s', async () => {
  expect(await builtinsUnderTest().failure(...search({ query: 'x' }))).toMatchObject({
    kind: 'credentials',
    message: 'there is no SearXNG server: add { name: searxng, base_url: http://… } to tools in parley.yml',
  });
});

test('a server that gives no JSON says what to change', async () => {
  const callee = await startCallee((_, response) => response.writeHead(403).end('Forbidden'));
  const { failure } = builtinsUnderTest({ name: 'searxng', baseUrl: callee.url });
  expect(await failure(...search({ query: 'x' }))).toMatchObject({
    kind: 'failed',
    message:
      'SearXNG answered with status 403: Forbidden. Its settings.yml must list json in search.formats.',
  });
});

test.each(['<html>', '[]', '{"results": 5}', '{"results": [5]}'])('an answer of %s', async (answer) => {
  const error = await (await searxng(answer)).failure(...search({ query: 'x' }));
  expect(error).toMatchObject({
    kind: 'failed',
    message: expect.stringMatching(/^SearXNG answered what is no/),
  });
});

test('results have their limits, in number and size', async () => {
  const many = Array.from({ length: 100 }, () => ({ title: 'x', content: 'y'.repeat(15_000) }));
  const parts = await (await searxng({ results: many })).call(...search({ query: 'x' }));
  expect(parts).toHaveLength(30);
  expect(JSON.stringify(parts).length).toBeLessThan(310_000);
});
