import { parseHTML } from 'linkedom';

/** What is used here of the DOM, whose own types are those of a browser and not loaded in this project. */
export interface HtmlTree extends HtmlParent {
  title: string;
}

export interface HtmlElement extends HtmlParent {
  readonly textContent: string | null;
  getAttribute(name: string): string | null;
}

interface HtmlParent {
  querySelector(selector: string): HtmlElement | null;
  querySelectorAll(selector: string): Iterable<HtmlElement>;
}

/** The tree of a page as it stands there: `head` and `body` are not put where their tags are left out. */
export function parseTree(html: string): HtmlTree {
  return parseHTML(html).document;
}
