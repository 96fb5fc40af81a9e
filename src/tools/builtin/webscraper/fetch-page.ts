import type { OpenResponse, Outbound, OutboundOptions } from '../../../outbound/outbound.ts';
import { OutboundError } from '../../../outbound/outbound-error.ts';
import type { ToolContext } from '../../tool.ts';
import { ToolError } from '../../tool-error.ts';
import type { FetchedPage } from '../page/page-reader.ts';
import { serviceTimeouts } from '../service.ts';
import { documentKind } from './document-kind.ts';

/** Pages of text are far smaller. */
const MAX_BYTES = 5 * 1024 * 1024;

/** A page, or what stands in place of its text (`facts/dify-dsl-engine.md` §9.1). */
export type Fetched =
  | { readonly kind: 'html' | 'text'; readonly page: FetchedPage }
  | { readonly kind: 'none'; readonly text: string };

/**
 * Asks for the headers of a page first, so that no film is sent that nobody can read. What a server answers to that is
 * believed only when it is 200: many refuse HEAD, or answer it with whatever comes.
 *
 * @throws ToolError `failed` for documents that cannot be read; OutboundError; `signal.reason` on abort
 */
export async function fetchPage(
  outbound: Outbound,
  url: string,
  headers: Readonly<Record<string, string>>,
  { allow, signal }: ToolContext,
): Promise<Fetched> {
  const common = { headers, allow, signal, maxBytes: MAX_BYTES };
  const head = await askHead(outbound, url, common);
  const refusal = head === null ? null : refusalOf(typeOf(head));
  if (refusal !== null) return refusal;
  const response = await outbound.open(url, { ...common, timeouts: serviceTimeouts });
  try {
    if (response.status !== 200)
      return { kind: 'none', text: `URL returned status code ${response.status}.` };
    const contentType = typeOf(response);
    const unwanted = refusalOf(contentType);
    if (unwanted !== null) return unwanted;
    const body = await read(response);
    return { kind: documentKind(contentType) === 'html' ? 'html' : 'text', page: { body, contentType } };
  } catch (error) {
    throw signal.aborted ? signal.reason : error;
  } finally {
    response.body.destroy();
  }
}

async function askHead(
  outbound: Outbound,
  url: string,
  common: Omit<OutboundOptions, 'timeouts'>,
): Promise<Pick<OpenResponse, 'headers'> | null> {
  const timeouts = { connectMs: 5_000, readMs: 10_000, totalMs: 15_000 };
  try {
    const response = await outbound.request(url, { ...common, method: 'HEAD', timeouts });
    return response.status === 200 ? response : null;
  } catch (error) {
    // A server that does not take HEAD may still have a page. What the guard refuses, it refuses either way.
    if (error instanceof OutboundError && error.kind !== 'refused') return null;
    throw error;
  }
}

function typeOf({ headers }: Pick<OpenResponse, 'headers'>): string | null {
  return headers['content-type']?.[0] ?? null;
}

function refusalOf(contentType: string | null): Fetched | null {
  const [type = ''] = (contentType ?? '').split(';', 1);
  switch (documentKind(contentType)) {
    case 'other':
      return { kind: 'none', text: `Unsupported content-type [${type.trim().slice(0, 100)}] of URL.` };
    case 'document':
      throw new ToolError(
        'failed',
        `This URL leads to a document (${type.trim()}). Only web pages and text are supported yet.`,
      );
    default:
      return null;
  }
}

async function read({ body }: OpenResponse): Promise<Uint8Array> {
  const chunks: Buffer[] = [];
  for await (const chunk of body) chunks.push(chunk);
  return Buffer.concat(chunks);
}
