import { posix } from 'node:path';
import { BoundedText } from '../bounded-text.ts';
import { unreadable } from '../extraction-error.ts';
import { htmlText } from '../markup/html-text.ts';
import { attribute, scanMarkup } from '../markup/scan-markup.ts';
import { decodeBytes } from '../text/decode-bytes.ts';
import { Archive } from './archive.ts';

/** The chapters of a book, in the order in which they are read. */
export function readEpub(bytes: Uint8Array): string {
  const archive = new Archive(bytes);
  const chapters = chaptersOf(archive);
  const wanted = new Set(chapters);
  const parts = archive.read((path) => wanted.has(path));
  const text = new BoundedText();
  for (const chapter of chapters) {
    const part = parts[chapter];
    if (part === undefined) continue;
    const said = htmlText(decodeBytes(part));
    if (said === '') continue;
    if (text.length > 0) text.add('\n');
    text.add(said);
  }
  return text.toString();
}

function chaptersOf(archive: Archive): string[] {
  const packagePath = rootOf(archive);
  const files = new Map<string, string>();
  const spine: string[] = [];
  scanMarkup(archive.need(packagePath), 'xml', {
    open(name, attributes) {
      if (name === 'item') {
        const [id, href] = [attribute(attributes, 'id'), attribute(attributes, 'href')];
        if (id !== null && href !== null) files.set(id, href);
      } else if (name === 'itemref') spine.push(attribute(attributes, 'idref') ?? '');
    },
  });
  return spine.flatMap((id) => {
    const href = files.get(id);
    return href === undefined ? [] : [posix.join(posix.dirname(packagePath), pathOf(href))];
  });
}

/** Where the book's table of parts is. */
function rootOf(archive: Archive): string {
  let root: string | null = null;
  scanMarkup(archive.need('META-INF/container.xml'), 'xml', {
    open(name, attributes) {
      if (name === 'rootfile') root ??= attribute(attributes, 'full-path');
    },
  });
  if (root === null) throw unreadable('it does not say where its parts are');
  return root;
}

function pathOf(href: string): string {
  const [path = ''] = href.split('#');
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}
