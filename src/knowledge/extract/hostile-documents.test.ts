import { Worker } from 'node:worker_threads';
import { constants, deflateRawSync } from 'node:zlib';
import { zipSync } from 'fflate';
import { afterEach, expect, test, vi } from 'vitest';
import { docx, drawn, pdf, sheetXml, utf8, zip } from './documents.fixture.ts';
import { EXTRACT_LIMITS } from './extract-limits.ts';
import { createTextExtractor, extractText } from './extract-text.ts';

const never = new AbortController().signal;
/** Busy for many seconds. */
const SLOW = utf8('- a: b\n'.repeat(500_000));
const QUICK = utf8('a: b');

const terminated = vi.spyOn(Worker.prototype, 'terminate');
afterEach(() => {
  terminated.mockClear();
});

function read(extension: string, bytes: Uint8Array, extract = extractText): Promise<string> {
  return extract({ bytes, extension, mimeType: null }, { signal: never });
}

const BOMB = zipSync({ 'word/document.xml': new Uint8Array(EXTRACT_LIMITS.unpackedBytes + 1) }, { level: 1 });

/** 900 MB of the operators that save PDF's state, compressed: what 4 MB give, again and again. */
function longPdf(): Uint8Array {
  const piece = deflateRawSync(Buffer.alloc(4_000_000, ' q'), { finishFlush: constants.Z_FULL_FLUSH });
  const end = Buffer.from('0300', 'hex');
  return pdf([Buffer.concat([Buffer.from('789c', 'hex'), ...Array(225).fill(piece), end])], {
    filter: '/Filter /FlateDecode',
  });
}

/** Says in its directory that it unpacks to nothing much. */
function lying(archive: Uint8Array): Uint8Array {
  const view = new DataView(archive.buffer, archive.byteOffset, archive.byteLength);
  for (let at = 0; at + 28 < archive.length; at++) {
    if (view.getUint32(at, true) === 0x02014b50) view.setUint32(at + 24, 1000, true);
  }
  return archive;
}

const compound = (version: number, rest: Uint8Array) => {
  const head = new Uint8Array(512);
  head.set([0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1]);
  head[26] = version;
  return new Uint8Array(Buffer.concat([head, rest]));
};

test.each([
  ['a zip bomb', '.docx', () => BOMB, 'unpacks to more than 100 MB'],
  ['a bomb of a workbook', '.xlsx', () => BOMB, 'unpacks to more than 100 MB'],
  ['a bomb behind the head of a compound file', '.xls', () => compound(0, BOMB), 'it is no Excel workbook'],
  ['the same as a mail', '.msg', () => compound(0, BOMB), 'it is no mail of Outlook'],
  [
    'too many entries',
    '.odt',
    () =>
      zip(
        Object.fromEntries(
          Array.from({ length: EXTRACT_LIMITS.archiveEntries + 1 }, (_, at) => [`${at}`, '']),
        ),
      ),
    'too many entries',
  ],
  ['elements in elements', '.docx', () => docx('<w:r>'.repeat(100_000)), 'too deep'],
  ['HTML in HTML', '.eml', () => utf8(`Content-Type: text/html\n\n${'<b>'.repeat(100_000)}`), 'too deep'],
  ['lists in lists', '.yaml', () => utf8('['.repeat(20_000)), 'Maximum call stack'],
  [
    'parts in parts',
    '.eml',
    () =>
      utf8(
        Array.from(
          { length: 2000 },
          (_, at) => `Content-Type: multipart/mixed; boundary=b${at}\n\n--b${at}\n`,
        ).join(''),
      ),
    'nesting depth',
  ],
  [
    'more rows than a sheet may have',
    '.xlsx',
    () => sheetXml('<row><c><v>1</v></c></row>'.repeat(EXTRACT_LIMITS.rows + 1)),
    'more than 200,000 rows',
  ],
  [
    'a wide sheet',
    '.xlsx',
    () => sheetXml(`<row r="1"><c r="XFD1"><v>1</v></c></row>${'<row><c><v>1</v></c></row>'.repeat(5_000)}`),
    'more than 10,000,000 characters',
  ],
  [
    'cells without end',
    '.docx',
    () =>
      docx(
        `<w:tbl>${`<w:tr>${'<w:tc><w:tcPr><w:gridSpan w:val="999999999"/></w:tcPr></w:tc>'.repeat(200)}</w:tr>`.repeat(100)}</w:tbl>`,
      ),
    'more than 10,000,000 characters',
  ],
  [
    'more text than there may be',
    '.txt',
    () => new Uint8Array(EXTRACT_LIMITS.outputChars + 1).fill(97),
    'more than 10,000,000 characters',
  ],
  [
    'more bytes than there may be',
    '.txt',
    () => new Uint8Array(EXTRACT_LIMITS.inputBytes + 1),
    'larger than 50 MB',
  ],
  ['a PDF that unpacks to gigabytes', '.pdf', longPdf, 'more memory than it may'],
] as const)('%s is refused', { timeout: 120_000 }, async (_, extension, make, message) => {
  await expect(read(extension, make())).rejects.toMatchObject({
    name: 'ExtractionError',
    type: 'TextExtractionError',
    message: expect.stringContaining(message),
  });
  expect(await read('.pdf', pdf([drawn('next')]))).toBe('next');
});

