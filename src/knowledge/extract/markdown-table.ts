import type { BoundedText } from './bounded-text.ts';

/** Adds rows as a Markdown table, the first as its head. Cells must be of one line. */
export function addTable(text: BoundedText, rows: Iterable<readonly string[]>): void {
  let head = true;
  for (const row of rows) {
    text.add(line(row));
    if (head) text.add(line(row.map(() => '---')));
    head = false;
  }
}

function line(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |\n`;
}

/** White space of lines would end a row. */
export function oneLine(cell: string): string {
  return cell.replace(/\r\n?|\n/g, ' ');
}
