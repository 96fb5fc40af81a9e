import { BoundedText } from '../bounded-text.ts';
import { unreadable } from '../extraction-error.ts';
import { FlowWriter } from '../markup/flow-writer.ts';
import {
  characters,
  PARAGRAPH,
  ROW,
  readFlow,
  rolesOf,
  SKIP,
  TABLE,
  TEXT,
  type Vocabulary,
} from '../markup/read-flow.ts';
import { scanMarkup } from '../markup/scan-markup.ts';
import { decodeBytes } from '../text/decode-bytes.ts';
import { Archive } from './archive.ts';
import { mainPart, relationsOf } from './relations.ts';

const DRAWING: Vocabulary = {
  syntax: 'xml',
  textIn: 'text',
  roles: rolesOf(
    // Settings; and numbers of slides, dates.
    ['pPr rPr endParaRPr bodyPr lstStyle fld Fallback', SKIP],
    ['p', PARAGRAPH],
    ['t', TEXT],
    ['br', characters('\n')],
    ['tbl', TABLE],
    ['tr', ROW],
    ['tc', { kind: 'cell' }],
  ),
};

/** What slides say, in their order, each with its notes. */
export function readPptx(bytes: Uint8Array): string {
  const archive = new Archive(bytes);
  const slides = slidesOf(archive).flatMap((slide) => {
    const notes = [...relationsOf(archive, slide).values()].filter(({ type }) => type === 'notesSlide');
    return [slide, ...notes.map(({ target }) => target)];
  });
  const wanted = new Set(slides);
  const parts = archive.read((path) => wanted.has(path));
  const text = new BoundedText();
  for (const slide of slides) {
    const part = parts[slide];
    if (part === undefined) continue;
    const writer = new FlowWriter({ exact: false });
    readFlow(decodeBytes(part), DRAWING, writer);
    const said = writer.toString();
    if (said === '') continue;
    if (text.length > 0) text.add('\n');
    text.add(said);
  }
  return text.toString();
}

/** Paths of the slides in the order in which they are shown. */
function slidesOf(archive: Archive): string[] {
  const main = mainPart(archive) ?? 'ppt/presentation.xml';
  const source = archive.text(main);
  if (source === null) throw unreadable(`it has no ${main}`);
  const relations = relationsOf(archive, main);
  const slides: string[] = [];
  scanMarkup(source, 'xml', {
    open(name, attributes) {
      if (name !== 'sldId') return;
      // Besides the slide's own id it has the one of its relation, whose name has a prefix.
      const id = Object.entries(attributes).find(([key]) => key.endsWith(':id'))?.[1];
      const slide = relations.get(id ?? '');
      if (slide !== undefined) slides.push(slide.target);
    },
  });
  return slides;
}
