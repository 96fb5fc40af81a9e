import { expect, test } from 'vitest';
import { startCallee } from '../../outbound/start-callee.fixture.ts';
import { builtinsUnderTest, NOWHERE } from './builtins-under-test.fixture.ts';

const KEY = 'tvly-secret';
const found = {
  query: 'x',
  answer: null,
  images: [],
  results: [
    { title: 'One', url: 'https://one.example/', content: 'About one', score: 0.9, raw_content: null },
  ],
  response_time: 1.2,
};

/** Speaks as Tavily's API does. */
async function tavily(answer: unknown = found, status = 200) {
  const callee = await startCallee((call, response) => {
    const open = call.headers.authorization === `Bearer ${KEY}` && call.method === 'POST';
    response.writeHead(open ? status : 401, { 'content-type': 'application/json' });
    const refusal = { detail: { error: 'Unauthorized: missing or invalid API key.' } };
    response.end(typeof answer === 'string' ? answer : JSON.stringify(open ? answer : refusal));
  });
  return {
    ...builtinsUnderTest({ name: 'tavily', apiKey: KEY, baseUrl: callee.url }),
    url: callee.url,
    asked: async () => {
      const [call] = callee.calls;
      return { path: call?.path, headers: call?.headers, body: JSON.parse((await call?.body) ?? '') };
    },
  };
}

const search = (args: Record<string, unknown>) => ['tavily', 'tavily_search', args] as const;
const extract = (args: Record<string, unknown>) => ['tavily', 'tavily_extract', args] as const;

test('a search is JSON and a digest', async () => {
  const { call, asked } = await tavily();
  expect(await call(...search({ query: ' x ' }), { allow: NOWHERE })).toEqual([
    { kind: 'json', value: found },
    {
      kind: 'text',
      text:
        '# Result 1: [One](https://one.example/)\n\n**URL:** https://one.example/\n\n' +
        '**Relevance Score:** 0.9\n\n**Content:**\nAbout one\n\n---\n',
    },
  ]);
  const { path, headers, body } = await asked();
  expect(path).toBe('/search');
  expect(headers).toMatchObject({ 'content-type': 'application/json' });
  expect(headers).not.toHaveProperty('x-project-id');
  expect(body).toEqual({
    query: 'x',
    search_depth: 'basic',
    topic: 'general',
    max_results: 5,
    include_images: false,
    include_image_descriptions: false,
    include_favicon: false,
    include_usage: false,
    auto_parameters: false,
  });
});

test('what a model and an author have set', async () => {
  const { call, asked } = await tavily();
  await call(
    ...search({
      query: 'x',
      search_depth: 'advanced',
      topic: 'news',
      time_range: 'week',
      start_date: '2024-01-01',
      end_date: '2024-02-01',
      include_domains: 'a.example, b.example',
      exclude_domains: 'c.example d.example',
      country: 'Germany',
      max_results: '50',
      chunks_per_source: 2,
      days: 3,
      include_answer: 'advanced',
      include_raw_content: 'text',
      auto_parameters: true,
      project_id: 'mine',
    }),
  );
  const { headers, body } = await asked();
  expect(headers).toMatchObject({ 'x-project-id': 'mine' });
  expect(body).toMatchObject({
    search_depth: 'advanced',
    topic: 'news',
    time_range: 'week',
    start_date: '2024-01-01',
    end_date: '2024-02-01',
    include_domains: ['a.example', 'b.example'],
    exclude_domains: ['c.example', 'd.example'],
    country: 'germany',
    max_results: 20,
    chunks_per_source: 2,
    days: 3,
    include_answer: 'advanced',
    include_raw_content: 'text',
    auto_parameters: true,
  });
});

test.each([
  [0, undefined],
  [false, undefined],
  ['false', undefined],
  ['', undefined],
  [null, undefined],
  [1, 'basic'],
  [true, 'basic'],
  ['True', 'basic'],
  ['basic', 'basic'],
  ['advanced', 'advanced'],
])('include_answer %j, as apps of any time have it', async (include_answer, sent) => {
  const { call, asked } = await tavily();
  await call(...search({ query: 'x', include_answer, time_range: 'not_specified', country: 'None' }));
  const { body } = await asked();
  expect(body.include_answer).toBe(sent);
  expect(body).not.toHaveProperty('time_range');
  expect(body).not.toHaveProperty('country');
});

