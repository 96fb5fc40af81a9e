import { CFB } from '@e965/xlsx';
import { expect, test } from 'vitest';
import { docx, drawn, pdf, relations, sheetXml, utf8, workbook, zip } from './documents.fixture.ts';
import { extractText } from './extract-text.ts';

const never = new AbortController().signal;

function read(extension: string, bytes: Uint8Array): Promise<string> {
  return extractText({ bytes, extension, mimeType: null }, { signal: never });
}

const paragraph = (text: string, settings = '') =>
  `<w:p><w:pPr>${settings}</w:pPr><w:r><w:t xml:space="preserve">${text}</w:t></w:r></w:p>`;
const cell = (content: string, settings = '') => `<w:tc><w:tcPr>${settings}</w:tcPr>${content}</w:tc>`;

test('HTML, XML and source code stay as they are', async () => {
  const html = '<p>Hi <b>you</b> &amp; me</p>';
  expect(await read('.html', utf8(html))).toBe(html);
  expect(await read('.XML', utf8('<a/>'))).toBe('<a/>');
  expect(await read('.ini', utf8('[a]\nb=1'))).toBe('[a]\nb=1');
  expect(
    await extractText({ bytes: utf8('x'), extension: null, mimeType: 'text/plain' }, { signal: never }),
  ).toBe('x');
});

test('a large text is read in a thread, with the same result', async () => {
  const text = 'naïve 中文\n'.repeat(50_000);
  expect(await read('.md', utf8(text))).toBe(text);
});

test('a zero, which no database takes, is left out', async () => {
  expect(await read('.txt', utf8('a\0b'))).toBe('ab');
});

test('YAML, which is slow to read, is read in a thread', async () => {
  expect(await read('.yaml', utf8('a: {b: [1]}'))).toBe('a:\n  b:\n  - 1\n');
});

test('PDF: the pages without anything between them', async () => {
  const two = ['BT /F1 12 Tf 72 700 Td (One) Tj 0 -20 Td (line two) Tj ET', drawn('Second page')];
  expect(await read('.pdf', pdf(two))).toBe('One\r\nline twoSecond page');
  const hyphen = 'BT /F1 12 Tf 72 700 Td (hy-) Tj 0 -12 Td (phen) Tj ET';
  expect(await read('.pdf', pdf([hyphen, '']))).toBe('hyphen');
});

test('PDF: fonts that name a character map of the standard', async () => {
  const font =
    '<< /Type /Font /Subtype /Type0 /BaseFont /STSong-Light /Encoding /GBK-EUC-H /DescendantFonts [<< /Type /Font ' +
    '/Subtype /CIDFontType0 /BaseFont /STSong-Light /CIDSystemInfo << /Registry (Adobe) /Ordering (GB1) /Supplement 2 >> ' +
    '/FontDescriptor << /Type /FontDescriptor /FontName /STSong-Light /Flags 6 /FontBBox [0 0 1000 1000] /ItalicAngle 0 ' +
    '/Ascent 880 /Descent -120 /CapHeight 880 /StemV 93 >> >>] >>';
  expect(await read('.pdf', pdf(['BT /F1 12 Tf 72 700 Td <d6d0cec4> Tj ET'], { font }))).toBe('中文');
});

test('DOCX: paragraphs and tables in order', async () => {
  const file = docx(
    [
      paragraph('One &amp; ', '<w:tabs><w:tab w:val="left"/></w:tabs>'),
      '<w:p/>',
      '<w:p><w:r><w:t>a</w:t><w:tab/><w:t>b</w:t><w:br/><w:t>c</w:t></w:r><w:hyperlink><w:r><w:t>link</w:t></w:r></w:hyperlink>',
      '<w:del><w:r><w:delText>gone</w:delText></w:r></w:del><w:r><w:drawing><w:txbxContent>',
      `${paragraph('box')}</w:txbxContent></w:drawing></w:r></w:p>`,
      `<w:tbl><w:tr>${cell(paragraph('Head'), '<w:gridSpan w:val="2"/>')}${cell(paragraph('R'))}</w:tr>`,
      `<w:tr>${cell(paragraph('x') + paragraph('y'))}${cell('<w:p/>')}${cell(paragraph('down'), '<w:vMerge w:val="restart"/>')}</w:tr>`,
      `<w:tr>${cell(`<w:tbl><w:tr>${cell(paragraph('in'))}${cell(paragraph('ner'))}</w:tr></w:tbl>`)}${cell(paragraph('z'))}${cell('<w:p/>', '<w:vMerge/>')}</w:tr></w:tbl>`,
      `<w:tbl><w:tr>${cell('<w:p/>')}</w:tr></w:tbl>`,
      paragraph('End'),
    ].join(''),
  );
  expect(await read('.docx', file)).toBe(
    'One & \n\na\tb\nclink\n| Head | Head | R |\n| --- | --- | --- |\n| x<br>y |  | down |\n| in ner | z | down |\n\nEnd',
  );
});

