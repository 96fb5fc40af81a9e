import { STATUS_CODES } from 'node:http';
import mime from 'mime';
import type { OpenResponse } from '../../outbound/outbound.ts';
import { isTooDeep } from '../is-too-deep.ts';
import type { Redaction } from '../redact-secrets.ts';
import { ToolError } from '../tool-error.ts';
import type { ToolPart } from '../tool-part.ts';

/** Of a file, the largest answer there is. */
export const MAX_FILE_BYTES = 15 * 1024 ** 2;
/** Of text and JSON. */
const MAX_TEXT_BYTES = 5 * 1024 ** 2;
/** How much of an error's body is read, and how much of that is told. */
const MAX_ERROR_BYTES = 16 * 1024;
const MAX_ERROR_LENGTH = 1_000;

/**
 * What a service answered, as a tool does.
 *
 * @throws ToolError for a status of 400 and more, with the beginning of what the service says about it, and for an
 *   answer that is too large; OutboundError for one that breaks off
 */
export async function readAnswer(response: OpenResponse, secrets: Redaction): Promise<readonly ToolPart[]> {
  const host = new URL(response.url).host;
  if (response.status >= 400) throw await describeError(response, host, secrets);
  return [secrets.inAnswer(await readPart(response, host))];
}

async function readPart(response: OpenResponse, host: string): Promise<ToolPart> {
  const { status, body } = response;
  const type = mediaType(response);
  const kind = kindOf(type);
  const limit = kind === 'file' ? MAX_FILE_BYTES : MAX_TEXT_BYTES;
  const { bytes, whole } = await readBytes(body, limit);
  if (!whole) throw new ToolError('failed', `${host} answered more than ${limit / 1024 ** 2} MB`);
  if (bytes.length === 0) return { kind: 'text', text: status >= 300 ? described(status) : 'success' };
  if (kind === 'file') return fileOf(response, bytes, type);
  const text = decode(bytes, response, kind === 'unknown');
  if (text === null) return fileOf(response, bytes, 'application/octet-stream');
  if (kind !== 'text') {
    const value = parseJson(text);
    if (value !== undefined) return { kind: 'json', value };
  }
  return { kind: 'text', text };
}

type Kind = 'json' | 'text' | 'file' | 'unknown';

function kindOf(type: string): Kind {
  if (type === '') return 'unknown';
  if (/[/+]json$/.test(type)) return 'json';
  return /^text\/|[/+](xml|yaml|x-yaml|javascript|graphql|x-ndjson|x-www-form-urlencoded)$/.test(type)
    ? 'text'
    : 'file';
}

function mediaType({ headers }: OpenResponse): string {
  const [type = ''] = (headers['content-type']?.[0] ?? '').split(';');
  return type.trim().toLowerCase();
}

async function readBytes(
  body: OpenResponse['body'],
  limit: number,
): Promise<{ readonly bytes: Buffer; readonly whole: boolean }> {
  const chunks: Buffer[] = [];
  let length = 0;
  // Leaving the loop destroys the body, and its socket.
  for await (const chunk of body as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    length += chunk.length;
    if (length > limit) return { bytes: Buffer.concat(chunks).subarray(0, limit), whole: false };
  }
  return { bytes: Buffer.concat(chunks), whole: true };
}

/** Null: no text, where that is in doubt. */
function decode(bytes: Buffer, { headers }: OpenResponse, doubtful: boolean): string | null {
  const charset = /;\s*charset="?([\w.:-]+)/i.exec(headers['content-type']?.[0] ?? '')?.[1];
  try {
    return new TextDecoder(charset ?? 'utf-8', { fatal: doubtful }).decode(bytes);
  } catch (error) {
    // A charset that nobody knows is a RangeError.
    return error instanceof RangeError ? new TextDecoder().decode(bytes) : null;
  }
}

function parseJson(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    return isTooDeep(value) ? undefined : value;
  } catch {
    return undefined;
  }
}

async function describeError(response: OpenResponse, host: string, secrets: Redaction): Promise<ToolError> {
  const { status } = response;
  const kind = status === 401 || status === 403 ? 'credentials' : 'failed';
  const { bytes, whole } = await readBytes(response.body, MAX_ERROR_BYTES);
  const text = kindOf(mediaType(response)) === 'file' ? '' : (decode(bytes, response, false) ?? '');
  const said = secrets.inError(text, { cut: !whole }).trim();
  const beginning = said.length > MAX_ERROR_LENGTH ? `${said.slice(0, MAX_ERROR_LENGTH)}…` : said;
  return new ToolError(
    kind,
    `${host} answered ${described(status)}${beginning === '' ? '' : `: ${beginning}`}`,
  );
}

function described(status: number): string {
  return `${status} ${STATUS_CODES[status] ?? ''}`.trim();
}

function fileOf(response: OpenResponse, data: Buffer, type: string): ToolPart {
  return { kind: 'file', data, mimeType: type, filename: filenameOf(response, type) };
}

/** From `content-disposition` (RFC 6266), or else the end of the address; one that no system takes for a path. */
function filenameOf({ headers, url }: OpenResponse, type: string): string {
  const disposition = headers['content-disposition']?.[0] ?? '';
  const extended = /;\s*filename\*\s*=\s*utf-8'[^']*'([^;\s]+)/i.exec(disposition)?.[1];
  const plain = /;\s*filename\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^;\s]+))/i.exec(disposition);
  const given = decodedUri(extended) ?? plain?.[1]?.replace(/\\(.)/g, '$1') ?? plain?.[2];
  const last = decodedUri(new URL(url).pathname.split('/').at(-1)) ?? '';
  const name = (given ?? last)
    .split(/[\\/]/)
    .at(-1)
    ?.replace(/[\p{Cc}\p{Cf}]/gu, '')
    .trim()
    .slice(-150);
  const safe = name === undefined || /^\.*$/.test(name) ? 'file' : name;
  const extension = mime.getExtension(type);
  return /\.[A-Za-z0-9]{1,8}$/.test(safe) || extension === null ? safe : `${safe}.${extension}`;
}

function decodedUri(text: string | undefined): string | undefined {
  try {
    return text === undefined ? undefined : decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
