import { ToolError } from '../../tool-error.ts';
import { boundText } from '../bound-text.ts';
import { type HtmlElement, parseTree } from './parse-tree.ts';
import { scanHtml } from './scan-html.ts';
import type { SearchPage, SearchResult } from './search-page.ts';

/** A page of ten results has some hundreds. */
const MAX_NODES = 50_000;
const MAX_RESULTS = 100;
const MAX_FIELDS = 30;

/** @throws ToolError `failed` */
export function readSearchPage(html: string): SearchPage {
  const { nodes, complete } = scanHtml(html);
  if (!complete || nodes > MAX_NODES) throw new ToolError('failed', 'This is no page of search results.');
  const tree = parseTree(html);
  const results = [...tree.querySelectorAll('.result:not(.result--ad)')].slice(0, MAX_RESULTS);
  const form = [...tree.querySelectorAll('.nav-link form')].at(-1);
  const none = tree.querySelector('.no-results, .no-results-message') !== null;
  return {
    results: results.map(resultOf).filter((result) => result !== null),
    next: form === undefined ? null : fieldsOf(form),
    answered: results.length > 0 || none,
  };
}

function resultOf(element: HtmlElement): SearchResult | null {
  const link = element.querySelector('a.result__a');
  const href = targetOf(link?.getAttribute('href') ?? '');
  if (link === null || href === null) return null;
  return {
    title: textOf(link, 500),
    href,
    body: textOf(element.querySelector('.result__snippet'), 5000),
  };
}

/** Results lead through `//duckduckgo.com/l/?uddg=<address>`; null for what leads nowhere, and for advertisements. */
function targetOf(href: string): string | null {
  const url = URL.parse(href, 'https://duckduckgo.com');
  const inner = url?.pathname === '/l/' ? URL.parse(url.searchParams.get('uddg') ?? '') : url;
  if (inner === null || !/^https?:$/.test(inner.protocol)) return null;
  return inner.hostname === 'duckduckgo.com' && inner.pathname === '/y.js' ? null : inner.href.slice(0, 4000);
}

/** The last form of the navigation asks for the next page; a form that goes back has a button "Previous". */
function fieldsOf(form: HtmlElement): Readonly<Record<string, string>> | null {
  const inputs = [...form.querySelectorAll('input')].slice(0, MAX_FIELDS);
  const back = inputs.some((input) => /^prev/i.test(input.getAttribute('value') ?? ''));
  const named = inputs.filter(
    (input) => input.getAttribute('type') === 'hidden' && input.getAttribute('name') !== null,
  );
  const fields = named.map((input) => [
    input.getAttribute('name')?.slice(0, 100),
    input.getAttribute('value')?.slice(0, 2000) ?? '',
  ]);
  return back || fields.length === 0 ? null : Object.fromEntries(fields);
}

function textOf(element: HtmlElement | null, max: number): string {
  return boundText((element?.textContent ?? '').replace(/\s+/g, ' ').trim(), max);
}