test.each(['xlsx', 'xls'] as const)('%s: sheets as tables, values as they are stored', async (type) => {
  const file = workbook(type, {
    One: [
      ['name', 'a\nb', 'when'],
      ['中文', 0.5, true],
      [],
      [null, 3, new Date(Date.UTC(2024, 4, 1, 12, 30))],
    ],
    Empty: [],
    Two: [['x'], ['1e3'], [new Date(Date.UTC(1899, 11, 31, 1, 2, 3))]],
  });
  expect(await read(`.${type}`, file)).toBe(
    '| name | a b | when |\n| --- | --- | --- |\n| 中文 | 0.5 | True |\n|  | 3 | 2024-05-01 12:30:00 |\n\n' +
      '| x |\n| --- |\n| 1e3 |\n| 01:02:03 |\n\n',
  );
});

test('PPTX: slides in the order in which they are shown, with tables and notes', async () => {
  const slide = (body: string) => `<p:sld xmlns:a="a" xmlns:p="p"><p:txBody>${body}</p:txBody></p:sld>`;
  const text = (words: string) => `<a:p><a:r><a:rPr/><a:t>${words}</a:t></a:r></a:p>`;
  const tableCell = (words: string) => `<a:tc><a:txBody>${text(words)}</a:txBody></a:tc>`;
  const file = zip({
    '_rels/.rels': relations([['r1', 'officeDocument', 'ppt/presentation.xml']]),
    'ppt/presentation.xml':
      '<p:presentation xmlns:r="r"><p:sldIdLst><p:sldId id="256" r:id="r2"/><p:sldId id="257" r:id="r1"/></p:sldIdLst></p:presentation>',
    'ppt/_rels/presentation.xml.rels': relations([
      ['r1', 'slide', 'slides/slide1.xml'],
      ['r2', 'slide', '/ppt/slides/slide2.xml'],
    ]),
    'ppt/slides/slide1.xml': slide(
      `<a:tbl><a:tr>${tableCell('A')}${tableCell('B')}</a:tr><a:tr>${tableCell('1')}${tableCell('2')}</a:tr></a:tbl>`,
    ),
    'ppt/slides/slide2.xml': slide(
      `${text('Title')}<a:p/>${text('Point')}<a:p><a:fld><a:t>7</a:t></a:fld></a:p>`,
    ),
    'ppt/slides/_rels/slide2.xml.rels': relations([['r1', 'notesSlide', '../notesSlides/notesSlide1.xml']]),
    'ppt/notesSlides/notesSlide1.xml': slide(text('Say this')),
  });
  expect(await read('.pptx', file)).toBe('Title\nPoint\nSay this\n| A | B |\n| --- | --- |\n| 1 | 2 |\n');
});

test('ODT: paragraphs and tables', async () => {
  const content =
    '<office:document-content><office:automatic-styles><text:p>no</text:p></office:automatic-styles><office:body>' +
    '<text:h>Title</text:h>\n<text:p>a<text:s text:c="2"/>b<text:tab/><text:span>c</text:span>' +
    '<text:line-break/>d<office:annotation><text:p>no</text:p></office:annotation></text:p><text:p/>' +
    '<table:table><table:table-row><table:table-cell table:number-columns-repeated="2"><text:p>H</text:p></table:table-cell>' +
    '</table:table-row><table:table-row><table:table-cell><text:p>1</text:p></table:table-cell><table:table-cell/>' +
    '</table:table-row></table:table></office:body></office:document-content>';
  expect(await read('.odt', zip({ 'content.xml': content }))).toBe(
    'Title\na  b\tc\nd\n| H | H |\n| --- | --- |\n| 1 |  |\n',
  );
});

test('EPUB: chapters in the order in which they are read', async () => {
  const file = zip({
    'META-INF/container.xml':
      '<container><rootfiles><rootfile full-path="OPS/book.opf"/></rootfiles></container>',
    'OPS/book.opf':
      '<package><manifest><item id="a" href="text/a%20b.xhtml"/><item id="c" href="c.xhtml"/><item id="no" href="n.xhtml"/>' +
      '</manifest><spine><itemref idref="c"/><itemref idref="a"/><itemref idref="gone"/></spine></package>',
    'OPS/text/a b.xhtml':
      '<html><head><title>T</title></head><body><p>Two <b>bold</b>\n  words</p></body></html>',
    'OPS/c.xhtml':
      '<html><body><h1>One</h1><p>a<br/>b</p><ul><li>x</li><li>y</li></ul><pre>  p\n  q</pre></body></html>',
    'OPS/n.xhtml': '<p>no</p>',
  });
  expect(await read('.epub', file)).toBe('One\na\nb\nx\ny\n  p\n  q\nTwo bold words');
});