test('an archive that lies of its sizes gives no more than it says', async () => {
  await expect(read('.docx', lying(BOMB.slice()))).rejects.toMatchObject({
    message: 'Failed to extract text from DOCX: it is no Word document',
  });
});

test.each([
  [
    'white space in a cell',
    () => docx(`<w:tbl><w:tr><w:tc><w:p><w:t>${' '.repeat(4_000_000)}x</w:t></w:p></w:tc></w:tr></w:tbl>`),
  ],
  ['pieces of a paragraph', () => docx(`<w:p>${'<w:t>x</w:t>'.repeat(500_000)}</w:p>`)],
  [
    'rows of a table in a table',
    () =>
      docx(
        `<w:tbl><w:tr><w:tc><w:tbl>${'<w:tr><w:tc><w:p><w:t>x</w:t></w:p></w:tc></w:tr>'.repeat(200_000)}</w:tbl></w:tc></w:tr></w:tbl>`,
      ),
  ],
])('many %s cost time by their number', async (_, make) => {
  expect(await read('.docx', make())).toContain('x');
});

test('many pieces of text in HTML do, too', async () => {
  const html = `Content-Type: text/html\n\n<p>${'a <b>b </b>'.repeat(300_000)}`;
  expect(await read('.eml', utf8(html))).toMatch(/^a b a b .* b$/);
});

test('entities of a document are not filled in', async () => {
  const part =
    '<!DOCTYPE d [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;"><!ENTITY f SYSTEM "file:///etc/passwd">]>' +
    '<w:document><w:p><w:t>x&amp;&b;&f;y</w:t></w:p></w:document>';
  expect(await read('.docx', zip({ 'word/document.xml': part }))).toBe('x&&b;&f;y');
});

test('a document that takes too long, or too much memory, ends its thread and nothing else', {
  timeout: 60_000,
}, async () => {
  const quick = createTextExtractor({ ...EXTRACT_LIMITS, timeoutMs: 2_000 });
  await expect(read('.yaml', SLOW, quick)).rejects.toMatchObject({
    type: 'TextExtractionError',
    message: 'Reading the document took longer than 2 seconds.',
  });
  const small = createTextExtractor({ ...EXTRACT_LIMITS, heapMb: 24 });
  await expect(read('.yaml', SLOW, small)).rejects.toMatchObject({
    message: 'Reading the document takes more memory than it may.',
  });
  expect(terminated).toHaveBeenCalledTimes(2);
  expect(await read('.yaml', QUICK, quick)).toBe('a: b\n');
});

test('a stop ends the thread out of a busy loop; the next document gets another', async () => {
  const extract = createTextExtractor({ ...EXTRACT_LIMITS, maxThreads: 1 });
  await read('.yaml', QUICK, extract);
  const stop = new AbortController();
  const reading = extract({ bytes: SLOW, extension: '.yaml', mimeType: null }, { signal: stop.signal });
  const after = read('.yaml', QUICK, extract);
  await new Promise((resolve) => setImmediate(resolve));
  expect(terminated).not.toHaveBeenCalled();
  stop.abort('stop');
  expect(terminated).toHaveBeenCalledOnce();
  await expect(reading).rejects.toBe('stop');
  // Resolves when the thread is gone.
  await terminated.mock.results[0]?.value;
  expect(await after).toBe('a: b\n');
  await expect(
    extract({ bytes: QUICK, extension: '.yaml', mimeType: null }, { signal: stop.signal }),
  ).rejects.toBe('stop');
});
