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
  readonly #keepEmpty: boolean;
  readonly #tables: Table[] = [];
  #paragraph = '';
  #blocks = 0;

  constructor({ keepEmpty }: { readonly keepEmpty: boolean }) {
    this.#keepEmpty = keepEmpty;
  }

  get atLineStart(): boolean {
    return this.#paragraph === '' || /\s$/.test(this.#paragraph);
  }

  text(data: string): void {
    this.#pending.charge(data.length);
    this.#paragraph += data;
  }

  /** @param given whether it is a paragraph even without a text */
  endParagraph(given: boolean): void {
    const text = this.#paragraph;
    this.#paragraph = '';
    if (text.trim() === '' && !(given && this.#keepEmpty)) return;
    const cell = this.#tables.at(-1)?.cell;
    if (cell) cell.paragraphs.push(text);
    else this.#block(text);
  }

  openTable(): void {
    this.endParagraph(false);
    this.#tables.push({ rows: [], row: [], cell: null });
  }

  openRow(): void {
    const table = this.#tables.at(-1);
    if (table === undefined) return;
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
    const text = above ?? paragraphs.join('\n').replace(/\s*\n/g, '<br>').trim();
    for (let count = 0; count < span; count++) {
      this.#pending.charge(text.length + 3);
      table.row.push(text);
    }
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
      outer.paragraphs.push(...rows.map((row) => row.join(' ')));
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