test('answer, page texts and images', async () => {
  const { call } = await tavily({
    answer: 'Forty-two.',
    images: [
      'https://i.example/a.png',
      { url: 'https://i.example/b.png', description: 'B' },
      { url: 'data:x' },
    ],
    results: [{ title: '', url: 'u', content: 'c', raw_content: 'raw', published_date: 'Mon', favicon: 'f' }],
  });
  const [, text, ...images] = await call(...search({ query: 'x', include_images: 1 }));
  expect(text).toEqual({
    kind: 'text',
    text:
      '**Answer:** Forty-two.\n\n# Result 1: [No Title](u)\n\n**Published Date:** Mon\n\n**URL:** u\n\n' +
      '**Favicon:** f\n\n**Content:**\nc\n\n**Raw Content:**\nraw\n\n---\n\n**Images:**\n\n' +
      '![](https://i.example/a.png)\n\n![B](https://i.example/b.png)\n\n![](data:x)\n',
  });
  expect(images).toEqual([
    { kind: 'link', url: 'https://i.example/a.png' },
    { kind: 'link', url: 'https://i.example/b.png' },
  ]);
});

test('nothing found', async () => {
  const { text } = await tavily({ results: [] });
  expect(await text(...search({ query: 'x' }))).toBe("No results found for 'x' in Tavily.");
  expect((await (await tavily()).failure(...search({ query: ' ' }))).kind).toBe('arguments');
});

test('pages that are read', async () => {
  const answer = {
    results: [{ url: 'https://a.example/', raw_content: 'text', images: ['https://a.example/i.png'] }],
    failed_results: [{ url: 'https://b.example/', error: 'not there' }],
  };
  const { call, asked } = await tavily(answer);
  const urls = 'https://a.example/, https://b.example/,';
  expect(await call(...extract({ urls, include_images: true }))).toEqual([
    { kind: 'json', value: answer },
    {
      kind: 'text',
      text:
        '# Extracted Content 1: https://a.example/\n\n**Raw Content:**\ntext\n\n**Images:**\n\n' +
        '![](https://a.example/i.png)\n\n---\n\n# Failed URLs:\n\n- https://b.example/: not there\n',
    },
    { kind: 'link', url: 'https://a.example/i.png' },
  ]);
  const { path, body } = await asked();
  expect(path).toBe('/extract');
  expect(body).toEqual({
    urls: ['https://a.example/', 'https://b.example/'],
    extract_depth: 'basic',
    format: 'markdown',
    include_images: true,
    include_favicon: false,
    include_usage: false,
  });
});

test('passages of pages', async () => {
  const { text, asked } = await tavily({ results: [] });
  expect(await text(...extract({ urls: 'https://a.example/', query: 'q', timeout: 20 }))).toBe(
    'No content could be extracted from the provided URLs.',
  );
  expect((await asked()).body).toMatchObject({ query: 'q', chunks_per_source: 3, timeout: 20 });
});

test('without a key, and with one that is refused', async () => {
  const { url } = await tavily();
  const none = builtinsUnderTest({ name: 'tavily', baseUrl: url });
  const wrong = builtinsUnderTest({ name: 'tavily', baseUrl: url, apiKey: 'wrong' });
  for (const name of ['tavily_search', 'tavily_extract']) {
    const args = { query: 'x', urls: 'https://a.example/' };
    expect(await none.failure('tavily', name, args)).toMatchObject({
      kind: 'credentials',
      message: 'there is no key for Tavily: add { name: tavily, api_key: … } to tools in parley.yml',
    });
    expect(await wrong.failure('tavily', name, args)).toMatchObject({
      kind: 'credentials',
      message: 'Tavily refused the key: set api_key of the tool "tavily" in parley.yml.',
    });
  }
});

test('an error of the service', async () => {
  const { failure } = await tavily({ detail: { error: `Invalid search depth, ${KEY}` } }, 400);
  const error = await failure(...search({ query: 'x', search_depth: 'odd' }));
  expect(error.message).toContain('status 400: {"detail":{"error":"Invalid search depth, ***"}}');
});

test.each(['<html>', '[]', '5', '{"results": 5}', '{"results": [null, 5]}'])(
  'an answer of %s',
  async (answer) => {
    const { call } = await tavily(answer);
    const outcome = await call(...search({ query: 'x' })).catch((error: unknown) => error);
    if (outcome instanceof Error) expect(outcome).toMatchObject({ kind: 'failed' });
    else expect(outcome).toBeInstanceOf(Array);
  },
);

test('a long answer is cut', async () => {
  const results = Array.from({ length: 20 }, () => ({ url: 'u', raw_content: 'x'.repeat(50_000) }));
  const parts = await (await tavily({ results })).call(...search({ query: 'x', include_raw_content: 1 }));
  expect(JSON.stringify(parts).length).toBeLessThan(500_000);
});
