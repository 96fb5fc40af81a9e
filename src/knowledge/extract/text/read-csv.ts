import { BoundedText } from '../bounded-text.ts';
import { addTable, oneLine } from '../markdown-table.ts';

/** Comma-separated values as a Markdown table. Empty lines are no rows. */
export function readCsv(source: string): string {
  const text = new BoundedText();
  addTable(text, rowsOf(source));
  return text.toString();
}

/** As Python's `csv` reads: quotes count at the beginning of a cell, and what follows them is taken as it is. */
function* rowsOf(source: string): Generator<string[]> {
  let row: string[] = [];
  let cell = '';
  let at = 0;
  while (at <= source.length) {
    if (source[at] === '"' && cell === '') {
      const quoted = quotedAt(source, at);
      cell = quoted.text;
      at = quoted.end;
    }
    const end = endOfPart(source, at);
    cell += source.slice(at, end);
    at = end + 1;
    if (source[end] === ',') {
      row.push(oneLine(cell));
    } else {
      if (cell !== '' || row.length > 0) yield [...row, oneLine(cell)];
      row = [];
    }
    cell = '';
  }
}

function endOfPart(source: string, from: number): number {
  let at = from;
  while (at < source.length && source[at] !== ',' && source[at] !== '\n' && source[at] !== '\r') at++;
  return at;
}

/** What stands in quotes that begin at `from`; without an end, all the rest. */
function quotedAt(source: string, from: number): { readonly text: string; readonly end: number } {
  let text = '';
  let at = from + 1;
  for (;;) {
    const quote = source.indexOf('"', at);
    if (quote < 0) return { text: text + source.slice(at), end: source.length };
    text += source.slice(at, quote);
    if (source[quote + 1] !== '"') return { text, end: quote + 1 };
    text += '"';
    at = quote + 2;
  }
}
