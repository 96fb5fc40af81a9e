import { utils, type WorkBook, write } from '@e965/xlsx';
import { strToU8, zipSync } from 'fflate';

export function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

export function zip(parts: Readonly<Record<string, string>>): Uint8Array {
  return zipSync(Object.fromEntries(Object.entries(parts).map(([path, text]) => [path, strToU8(text)])));
}

/** A Word document around what stands in its body. */
export function docx(body: string): Uint8Array {
  const word = 'http://schemas.openxmlformats.org/wordprocessingml/2006/main';
  return zip({
    '_rels/.rels': relations([['r1', 'officeDocument', 'word/document.xml']]),
    'word/document.xml': `<?xml version="1.0"?><w:document xmlns:w="${word}"><w:body>${body}</w:body></w:document>`,
  });
}

export function relations(list: readonly (readonly [id: string, type: string, target: string])[]): string {
  const base = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships';
  const each = list.map(
    ([id, type, target]) => `<Relationship Id="${id}" Type="${base}/${type}" Target="${target}"/>`,
  );
  return `<Relationships xmlns="x">${each.join('')}</Relationships>`;
}

/** A workbook of Excel's with the sheets given, each as its rows. */
export function workbook(
  bookType: 'xlsx' | 'xls',
  sheets: Readonly<Record<string, readonly (readonly unknown[])[]>>,
): Uint8Array {
  const book: WorkBook = utils.book_new();
  for (const [name, rows] of Object.entries(sheets)) {
    const sheet = utils.aoa_to_sheet(
      rows.map((row) => [...row]),
      { UTC: true, cellDates: true },
    );
    utils.book_append_sheet(book, sheet, name);
  }
  return new Uint8Array(write(book, { type: 'buffer', bookType }));
}

/** A workbook whose only sheet is written by hand. */
export function sheetXml(sheet: string): Uint8Array {
  const type = 'application/vnd.openxmlformats-officedocument.spreadsheetml';
  return zip({
    '[Content_Types].xml':
      '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">' +
      `<Override PartName="/xl/workbook.xml" ContentType="${type}.sheet.main+xml"/>` +
      `<Override PartName="/xl/worksheets/sheet1.xml" ContentType="${type}.worksheet+xml"/></Types>`,
    'xl/workbook.xml':
      '<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="x">' +
      '<sheets><sheet name="S" sheetId="1" r:id="r1"/></sheets></workbook>',
    'xl/_rels/workbook.xml.rels': relations([['r1', 'worksheet', 'worksheets/sheet1.xml']]),
    'xl/worksheets/sheet1.xml':
      '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">' +
      `<sheetData>${sheet}</sheetData></worksheet>`,
  });
}

/** A PDF of pages, each with what draws it. `font`: an object of PDF for `/F1`. */
export function pdf(
  pages: readonly (string | Uint8Array)[],
  { font = '<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>', filter = '' } = {},
): Uint8Array {
  const kids = pages.map((_, at) => `${4 + 2 * at} 0 R`).join(' ');
  const objects: Buffer[] = [
    object(1, '<< /Type /Catalog /Pages 2 0 R >>'),
    object(2, `<< /Type /Pages /Kids [${kids}] /Count ${pages.length} >>`),
    object(3, font),
  ];
  pages.forEach((page, at) => {
    const content = Buffer.from(page as Uint8Array);
    const resources = '/Resources << /Font << /F1 3 0 R >> >>';
    objects.push(
      object(
        4 + 2 * at,
        `<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] ${resources} /Contents ${5 + 2 * at} 0 R >>`,
      ),
      Buffer.from(`${5 + 2 * at} 0 obj\n<< /Length ${content.length} ${filter} >>\nstream\n`),
      content,
      Buffer.from('\nendstream\nendobj\n'),
    );
  });
  // Without a table of where objects are, which PDFium then makes itself.
  return new Uint8Array(
    Buffer.concat([
      Buffer.from('%PDF-1.7\n'),
      ...objects,
      Buffer.from('trailer\n<< /Root 1 0 R >>\n%%EOF\n'),
    ]),
  );
}

function object(number: number, text: string): Buffer {
  return Buffer.from(`${number} 0 obj\n${text}\nendobj\n`);
}

/** Draws a line of text. */
export function drawn(text: string): string {
  return `BT /F1 12 Tf 72 700 Td (${text}) Tj ET`;
}
