import { Readability } from '@mozilla/readability';
import { ToolError } from '../../tool-error.ts';
import { boundText } from '../bound-text.ts';
import type { Article } from './article.ts';
import { type HtmlTree, parseTree } from './parse-tree.ts';
import { type HtmlScan, scanHtml } from './scan-html.ts';

/** 40 MB of tree, and twice that while Readability works on it. */
const MAX_NODES = 100_000;
/** Readability takes time by the third power of the depth. */
const MAX_DEPTH = 200;

/**
 * The article of a page, without menus and the like; where none can be found, and where a tree of the page would be too
 * much, all of its text.
 *
 * @throws ToolError `failed`
 */
export function readArticle(html: string): Article {
  const scan = scanHtml(html);
  const small = scan.complete && scan.nodes <= MAX_NODES && scan.depth <= MAX_DEPTH;
  return (small ? mainPart(html, scan) : null) ?? allText(scan);
}

/**
 * All text of a page, menus and the like included.
 *
 * @throws ToolError `failed`
 */
export function readText(html: string): Article {
  return allText(scanHtml(html));
}

function allText({ title, author, text, complete }: HtmlScan): Article {
  if (!complete) throw new ToolError('failed', 'The elements of this page lie too deep in one another.');
  return { title, author, text: boundText(text) };
}

function mainPart(html: string, scan: HtmlScan): Article | null {
  try {
    const article = new Readability(treeOf(html, scan.title)).parse();
    const text = scanHtml(article?.content ?? '').text;
    if (article === null || text === '') return null;
    return {
      title: oneLine(article.title || scan.title),
      author: oneLine(article.byline || scan.author),
      text: boundText(text),
    };
  } catch {
    // Its parsers are made for pages as they should be.
    return null;
  }
}

/** A page may leave the tags of `head` and `body` out; Readability needs them. */
function treeOf(html: string, title: string): HtmlTree {
  const tree = parseTree(html);
  if (tree.querySelector('html > head + body') !== null) return tree;
  const inner = html.replace(/<\/?(?:html|head|body)(?:\s[^>]{0,500})?>|<!doctype[^>]{0,300}>/gi, '');
  const head = '<!doctype html><html><head><title></title></head><body>';
  const whole = parseTree(`${head}${inner}</body></html>`);
  whole.title = title;
  return whole;
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim().slice(0, 500);
}
