import { expect, test } from 'vitest';
import { documentKindOf } from './document-kind.ts';

test.each([
  ['.txt', 'text'],
  ['MD', 'text'],
  ['.HTM', 'text'],
  ['.py', 'text'],
  ['.c++', 'text'],
  ['.env', 'text'],
  ['.json', 'json'],
  ['.yml', 'yaml'],
  ['.xls', 'spreadsheet'],
  ['.docx', 'docx'],
  ['.msg', 'msg'],
  ['.odt', 'odt'],
])('the extension %s is %s, whatever the MIME type says', (extension, kind) => {
  expect(documentKindOf({ extension, mimeType: 'image/png' })).toBe(kind);
});

test.each([
  ['text/plain; charset=gbk', 'text'],
  ['Application/PDF', 'pdf'],
  ['text/csv', 'csv'],
  ['text/x-python', 'text'],
  ['message/rfc822', 'eml'],
  ['application/vnd.oasis.opendocument.text', 'odt'],
])('without an extension, %s is %s', (mimeType, kind) => {
  expect(documentKindOf({ extension: '', mimeType })).toBe(kind);
  expect(documentKindOf({ extension: null, mimeType })).toBe(kind);
});

test.each([
  [{ extension: '.DOC', mimeType: 'text/plain' }, 'Unsupported Extension Type: .doc'],
  [{ extension: '.ppt', mimeType: null }, 'Unsupported Extension Type: .ppt'],
  [{ extension: '.constructor', mimeType: null }, 'Unsupported Extension Type: .constructor'],
  [{ extension: null, mimeType: 'image/png' }, 'Unsupported MIME type: image/png'],
  [{ extension: null, mimeType: 'application/msword' }, 'Unsupported MIME type: application/msword'],
  [
    { extension: '', mimeType: null },
    'Unable to determine file type: MIME type or file extension is missing',
  ],
])('%j is refused', (type, message) => {
  expect(() => documentKindOf(type)).toThrow(
    expect.objectContaining({ name: 'ExtractionError', type: 'UnsupportedFileTypeError', message }),
  );
});
