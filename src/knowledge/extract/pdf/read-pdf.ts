import type { WrappedPdfiumModule } from '@embedpdf/pdfium';
import { BoundedText } from '../bounded-text.ts';
import { ExtractionError, unreadable } from '../extraction-error.ts';
import { startPdfium } from './start-pdfium.ts';

/** `FPDF_GetLastError` */
const PASSWORD = 4;

/** The text of all pages, one after the other without anything between them, by PDFium as in Dify. */
export async function readPdf(bytes: Uint8Array): Promise<string> {
  const pdfium = await startPdfium();
  try {
    return read(pdfium, bytes);
  } catch (error) {
    if (error instanceof ExtractionError) throw error;
    // PDFium gives up without saying why, mostly for want of memory.
    throw unreadable('it is broken, or takes more memory than it may', { cause: error });
  }
}

function read(pdfium: WrappedPdfiumModule, bytes: Uint8Array): string {
  const { wasmExports } = pdfium.pdfium as unknown as Memory;
  const at = wasmExports.malloc(bytes.length);
  if (at === 0) throw unreadable('it takes more memory than it may');
  pdfium.pdfium.HEAPU8.set(bytes, at);
  const document = pdfium.FPDF_LoadMemDocument(at, bytes.length, '');
  if (document === 0) {
    const reason =
      pdfium.FPDF_GetLastError() === PASSWORD ? 'it needs a password' : 'it is no PDF, or broken';
    throw unreadable(reason);
  }
  const text = new BoundedText();
  const pages = pdfium.FPDF_GetPageCount(document);
  for (let index = 0; index < pages; index++) text.add(pageText(pdfium, document, index));
  return text.toString();
}

/** What PDFium has for a hyphen at the end of a line, where a word goes on. */
const HYPHEN = '\ufffe';

/** A page that cannot be loaded has no text. */
function pageText(pdfium: WrappedPdfiumModule, document: number, index: number): string {
  const { wasmExports } = pdfium.pdfium as unknown as Memory;
  const page = pdfium.FPDF_LoadPage(document, index);
  if (page === 0) return '';
  const textPage = pdfium.FPDFText_LoadPage(page);
  let text = '';
  if (textPage !== 0) {
    const count = pdfium.FPDFText_CountChars(textPage);
    new BoundedText().charge(Math.max(count, 0));
    if (count > 0) {
      // A character is one or two of UTF-16's units, and a zero ends the text.
      const buffer = wasmExports.malloc(4 * (count + 1));
      if (buffer === 0) throw unreadable('it takes more memory than it may');
      const written = pdfium.FPDFText_GetText(textPage, 0, count, buffer) - 1;
      const units = pdfium.pdfium.HEAPU8.slice(buffer, buffer + 2 * Math.max(written, 0));
      text = new TextDecoder('utf-16le').decode(units).replaceAll(HYPHEN, '');
      wasmExports.free(buffer);
    }
    pdfium.FPDFText_ClosePage(textPage);
  }
  pdfium.FPDF_ClosePage(page);
  return text;
}

interface Memory {
  readonly wasmExports: { malloc(bytes: number): number; free(at: number): void };
}
