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
import { attribute } from '../markup/scan-markup.ts';
import { Archive } from './archive.ts';
import { mainPart } from './relations.ts';

const WORD: Vocabulary = {
  syntax: 'xml',
  textIn: 'text',
  roles: rolesOf(
    // Settings, drawings with the text in them, and what was deleted.
    ['pPr rPr tblPr tblGrid trPr sectPr drawing pict object AlternateContent del moveFrom', SKIP],
    ['p', PARAGRAPH],
    ['t', TEXT],
    ['tab', characters('\t')],
    ['br cr', characters('\n')],
    ['noBreakHyphen', characters('-')],
    ['tbl', TABLE],
    ['tr', ROW],
    ['tc', { kind: 'cell' }],
    [
      'gridSpan',
      { kind: 'mark', apply: (writer, attributes) => writer.span(Number(attribute(attributes, 'val'))) },
    ],
    [
      'vMerge',
      {
        kind: 'mark',
        apply: (writer, attributes) => {
          if (attribute(attributes, 'val') !== 'restart') writer.continueAbove();
        },
      },
    ],
  ),
};

/** Paragraphs and tables of a Word document, as Dify's reader has them: empty paragraphs are lines, too. */
export function readDocx(bytes: Uint8Array): string {
  const archive = new Archive(bytes);
  const writer = new FlowWriter({ exact: true });
  const source = archive.need(mainPart(archive) ?? 'word/document.xml');
  if (!/<(?:\w+:)?document[\s>]/.test(source)) throw unreadable('it is no Word document');
  readFlow(source, WORD, writer);
  return writer.toString();
}
