import type { FlowWriter } from './flow-writer.ts';
import { type Attributes, scanMarkup } from './scan-markup.ts';

/** What an element means for the text of its document. */
export type ElementRole =
  | { readonly kind: 'paragraph' }
  /** What stands before and after it are paragraphs, too. */
  | { readonly kind: 'table' | 'row' | 'text' | 'skip' | 'preformatted' }
  | { readonly kind: 'cell'; span?(attributes: Attributes): number }
  /** Stands for these characters. */
  | { readonly kind: 'characters'; characters(attributes: Attributes): string }
  | { readonly kind: 'mark'; apply(writer: FlowWriter, attributes: Attributes): void };

export interface Vocabulary {
  readonly syntax: 'xml' | 'html';
  /** By local name. Other elements are looked through. */
  readonly roles: ReadonlyMap<string, ElementRole>;
  /** Where characters are text: in elements of the kind `text`, in paragraphs, or anywhere, white space being one space. */
  readonly textIn: 'text' | 'paragraph' | 'anywhere';
}

/**
 * Reads a document of paragraphs and tables, in whatever vocabulary.
 *
 * @throws ExtractionError
 */
export function readFlow(source: string, { syntax, roles, textIn }: Vocabulary, writer: FlowWriter): void {
  const open = { skip: 0, text: 0, paragraph: 0, preformatted: 0 };
  const isText = (): boolean =>
    open.skip === 0 && (textIn === 'anywhere' || (textIn === 'text' ? open.text > 0 : open.paragraph > 0));
  scanMarkup(source, syntax, {
    open(name, attributes) {
      const role = roles.get(name);
      if (role === undefined) return;
      if (role.kind === 'skip') open.skip++;
      if (open.skip > 0) return;
      switch (role.kind) {
        case 'paragraph':
          // One within another begins a new one.
          writer.endParagraph(false);
          open.paragraph++;
          return;
        case 'preformatted':
          writer.endParagraph(false);
          open.preformatted++;
          return;
        case 'text':
          open.text++;
          return;
        case 'table':
          writer.openTable();
          return;
        case 'row':
          writer.openRow();
          return;
        case 'cell':
          writer.openCell(role.span?.(attributes) ?? 1);
          return;
        case 'characters':
          writer.text(role.characters(attributes));
          return;
        case 'mark':
          role.apply(writer, attributes);
      }
    },
    text(data) {
      if (!isText()) return;
      if (textIn !== 'anywhere' || open.preformatted > 0) writer.text(data);
      else {
        const words = data.replace(/\s+/g, ' ');
        writer.text(words.startsWith(' ') && writer.atSpace ? words.slice(1) : words);
      }
    },
    close(name) {
      const role = roles.get(name);
      if (role === undefined) return;
      if (role.kind === 'skip') open.skip--;
      if (open.skip > 0) return;
      switch (role.kind) {
        case 'paragraph':
          open.paragraph--;
          writer.endParagraph(true);
          return;
        case 'preformatted':
          open.preformatted--;
          writer.endParagraph(true);
          return;
        case 'text':
          open.text--;
          return;
        case 'table':
          writer.closeTable();
          return;
        case 'row':
          writer.closeRow();
          return;
        case 'cell':
          writer.closeCell();
          return;
      }
    },
  });
}

/** Roles by the names of elements, separated by spaces. */
export function rolesOf(
  ...roles: readonly (readonly [names: string, role: ElementRole])[]
): Vocabulary['roles'] {
  return new Map(roles.flatMap(([names, role]) => names.split(' ').map((name) => [name, role] as const)));
}

export const PARAGRAPH: ElementRole = { kind: 'paragraph' };
export const TABLE: ElementRole = { kind: 'table' };
export const ROW: ElementRole = { kind: 'row' };
export const TEXT: ElementRole = { kind: 'text' };
export const SKIP: ElementRole = { kind: 'skip' };

export function characters(text: string): ElementRole {
  return { kind: 'characters', characters: () => text };
}