test('EML: the text of a mail, else that of its HTML', async () => {
  const html = Buffer.concat([
    Buffer.from('<style>p{}</style><p>Hello</p><table><tr><td>'),
    Buffer.from('d6d0', 'hex'),
    Buffer.from('</td><td>b</td></tr></table>'),
  ]).toString('base64');
  const part = `Content-Type: text/html; charset=gbk\r\nContent-Transfer-Encoding: base64\r\n\r\n${html}\r\n`;
  const head = 'From: a@b.example\r\nSubject: =?utf-8?q?H=C3=A9?=\r\n';
  expect(await read('.eml', utf8(`${head}${part}`))).toBe('Hello\n| 中 | b |\n| --- | --- |\n');
  const both =
    `${head}Content-Type: multipart/alternative; boundary=x\r\n\r\n--x\r\nContent-Type: text/plain; charset=utf-8\r\n` +
    `Content-Transfer-Encoding: quoted-printable\r\n\r\nna=C3=AFve\r\n--x\r\n${part}--x--\r\n`;
  expect(await read('.eml', utf8(both))).toBe('naïve');
});

/** A mail of Outlook with these streams, and the numbers of its charsets. */
function msg(streams: Readonly<Record<string, Uint8Array>>, codepage = 936): Uint8Array {
  const properties = Buffer.alloc(32 + 2 * 16);
  [0x3ffd0003, 0x3fde0003].forEach((tag, at) => {
    properties.writeUInt32LE(tag, 32 + 16 * at);
    properties.writeUInt32LE(codepage, 32 + 16 * at + 8);
  });
  const file = CFB.utils.cfb_new();
  CFB.utils.cfb_add(file, '__properties_version1.0', properties);
  for (const [name, content] of Object.entries(streams)) {
    CFB.utils.cfb_add(file, `__substg1.0_${name}`, Buffer.from(content));
  }
  CFB.utils.cfb_add(
    file,
    '/__attach_version1.0_#00000000/__substg1.0_1000001F',
    Buffer.from('no', 'utf16le'),
  );
  return new Uint8Array(CFB.write(file, { type: 'buffer' }));
}

test.each([
  ['its text', { '1000001F': Buffer.from('Hi 中\r\n', 'utf16le'), '10130102': utf8('<p>no</p>') }, 'Hi 中'],
  ['its text in a charset', { '1000001E': Buffer.from('d6d0cec4', 'hex') }, '中文'],
  ['its HTML', { '10130102': Buffer.concat([utf8('<p>'), Buffer.from('d6d0cec4', 'hex')]) }, '中文'],
  ['nothing', {}, ''],
])('MSG: %s', async (_, streams, text) => {
  expect(await read('.msg', msg(streams))).toBe(text);
});

test.each([
  ['.json', utf8('{'), /^Failed to decode or parse JSON file: ./],
  ['.yaml', utf8('a: ['), /^Failed to decode or parse YAML file: ./],
  ['.pdf', utf8('no PDF'), /^Failed to extract text from PDF: it is no PDF, or broken$/],
  ['.pdf', pdf([drawn('x')]).subarray(0, 60), /^Failed to extract text from PDF: it is no PDF, or broken$/],
  ['.docx', utf8('\x89PNG\r\n'), /^Failed to extract text from DOCX: invalid zip data$/],
  ['.docx', docx(paragraph('x')).subarray(0, 200), /^Failed to extract text from DOCX: invalid zip data$/],
  ['.docx', workbook('xlsx', { S: [['x']] }), /^Failed to extract text from DOCX: it is no Word document$/],
  ['.pptx', zip({ a: '' }), /^Failed to extract text from PPTX: it has no ppt\/presentation.xml$/],
  ['.odt', zip({ a: '' }), /^Failed to extract text from ODT: it has no content.xml$/],
  ['.epub', zip({ a: '' }), /^Failed to extract text from EPUB: it has no META-INF\/container.xml$/],
  ['.xlsx', zip({ a: '' }), /^Failed to extract text from Excel file: ./],
  ['.xlsx', utf8('<html><table>'), /^Failed to extract text from Excel file: it is no Excel workbook$/],
  ['.xls', workbook('xls', { S: [['x']] }).subarray(0, 700), /^Failed to extract text from Excel file: ./],
  ['.msg', utf8('From: a'), /^Failed to extract text from MSG: it is no mail of Outlook$/],
  ['.msg', workbook('xls', { S: [['x']] }), /^Failed to extract text from MSG: it is no mail of Outlook$/],
  [
    '.msg',
    msg({ '10090102': utf8('x') }),
    /^Failed to extract text from MSG: its text is there as RTF only$/,
  ],
])('%s that is broken, or something else, says so', async (extension, bytes, message) => {
  await expect(read(extension, bytes)).rejects.toMatchObject({
    name: 'ExtractionError',
    type: 'TextExtractionError',
    message: expect.stringMatching(message),
  });
});

test('a sheet has as many columns as have a value, wherever it says it ends', async () => {
  const far = sheetXml(
    '<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="C1048576"><v>2</v></c></row>',
  );
  expect(await read('.xlsx', far)).toBe('| 1 |  |  |\n| --- | --- | --- |\n|  |  | 2 |\n\n');
});

test('what nobody can read is refused before anything is read', async () => {
  await expect(read('.doc', utf8(''))).rejects.toMatchObject({
    type: 'UnsupportedFileTypeError',
    message: 'Unsupported Extension Type: .doc',
  });
});
