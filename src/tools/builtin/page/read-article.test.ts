import { expect, test } from 'vitest';
import { readArticle, readText } from './read-article.ts';

const sentence = 'A long sentence of an article, with commas, that goes on and on, as such sentences do.';
const paragraphs = `<p>${sentence}</p>`.repeat(10);
const menu = '<nav><ul><li><a href="/a">Home</a><li><a href="/b">Shop</a></ul></nav>';
const foot = '<footer class="footer"><a href="/c">Imprint</a></footer>';

test('the main part of a page, without menus', () => {
  const article = readArticle(`<!doctype html><html><head><title>News &amp; more</title></head>
    <body>${menu}<article><h1>Head</h1><p class="byline">By Jo Do</p>${paragraphs}</article>${foot}</body></html>`);
  expect(article.title).toBe('News & more');
  expect(article.author).toBe('By Jo Do');
  expect(article.text).toContain(`${sentence}\n\n${sentence}`);
  expect(article.text).not.toMatch(/Home|Imprint/);
});

test.each([
  ['html', `<title>T</title><body>${menu}${paragraphs}`],
  ['body', `<html><head><title>T</title></head>${menu}${paragraphs}</html>`],
  ['head', `<html lang=en><title>T</title><body class=x>${menu}${paragraphs}`],
  ['all', `<title>T</title>${menu}${paragraphs}`],
])('a page that leaves out the tags of %s', (_, html) => {
  const { title, text } = readArticle(html);
  expect(title).toBe('T');
  expect(text.split(sentence)).toHaveLength(11);
  expect(text).not.toContain('<');
});

test('the author that a page names in its head', () => {
  const html = `<html><head><meta name="author" content="Jo Do"></head><body>${paragraphs}</body></html>`;
  expect(readArticle(html).author).toBe('Jo Do');
});

test('a page without an article is all of its text', () => {
  expect(readArticle('plain')).toEqual({ title: '', author: '', text: 'plain' });
  expect(readArticle('')).toEqual({ title: '', author: '', text: '' });
  expect(readArticle('<title>T</title><frameset><noframes>frames</noframes></frameset>').title).toBe('T');
});

test('so is one whose tree would be too large or too deep', () => {
  const large = readArticle(`${menu}${'<p>word</p>'.repeat(60_000)}`);
  expect(large.text).toMatch(/^Home\nShop\n\nword\n\nword/);
  const deep = readArticle(`${menu}${'<div>'.repeat(300)}${paragraphs}`);
  expect(deep.text).toMatch(/^Home\nShop\n\nA long sentence/);
});

test('one that lies deeper than anything says so', () => {
  const message = 'The elements of this page lie too deep in one another.';
  for (const read of [readArticle, readText]) {
    expect(() => read('<div>'.repeat(1000))).toThrow(expect.objectContaining({ kind: 'failed', message }));
  }
});

test('readText takes menus, too', () => {
  expect(readText(`<title>T</title>${menu}${paragraphs}`)).toMatchObject({
    title: 'T',
    text: expect.stringMatching(/^Home\nShop\n\nA long/),
  });
});

test('a title or author is one line, and not endless', () => {
  const { title, author } = readArticle(
    `<title>a\n\n${'b'.repeat(5000)}</title><meta name=author content="${'c'.repeat(5000)}">${paragraphs}`,
  );
  expect(title).toHaveLength(500);
  expect(author).toHaveLength(500);
});
