import { BoundedText } from '../bounded-text.ts';
import { EXTRACT_LIMITS } from '../extract-limits.ts';
import { addTable } from '../markdown-table.ts';

interface Table {
  readonly rows: string[][];
  row: string[];
  cell: Cell | null;
}

interface Cell {
  readonly paragraphs: string[];
  span: number;
  /** Goes on from the row above, whose text it repeats. */
  continues: boolean;
}

/** Puts paragraphs and tables together in the order in which they come, tables as Markdown. */
export class FlowWriter {
  readonly #text = new BoundedText();
  /** Of what is not in `#text` yet. */
  readonly #pending = new BoundedText();
  readonly #exact: boolean;
  readonly #tables: Table[] = [];
  #paragraph = '';
  #atSpace = true;
  #blocks = 0;

  /** @param exact keeps paragraphs without a text, and white space at their ends */
  constructor({ exact }: { readonly exact: boolean }) {
    this.#exact = exact;
  }

  /** Whether a space would be the first of a line, or the second in a row. */
  get atSpace(): boolean {
    return this.#atSpace;
  }

  text(data: string): void {
    this.#pending.charge(data.length);
    this.#paragraph += data;
    if (data !== '') this.#atSpace = data.trimEnd().length < data.length;
  }

  /** @param given whether it is a paragraph even without a text */
  endParagraph(given: boolean): void {
    const text = this.#exact ? this.#paragraph : this.#paragraph.trimEnd();
    this.#paragraph = '';
    this.#atSpace = true;
    if (text.trim() === '' && !(given && this.#exact)) return;
    const cell = this.#tables.at(-1)?.cell;
    if (cell) cell.paragraphs.push(text);
    else this.#block(text);
  }

  openTable(): void {
    this.endParagraph(false);
    this.#tables.push({ rows: [], row: [], cell: null });
  }

  /** What stands outside of rows ends one, too. */
  openRow(): void {
    this.closeRow();
  }

  openCell(span: number): void {
    this.closeCell();
    const table = this.#tables.at(-1);
    if (table !== undefined) table.cell = { paragraphs: [], span: 1, continues: false };
    this.span(span);
  }

  /** How many cells the open one stands for. */
  span(cells: number): void {
    const cell = this.#tables.at(-1)?.cell;
    if (cell && cells > 1) cell.span = Math.min(Math.trunc(cells), EXTRACT_LIMITS.span);
  }

  continueAbove(): void {
    const cell = this.#tables.at(-1)?.cell;
    if (cell) cell.continues = true;
  }

  closeCell(): void {
    this.endParagraph(false);
    const table = this.#tables.at(-1);
    if (!table?.cell) return;
    const { paragraphs, span, continues } = table.cell;
    const above = continues ? table.rows.at(-1)?.[table.row.length] : undefined;
    const lines = paragraphs.flatMap((paragraph) => paragraph.split('\n'));
    const text =
      above ??
      lines
        .map((line) => line.trimEnd())
        .join('<br>')
        .trim();
    // Its own text is counted already; what repeats it, and the signs between cells, is not.
    const copies = above === undefined ? span - 1 : span;
    this.#pending.charge(copies * text.length + 3 * span);
    for (let count = 0; count < span; count++) table.row.push(text);
    table.cell = null;
  }

  closeRow(): void {
    this.closeCell();
    const table = this.#tables.at(-1);
    if (table === undefined || table.row.length === 0) return;
    table.rows.push(table.row);
    table.row = [];
  }

  /** A table within a cell becomes lines of that cell; one without a text is none. */
  closeTable(): void {
    this.closeRow();
    const table = this.#tables.pop();
    if (table === undefined) return;
    const rows = table.rows.filter((row) => row.some((cell) => cell !== ''));
    if (rows.length === 0) return;
    const outer = this.#tables.at(-1)?.cell;
    if (outer) {
      for (const row of rows) outer.paragraphs.push(row.join(' '));
    } else {
      const text = new BoundedText();
      addTable(text, rows);
      this.#block(text.toString());
    }
  }

  toString(): string {
    while (this.#tables.length > 0) this.closeTable();
    this.endParagraph(false);
    return this.#text.toString();
  }

  #block(text: string): void {
    if (this.#blocks > 0) this.#text.add('\n');
    this.#blocks++;
    this.#text.add(text);
  }
}
