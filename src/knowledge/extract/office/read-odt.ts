import { EXTRACT_LIMITS } from '../extract-limits.ts';
import { FlowWriter } from '../markup/flow-writer.ts';
import {
  characters,
  PARAGRAPH,
  ROW,
  readFlow,
  rolesOf,
  SKIP,
  TABLE,
  type Vocabulary,
} from '../markup/read-flow.ts';
import { attribute } from '../markup/scan-markup.ts';
import { Archive } from './archive.ts';

const OPEN_DOCUMENT: Vocabulary = {
  syntax: 'xml',
  textIn: 'paragraph',
  roles: rolesOf(
    ['scripts font-face-decls automatic-styles tracked-changes annotation sequence-decls', SKIP],
    ['p h', PARAGRAPH],
    ['tab', characters('\t')],
    ['line-break', characters('\n')],
    [
      's',
      {
        kind: 'characters',
        characters: (attributes) => ' '.repeat(Math.min(Number(attribute(attributes, 'c')) || 1, 1000)),
      },
    ],
    ['table', TABLE],
    ['table-row', ROW],
    [
      'table-cell covered-table-cell',
      {
        kind: 'cell',
        span: (attributes) =>
          Math.min(Number(attribute(attributes, 'number-columns-repeated')) || 1, EXTRACT_LIMITS.span),
      },
    ],
  ),
};

/** Paragraphs and tables of an OpenDocument text. */
export function readOdt(bytes: Uint8Array): string {
  const writer = new FlowWriter({ exact: false });
  readFlow(new Archive(bytes).need('content.xml'), OPEN_DOCUMENT, writer);
  return writer.toString();
}
