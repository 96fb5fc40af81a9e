import { Parser } from 'htmlparser2';
import { MAX_TEXT } from '../bound-text.ts';

/** HTML as one pass over it shows it, without building a tree. */
export interface HtmlScan {
  /** Text that people see, in lines: blocks stand on lines of their own, paragraphs apart. */
  readonly text: string;
  readonly title: string;
  readonly author: string;
  /** Elements, attributes, texts and comments: what a tree of it would hold. */
  readonly nodes: number;
  /** How deep its elements lie in one another. */
  readonly depth: number;
  /** False: its elements lie so deep that the rest was not read. */
  readonly complete: boolean;
}

/** Deeper than any page that people wrote. Finding the element that a closing tag ends takes time by depth. */
const MAX_DEPTH = 512;

/** Elements whose text nobody sees. */
const HIDDEN = new Set(
  'script style noscript template svg math iframe object canvas audio video select datalist'.split(' '),
);
const BLOCKS = new Set(
  (
    'address article aside body center details dialog dd div dl dt fieldset figcaption figure footer form ' +
    'header hgroup li main menu nav option search section summary tbody tfoot thead tr'
  ).split(' '),
);
const CELLS = new Set(['td', 'th']);
const PARAGRAPHS = new Set('blockquote h1 h2 h3 h4 h5 h6 hr ol p pre table ul'.split(' '));

export function scanHtml(html: string): HtmlScan {
  const text = new Lines();
  let title = '';
  let titles = 0;
  let author = '';
  let nodes = 0;
  let deepest = 0;
  const open: string[] = [];
  let hidden = 0;
  let preformatted = 0;
  const tooDeep = new Error('too deep');
  const part = (name: string): void => {
    if (CELLS.has(name)) text.space();
    else text.break(PARAGRAPHS.has(name) ? 2 : BLOCKS.has(name) || name === 'br' ? 1 : 0);
  };
  const parser = new Parser({
    onopentag(name, attributes) {
      open.push(name);
      nodes += 1 + Object.keys(attributes).length;
      deepest = Math.max(deepest, open.length);
      if (open.length > MAX_DEPTH) throw tooDeep;
      if (HIDDEN.has(name)) hidden++;
      if (name === 'pre') preformatted++;
      if (name === 'title' && hidden === 0) titles++;
      if (name === 'meta' && author === '' && attributes.name?.toLowerCase() === 'author')
        author = oneLine(attributes.content ?? '');
      if (hidden === 0) part(name);
    },
    ontext(data) {
      nodes++;
      if (open.at(-1) === 'title') title = titles === 1 ? (title + data).slice(0, 1000) : title;
      else if (hidden === 0) text.add(data, preformatted > 0);
    },
    oncomment() {
      nodes++;
    },
    onclosetag(name) {
      open.pop();
      if (HIDDEN.has(name)) hidden--;
      if (name === 'pre') preformatted--;
      if (hidden === 0 && name !== 'br') part(name);
    },
  });
  let complete = true;
  try {
    parser.end(html);
  } catch (error) {
    if (error !== tooDeep) throw error;
    complete = false;
  }
  return { text: text.toString(), title: oneLine(title), author, nodes, depth: deepest, complete };
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim().slice(0, 500);
}

/** Text with its white space as a browser shows it. What goes far beyond `MAX_TEXT` is left out. */
class Lines {
  readonly #parts: string[] = [];
  #length = 0;
  #breaks = 0;
  #space = false;

  break(lines: number): void {
    this.#breaks = Math.max(this.#breaks, lines);
  }

  space(): void {
    this.#space = true;
  }

  add(data: string, preformatted: boolean): void {
    if (this.#length > MAX_TEXT) return;
    const words = preformatted ? data.replace(/\r\n?/g, '\n') : data.replace(/\s+/g, ' ');
    const text = preformatted ? words : words.trim();
    if (!preformatted && words.startsWith(' ')) this.#space = true;
    if (text === '') return;
    if (this.#length > 0 && this.#breaks > 0) this.#push('\n'.repeat(this.#breaks));
    else if (this.#length > 0 && this.#space) this.#push(' ');
    this.#push(text);
    this.#breaks = 0;
    this.#space = !preformatted && words.endsWith(' ');
  }

  toString(): string {
    return this.#parts.join('').trim();
  }

  #push(text: string): void {
    this.#parts.push(text);
    this.#length += text.length;
  }
}
