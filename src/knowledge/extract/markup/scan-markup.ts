import { Parser } from 'htmlparser2';
import { EXTRACT_LIMITS } from '../extract-limits.ts';
import { unreadable } from '../extraction-error.ts';

/** Attributes by their names as written: `w:val`. */
export type Attributes = Readonly<Record<string, string>>;

/** Hears of elements in the order in which they stand. Names come without the prefix of their namespace. */
export interface MarkupListener {
  open(name: string, attributes: Attributes): void;
  text?(data: string): void;
  close?(name: string): void;
}

/**
 * Reads XML, or HTML, in one pass and without a tree. Entities that a document defines are left as they are written:
 * they could name one another a billion times.
 *
 * @throws ExtractionError for elements that lie too deep in one another
 */
export function scanMarkup(source: string, syntax: 'xml' | 'html', listener: MarkupListener): void {
  let depth = 0;
  const parser = new Parser(
    {
      onopentag(name, attributes) {
        depth++;
        if (depth > EXTRACT_LIMITS.depth) throw unreadable('elements lie too deep in one another');
        listener.open(localName(name), attributes);
      },
      ontext(data) {
        listener.text?.(data);
      },
      onclosetag(name) {
        depth--;
        listener.close?.(localName(name));
      },
    },
    { xmlMode: syntax === 'xml', decodeEntities: true },
  );
  parser.end(source);
}

/** The attribute `name`, whatever prefix it has; null: there is none. */
export function attribute(attributes: Attributes, name: string): string | null {
  const found = Object.entries(attributes).find(([key]) => localName(key) === name);
  return found?.[1] ?? null;
}

function localName(name: string): string {
  return name.slice(name.indexOf(':') + 1);
}
