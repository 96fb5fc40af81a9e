import * as xlsx from '@e965/xlsx';
import * as codepages from '@e965/xlsx/dist/cpexcel';
import { zipSync } from 'fflate';
import { BoundedText } from '../bounded-text.ts';
import { EXTRACT_LIMITS } from '../extract-limits.ts';
import { unreadable } from '../extraction-error.ts';
import { addTable, oneLine } from '../markdown-table.ts';
import { Archive } from './archive.ts';
import { isCompoundFile } from './is-compound-file.ts';

// For text of workbooks that are older than Unicode.
xlsx.set_cptable(codepages);

/** Parts that could have values, or that others refer to; media, macros and pivot tables have none. */
const PARTS = /^(?!xl\/pivot).*\.(?:xml|rels)$/i;

/**
 * Sheets as Markdown tables, the first row of each as its head. Values are as they are stored, and not as they are
 * formatted: 0.5 where a sheet shows 50 %. Empty rows are dropped.
 */
export function readSpreadsheet(bytes: Uint8Array): string {
  const book = xlsx.read(sourceOf(bytes), {
    type: 'buffer',
    dense: true,
    cellDates: true,
    UTC: true,
    cellText: false,
    cellHTML: false,
    cellFormula: false,
  });
  const text = new BoundedText();
  for (const name of book.SheetNames) {
    const rows = rowsOf(book.Sheets[name]);
    if (rows.length === 0) continue;
    addTable(text, rows);
    text.add('\n');
  }
  return text.toString();
}

/** SheetJS unpacks without a limit, and reads anything: it gets what is known to be a workbook, with its size known. */
function sourceOf(bytes: Uint8Array): Uint8Array {
  if (bytes[0] === 0x50 && bytes[1] === 0x4b) {
    return zipSync(
      new Archive(bytes).read((path) => PARTS.test(path)),
      { level: 0 },
    );
  }
  // The record that the oldest workbooks begin with, which are no compound files.
  const isRecord = bytes[0] === 0x09 && [0x00, 0x02, 0x04, 0x08].includes(bytes[1] ?? -1);
  if (isCompoundFile(bytes) || isRecord) return bytes;
  throw unreadable('it is no Excel workbook');
}

type Row = readonly (xlsx.CellObject | undefined)[];

/** What of a sheet has cells with a value; the size that it says it has can be anything. */
function rowsOf(sheet: xlsx.WorkSheet | undefined): string[][] {
  const rows = (sheet?.['!data'] ?? []) as readonly (Row | undefined)[];
  const filled = rows.filter((row): row is Row => row?.some((cell) => textOf(cell) !== '') === true);
  if (filled.length > EXTRACT_LIMITS.rows) {
    throw unreadable(`a sheet has more than ${EXTRACT_LIMITS.rows.toLocaleString('en')} rows`);
  }
  const width = filled.reduce(
    (most, row) => Math.max(most, row.findLastIndex((cell) => textOf(cell) !== '') + 1),
    0,
  );
  // Each cell costs three characters, also where there is none: more of them than fit are not made.
  new BoundedText().charge(filled.length * width * 3);
  return filled.map((row) => Array.from({ length: width }, (_, at) => textOf(row[at])));
}

function textOf(cell: xlsx.CellObject | undefined): string {
  const value = cell?.v;
  if (value === undefined || value === null) return '';
  if (value instanceof Date) return dateText(value);
  if (cell?.t === 'e') return cell.w ?? '';
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  return oneLine(String(value));
}

/** Before it, a date of Excel's is a time of day. */
const FIRST_DAY = Date.UTC(1900, 0, 1);

/** `2024-05-01 12:30:00`; `12:30:00` */
function dateText(date: Date): string {
  if (Number.isNaN(date.getTime())) return '';
  const text = date.toISOString().replace('T', ' ').slice(0, 19);
  return date.getTime() < FIRST_DAY ? text.slice(11) : text;
}
