import { FlowWriter } from './flow-writer.ts';
import { PARAGRAPH, ROW, readFlow, rolesOf, SKIP, TABLE, type Vocabulary } from './read-flow.ts';
import { attribute } from './scan-markup.ts';

const HTML: Vocabulary = {
  syntax: 'html',
  textIn: 'anywhere',
  roles: rolesOf(
    ['head script style noscript template svg math iframe object audio video select datalist', SKIP],
    [
      'address article aside blockquote body caption dd details div dl dt fieldset figcaption figure footer form ' +
        'h1 h2 h3 h4 h5 h6 header hr legend li main nav ol p section summary ul',
      PARAGRAPH,
    ],
    ['pre textarea', { kind: 'preformatted' }],
    ['table', TABLE],
    ['tr', ROW],
    ['td th', { kind: 'cell', span: (attributes) => Number(attribute(attributes, 'colspan')) }],
    ['br', { kind: 'mark', apply: (writer) => writer.endParagraph(false) }],
  ),
};

/**
 * The text of HTML: paragraphs in lines, tables as Markdown. For HTML within other documents; a file of HTML stays as it
 * is.
 *
 * @throws ExtractionError
 */
export function htmlText(html: string): string {
  const writer = new FlowWriter({ exact: false });
  readFlow(html, HTML, writer);
  return writer.toString();
}
