import { expect, test } from 'vitest';
import { readSearchPage } from './read-search-page.ts';
import { challengePage, emptyPage, searchPage } from './search-page.fixture.ts';

const one = { title: 'One', href: 'https://one.example/a?b=c&d=%20e', body: 'About one' };

test('results, with the addresses that they lead to, and no advertisements', () => {
  const html = searchPage([
    { ...one, title: '<b>One</b> &amp; only', body: 'About <b>one</b>\n  and more' },
    { title: 'Two', href: 'http://two.example/', body: '' },
  ]);
  expect(readSearchPage(html)).toEqual({
    results: [
      { title: 'One & only', href: one.href, body: 'About one and more' },
      { title: 'Two', href: 'http://two.example/', body: '' },
    ],
    next: null,
    answered: true,
  });
});

test('an address that does not lead through DuckDuckGo', () => {
  const html = searchPage([one]).replace(/href="\/\/duckduckgo[^"]+"/g, 'href="https://direct.example/x"');
  expect(readSearchPage(html).results[0]?.href).toBe('https://direct.example/x');
});

test.each(['javascript:alert(1)', 'data:text/html,x', 'no address', ''])('%j is no result', (href) => {
  expect(readSearchPage(searchPage([{ ...one, href }, one])).results).toEqual([one]);
});

test('the form of the next page', () => {
  const next = { q: 'query', s: '10', nextParams: '', v: 'l', o: 'json', dc: '11', vqd: '4-123' };
  expect(readSearchPage(searchPage([one], next)).next).toEqual(next);
  expect(readSearchPage(searchPage([one], next, true)).next).toEqual(next);
});

test('a form that goes back is none', () => {
  expect(readSearchPage(searchPage([one], null, true)).next).toBeNull();
});

test('no results are an answer, a challenge is not', () => {
  expect(readSearchPage(emptyPage)).toEqual({ results: [], next: null, answered: true });
  expect(readSearchPage(challengePage)).toEqual({ results: [], next: null, answered: false });
  expect(readSearchPage('')).toMatchObject({ results: [], answered: false });
});

test('a page that is far too large is not read', () => {
  for (const html of ['<p>x</p>'.repeat(60_000), '<b>'.repeat(1000)]) {
    expect(() => readSearchPage(html)).toThrow(
      expect.objectContaining({ kind: 'failed', message: 'This is no page of search results.' }),
    );
  }
});

test('texts have their limits', () => {
  const long = searchPage([{ title: 't'.repeat(2000), href: one.href, body: 'b'.repeat(20_000) }]);
  const [result] = readSearchPage(long).results;
  expect(result?.title.length).toBeLessThan(600);
  expect(result?.body.length).toBeLessThan(5100);
});
