import mime from 'mime';
import type { OutboundResponse } from '../../../outbound/outbound.ts';
import { NodeError } from '../node-error.ts';
import { HTTP_LIMITS } from './http-config.ts';

export interface HttpResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly content:
    | { readonly kind: 'text'; readonly text: string }
    | {
        readonly kind: 'file';
        readonly bytes: Uint8Array;
        readonly filename: string;
        readonly mimeType: string;
      };
}

/** An answer as an HTTP node sees it: a text, or a file (`facts/dify-dsl-engine.md` §4.15). @throws NodeError */
export function readResponse(response: OutboundResponse): HttpResponse {
  const headers = Object.fromEntries(
    Object.entries(response.headers).map(([name, values]) => [name, values.join(', ')]),
  );
  const type = headers['content-type'] ?? '';
  const mimeType = (type.split(';')[0] ?? '').trim().toLowerCase();
  const disposition = headers['content-disposition'] ?? '';
  const { status, body } = response;
  const isFile = body.byteLength > 0 && looksLikeFile(mimeType, disposition, body);
  checkSize(body.byteLength, isFile);
  if (!isFile) return { status, headers, content: { kind: 'text', text: decoded(body, type) } };
  const filename = nameIn(disposition) ?? nameOf(response.url, mimeType);
  const content = {
    kind: 'file',
    bytes: body,
    filename,
    mimeType: mimeType || 'application/octet-stream',
  } as const;
  return { status, headers, content };
}

export function tooLarge(isFile: boolean, size: string): NodeError {
  const most = isFile ? HTTP_LIMITS.fileBytes : HTTP_LIMITS.textBytes;
  const max = `${(most / 1024 ** 2).toFixed(2)} MB`;
  const text = `${isFile ? 'File' : 'Text'} size is too large, max size is ${max}, but current size is ${size}.`;
  return new NodeError('ResponseSizeError', text);
}

function checkSize(bytes: number, isFile: boolean): void {
  const most = isFile ? HTTP_LIMITS.fileBytes : HTTP_LIMITS.textBytes;
  if (bytes > most) throw tooLarge(isFile, `${(bytes / 1024 ** 2).toFixed(2)} MB`);
}

const TEXT_FORMATS = ['json', 'xml', 'javascript', 'x-www-form-urlencoded', 'yaml', 'graphql'];
const TEXT_MARKS = ['{', '[', '<', 'function', 'var ', 'const ', 'let '];

function looksLikeFile(mimeType: string, disposition: string, body: Uint8Array): boolean {
  if (/^\s*attachment\b/i.test(disposition) || nameIn(disposition) !== null) return true;
  if (mimeType.startsWith('text/')) return mimeType.includes('csv');
  if (mimeType.startsWith('application/')) {
    if (TEXT_FORMATS.some((format) => mimeType.includes(format))) return false;
    const sample = sampleOf(body);
    return sample === null || !TEXT_MARKS.some((mark) => sample.includes(mark));
  }
  return /^(image|audio|video)\//.test(mimeType);
}

/** The beginning as text; null: it is no UTF-8. */
function sampleOf(body: Uint8Array): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(body.subarray(0, 1024), { stream: true });
  } catch {
    return null;
  }
}

function decoded(body: Uint8Array, contentType: string): string {
  const [, charset = 'utf-8'] = /charset\s*=\s*"?([\w.:-]+)/i.exec(contentType) ?? [];
  try {
    return new TextDecoder(charset).decode(body);
  } catch {
    return new TextDecoder().decode(body);
  }
}

function nameIn(disposition: string): string | null {
  const [, encoded] = /filename\*\s*=\s*[\w-]*'[^']*'([^;]+)/i.exec(disposition) ?? [];
  if (encoded !== undefined) {
    try {
      return cleaned(decodeURIComponent(encoded.trim()));
    } catch {
      // Then the plain one counts.
    }
  }
  const [, quoted, bare] = /filename\s*=\s*(?:"([^"]*)"|([^;\s]+))/i.exec(disposition) ?? [];
  return cleaned(quoted ?? bare ?? '');
}

function nameOf(url: string, mimeType: string): string {
  const last = URL.canParse(url) ? (new URL(url).pathname.split('/').at(-1) ?? '') : '';
  const name = cleaned(last) ?? 'file';
  const extension = mime.getExtension(mimeType);
  return name.includes('.') || extension === null ? name : `${name}.${extension}`;
}

/** A name without a path; null: there is none. */
function cleaned(name: string): string | null {
  const base = name.split(/[\\/]/).at(-1) ?? '';
  const printable = base.replace(/\p{C}/gu, '').trim().slice(0, 200);
  return printable === '' || printable === '.' || printable === '..' ? null : printable;
}
