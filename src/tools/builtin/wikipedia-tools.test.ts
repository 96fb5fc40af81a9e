import { expect, test, vi } from 'vitest';
import { createOutbound } from '../../outbound/create-outbound.ts';
import type { Resolve } from '../../outbound/resolve-by-system.ts';
import { startCallee } from '../../outbound/start-callee.fixture.ts';
import { toolContext } from '../tool-context.fixture.ts';
import type { BuiltinParts } from './builtin-parts.ts';
import { builtinsUnderTest, NOWHERE } from './builtins-under-test.fixture.ts';
import { wikipediaTools } from './wikipedia-tools.ts';

const pages = [
  { pageid: 2, ns: 0, title: 'Second', index: 2, extract: 'About the second.' },
  { pageid: 1, ns: 0, title: 'First', index: 1, extract: 'About the first.' },
  { pageid: 3, ns: 0, title: 'Homonyms', index: 3, extract: 'may be', pageprops: { disambiguation: '' } },
  { pageid: 4, ns: 0, title: 'Empty', index: 4 },
  { pageid: 5, ns: 0, title: 'Fifth', index: 5, extract: 'About the fifth.' },
  { pageid: 6, ns: 0, title: 'Sixth', index: 6, extract: 'About the sixth.' },
];

async function wikipedia(answer: unknown = { batchcomplete: true, query: { pages } }) {
  const callee = await startCallee((_, response) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(typeof answer === 'string' ? answer : JSON.stringify(answer));
  });
  return { ...builtinsUnderTest({ name: 'wikipedia', baseUrl: callee.url }), calls: callee.calls };
}

const search = (args: Record<string, unknown>) => ['wikipedia', 'wikipedia_search', args] as const;

test('the beginnings of the articles that fit best', async () => {
  const { text, calls } = await wikipedia();
  expect(await text(...search({ query: ' some words ', language: 'de' }), { allow: NOWHERE })).toBe(
    'Page: First\nSummary: About the first.\n\nPage: Second\nSummary: About the second.\n\n' +
      'Page: Fifth\nSummary: About the fifth.',
  );
  const url = new URL(calls[0]?.path ?? '', 'http://wikipedia');
  expect(url.pathname).toBe('/w/api.php');
  expect(Object.fromEntries(url.searchParams)).toEqual({
    action: 'query',
    format: 'json',
    formatversion: '2',
    generator: 'search',
    gsrsearch: 'some words',
    gsrlimit: '5',
    prop: 'extracts|pageprops',
    exintro: '1',
    explaintext: '1',
    exlimit: '5',
    ppprop: 'disambiguation',
  });
});

test('query and answer have their lengths', async () => {
  const long = { title: 'Long', index: 1, extract: 'x'.repeat(10_000) };
  const { text, calls } = await wikipedia({ query: { pages: [long] } });
  expect(await text(...search({ query: 'q'.repeat(1000) }))).toHaveLength(4000);
  expect(new URL(calls[0]?.path ?? '', 'http://w').searchParams.get('gsrsearch')).toHaveLength(300);
});

test('nothing found', async () => {
  const { text, failure } = await wikipedia({ batchcomplete: true });
  expect(await text(...search({ query: 'x' }))).toBe('No good Wikipedia Search Result was found');
  expect((await failure(...search({ query: ' ' }))).message).toBe('Please input query');
});

test('an error of the API', async () => {
  const { failure } = await wikipedia({ error: { code: 'cirrussearch', info: 'Search is down' } });
  expect(await failure(...search({ query: 'x' }))).toMatchObject({
    kind: 'failed',
    message: 'Wikipedia: Search is down',
  });
});

test.each(['<html>', '[]', '{"query": {"pages": [5]}}'])('an answer of %s', async (answer) => {
  expect((await (await wikipedia(answer)).failure(...search({ query: 'x' }))).kind).toBe('failed');
});

test.each([
  ['de', 'de'],
  ['EN', 'en'],
  ['zh-min-nan', 'zh-min-nan'],
  ['simple', 'simple'],
  ['', 'en'],
  [null, 'en'],
])('language %j is a host of its own', async (language, host) => {
  const lookup = vi.fn<Resolve>(async () => []);
  const outbound = createOutbound({ lookup });
  const settings = { name: 'wikipedia', apiKey: null, baseUrl: null, timeoutMs: null };
  const [tool] = wikipediaTools({ outbound } as BuiltinParts, settings);
  await expect(
    tool?.invoke({ query: 'x', language: language ?? undefined }, toolContext()),
  ).rejects.toThrow();
  expect(lookup).toHaveBeenCalledWith(`${host}.wikipedia.org`);
  await outbound.close();
});

test.each(['evil.example/', 'en.evil', 'en@evil', 'e', '-en', 'en-', 'e\nn', '127', 'x'.repeat(30), 'ü'])(
  'language %j is none',
  async (language) => {
    const { failure, calls } = await wikipedia();
    expect(await failure(...search({ query: 'x', language: `${language}` }))).toMatchObject({
      kind: 'arguments',
      message: 'The language must be a code such as en, de or zh.',
    });
    expect(calls).toEqual([]);
  },
);
