import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { basename } from 'node:path';
import type { Outbound } from '../../outbound/outbound.ts';
import { OutboundError } from '../../outbound/outbound-error.ts';
import { trustedRule } from '../../outbound/trusted-rule.ts';
import { ToolError } from '../tool-error.ts';
import { MAX_DOCUMENT_BYTES } from './max-document-bytes.ts';
import type { DocumentSource } from './openapi-entry.ts';

const TIMEOUTS = { connectMs: 10_000, readMs: 20_000, totalMs: 30_000 };

/** The text of a document, and how errors name it. */
export interface DocumentText {
  readonly text: string;
  readonly name: string;
  readonly address: string | null;
}

/**
 * The text of a document, from where it is.
 *
 * @throws ToolError; `signal.reason` on abort
 */
export async function loadText(
  source: DocumentSource,
  outbound: Outbound,
  signal: AbortSignal,
): Promise<DocumentText> {
  switch (source.kind) {
    case 'text':
      return source;
    case 'file':
      return { text: await readFile(source.path, signal), name: basename(source.path), address: null };
    case 'address':
      return fetchText(source.url, outbound, signal);
  }
}

async function readFile(path: string, signal: AbortSignal): Promise<string> {
  const fail = (reason: string) => new ToolError('failed', `${basename(path)}: ${reason}`);
  try {
    // Never waits: a named pipe gives nothing instead of blocking.
    const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      const stats = await file.stat();
      if (!stats.isFile()) throw fail('not a regular file');
      if (stats.size > MAX_DOCUMENT_BYTES) {
        throw fail(`the document is larger than ${MAX_DOCUMENT_BYTES / 1024 ** 2} MB`);
      }
      return await file.readFile({ encoding: 'utf8', signal });
    } finally {
      await file.close();
    }
  } catch (error) {
    if (error instanceof ToolError) throw error;
    signal.throwIfAborted();
    throw fail(`the document cannot be read (${(error as NodeJS.ErrnoException).code})`);
  }
}

/** The host was named by the owner, and may be private; one that it redirects to was not. */
async function fetchText(url: string, outbound: Outbound, signal: AbortSignal): Promise<DocumentText> {
  const target = URL.parse(url);
  if (target === null) throw new ToolError('failed', 'the address of the document is not a valid URL');
  // Not its query, which may hold a key.
  const name = `${target.origin}${target.pathname}`;
  try {
    const {
      status,
      body,
      url: address,
    } = await outbound.request(url, {
      headers: { accept: 'application/yaml, application/json, */*;q=0.5' },
      allow: trustedRule(target),
      timeouts: TIMEOUTS,
      maxBytes: MAX_DOCUMENT_BYTES,
      signal,
    });
    if (status !== 200) throw new ToolError('failed', `${name}: the document is answered with ${status}`);
    return { text: body.toString(), name, address };
  } catch (error) {
    if (!(error instanceof OutboundError)) throw error;
    const kind = error.kind === 'timeout' ? 'timeout' : 'failed';
    throw new ToolError(kind, `${name}: the document cannot be had: ${error.message}`, { cause: error });
  }
}
