import { checkLength, isTooLong } from './bounded-text.ts';
import type { DocumentKind } from './document-kind.ts';
import type { ExtractTask } from './extract-task.ts';
import { unreadable } from './extraction-error.ts';

/** What could not be read, as Dify says it. */
const FAILURES: Readonly<Record<DocumentKind, string>> = {
  text: 'Failed to decode plain text file',
  json: 'Failed to decode or parse JSON file',
  yaml: 'Failed to decode or parse YAML file',
  csv: 'Failed to extract text from CSV',
  vtt: 'Failed to extract text from VTT',
  properties: 'Failed to extract text from properties file',
  pdf: 'Failed to extract text from PDF',
  docx: 'Failed to extract text from DOCX',
  pptx: 'Failed to extract text from PPTX',
  odt: 'Failed to extract text from ODT',
  epub: 'Failed to extract text from EPUB',
  spreadsheet: 'Failed to extract text from Excel file',
  eml: 'Failed to extract text from EML',
  msg: 'Failed to extract text from MSG',
};

/** Messages of libraries can quote what they read. */
const MAX_MESSAGE = 300;

/**
 * The text of a document. Readers, and the libraries that they need, are loaded when they are first needed. Only what is
 * small and cheap to read is read on the server's own thread (`extract-text.ts`).
 *
 * @throws ExtractionError
 */
export async function readDocument({ kind, bytes }: ExtractTask): Promise<string> {
  try {
    const text = await read(kind, bytes);
    checkLength(text.length);
    // A zero is no character of a text, and PostgreSQL takes none.
    return text.replaceAll('\0', '');
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw unreadable(`${FAILURES[kind]}: ${message.slice(0, MAX_MESSAGE)}`, { cause: error });
  }
}

async function read(kind: DocumentKind, bytes: Uint8Array): Promise<string> {
  switch (kind) {
    case 'text':
      if (isTooLong(bytes)) checkLength(bytes.length);
      return decoded(bytes);
    case 'json':
      return (await import('./text/read-json.ts')).readJson(await decoded(bytes));
    case 'yaml':
      return (await import('./text/read-yaml.ts')).readYaml(await decoded(bytes));
    case 'csv':
      return (await import('./text/read-csv.ts')).readCsv(await decoded(bytes));
    case 'vtt':
      return (await import('./text/read-vtt.ts')).readVtt(await decoded(bytes));
    case 'properties':
      return (await import('./text/read-properties.ts')).readProperties(await decoded(bytes));
    case 'pdf':
      return (await import('./pdf/read-pdf.ts')).readPdf(bytes);
    case 'docx':
      return (await import('./office/read-docx.ts')).readDocx(bytes);
    case 'pptx':
      return (await import('./office/read-pptx.ts')).readPptx(bytes);
    case 'odt':
      return (await import('./office/read-odt.ts')).readOdt(bytes);
    case 'epub':
      return (await import('./office/read-epub.ts')).readEpub(bytes);
    case 'spreadsheet':
      return (await import('./office/read-spreadsheet.ts')).readSpreadsheet(bytes);
    case 'eml':
      return (await import('./mail/read-eml.ts')).readEml(bytes);
    case 'msg':
      return (await import('./mail/read-msg.ts')).readMsg(bytes);
  }
}

async function decoded(bytes: Uint8Array): Promise<string> {
  return (await import('./text/decode-bytes.ts')).decodeBytes(bytes);
}
