import * as xlsx from '@e965/xlsx';
import { unreadable } from '../extraction-error.ts';
import { htmlText } from '../markup/html-text.ts';
import { isCompoundFile } from '../office/is-compound-file.ts';
import { decodeBytes } from '../text/decode-bytes.ts';

/** Streams of a mail are named after the MAPI property that they hold, and its type ([MS-OXMSG] 2.1). */
const BODY = '1000';
const HTML = '1013';
const RTF = '1009';
const UNICODE = '001F';
const STRING = '001E';
const BINARY = '0102';
/** Properties with the number of the charset that strings, and HTML, are in. */
const MESSAGE_CODEPAGE = 0x3ffd0003;
const INTERNET_CODEPAGE = 0x3fde0003;

interface CompoundFile {
  readonly FullPaths: readonly string[];
  readonly FileIndex: readonly { readonly content?: ArrayLike<number> }[];
}

/** What a mail of Outlook says: its text, or that of its HTML. */
export function readMsg(bytes: Uint8Array): string {
  if (!isCompoundFile(bytes)) throw unreadable('it is no mail of Outlook');
  const file: CompoundFile = xlsx.CFB.read(bytes, { type: 'buffer' });
  const stream = (name: string): Uint8Array | null => {
    const at = file.FullPaths.findIndex(
      (path) => path.toLowerCase() === `${file.FullPaths[0]}${name}`.toLowerCase(),
    );
    const content = file.FileIndex[at]?.content;
    return content === undefined ? null : Uint8Array.from(content);
  };
  const properties = stream('__properties_version1.0');
  if (properties === null) throw unreadable('it is no mail of Outlook');
  const property = (id: string, type: string): Uint8Array | null => stream(`__substg1.0_${id}${type}`);
  const string = (id: string): string | null => {
    const unicode = property(id, UNICODE);
    if (unicode !== null) return new TextDecoder('utf-16le').decode(unicode);
    const narrow = property(id, STRING);
    return narrow === null ? null : decoded(narrow, numberOf(properties, MESSAGE_CODEPAGE));
  };
  const plain = string(BODY)?.trim() ?? '';
  if (plain !== '') return plain;
  const binary = property(HTML, BINARY);
  const html = binary === null ? string(HTML) : decoded(binary, numberOf(properties, INTERNET_CODEPAGE));
  if (html !== null) return htmlText(html);
  if (property(RTF, BINARY) !== null) throw unreadable('its text is there as RTF only');
  return '';
}

/** A number among the fixed properties: records of 16 bytes after a head of 32. */
function numberOf(properties: Uint8Array, tag: number): number | null {
  const view = new DataView(properties.buffer, properties.byteOffset, properties.byteLength);
  for (let at = 32; at + 16 <= view.byteLength; at += 16) {
    if (view.getUint32(at, true) === tag) return view.getUint32(at + 8, true);
  }
  return null;
}

const CHARSETS: Readonly<Record<number, string>> = {
  ...{ 932: 'shift_jis', 936: 'gbk', 949: 'euc-kr', 950: 'big5', 20866: 'koi8-r', 21866: 'koi8-u' },
  ...{ 51932: 'euc-jp', 51949: 'euc-kr', 54936: 'gb18030', 65001: 'utf-8', 20127: 'windows-1252' },
};

/** By the number of a Windows code page; without one that is known, by what the bytes look like. */
function decoded(bytes: Uint8Array, codepage: number | null): string {
  const number = codepage ?? 0;
  const label =
    CHARSETS[number] ??
    (number >= 1250 && number <= 1258 ? `windows-${number}` : null) ??
    (number > 28590 && number < 28606 ? `iso-8859-${number - 28590}` : null);
  return label === null ? decodeBytes(bytes) : new TextDecoder(label).decode(bytes);
}
