import { createThreadPool, type ThreadPoolLimits } from '../../threads/thread-pool.ts';
import { WorkThread, type WorkThreadLimits } from '../../threads/work-thread.ts';
import { isTooLong } from './bounded-text.ts';
import { type DocumentKind, documentKindOf } from './document-kind.ts';
import { EXTRACT_LIMITS } from './extract-limits.ts';
import type { ExtractReport, ExtractTask } from './extract-task.ts';
import { ExtractionError, unreadable } from './extraction-error.ts';
import { handTask } from './hand-task.ts';

export interface DocumentFile {
  readonly bytes: Uint8Array;
  /** With or without its dot; it tells the document's kind. */
  readonly extension: string | null;
  /** Tells it where there is no extension. */
  readonly mimeType: string | null;
}

/** Text whose reader takes time by its length, and no more: it needs no thread while it is small. */
const CHEAP: readonly DocumentKind[] = ['text', 'json', 'csv', 'vtt', 'properties'];

export type TextExtractor = (
  file: DocumentFile,
  options: { readonly signal: AbortSignal },
) => Promise<string>;

/** A reader of documents with threads of its own; none is started before there is a document that needs it. */
export function createTextExtractor(
  limits: WorkThreadLimits & ThreadPoolLimits = EXTRACT_LIMITS,
): TextExtractor {
  const pool = createThreadPool({
    start: () => startThread(limits),
    limits,
    closed: () => unreadable('The server is shutting down.'),
  });
  return async ({ bytes, extension, mimeType }, { signal }) => {
    signal.throwIfAborted();
    const kind = documentKindOf({ extension, mimeType });
    if (bytes.length > EXTRACT_LIMITS.inputBytes) {
      throw unreadable(`The document is larger than ${EXTRACT_LIMITS.inputBytes / 1024 ** 2} MB.`);
    }
    const isCheap = bytes.length <= EXTRACT_LIMITS.inlineBytes && CHEAP.includes(kind);
    // What is refused unread needs no thread either.
    if (isCheap || (kind === 'text' && isTooLong(bytes))) {
      const { readDocument } = await import('./read-document.ts');
      return readDocument({ kind, bytes });
    }
    return textOf(await pool.run({ kind, bytes }, { signal }));
  };
}

/**
 * The text of a document as Dify's document extractor has it (`facts/dify-dsl-engine.md` §4.18). What takes long, or can
 * be made to, is read in a thread that ends on abort, or when it takes too much time or memory.
 *
 * @throws ExtractionError `UnsupportedFileTypeError`, `TextExtractionError`; `signal.reason` on abort
 */
export const extractText: TextExtractor = createTextExtractor();

function startThread(limits: WorkThreadLimits): WorkThread<ExtractTask, ExtractReport> {
  const failures = {
    time: `Reading the document took longer than ${limits.timeoutMs / 1000} seconds.`,
    memory: 'Reading the document takes more memory than it may.',
    broken: 'The document cannot be read.',
  };
  return new WorkThread({
    entry: new URL('./extract-worker.ts', import.meta.url),
    limits,
    hand: handTask,
    failure: (kind, options) => unreadable(failures[kind], options),
  });
}

function textOf(report: ExtractReport): string {
  switch (report.kind) {
    case 'text':
      return report.text;
    case 'failure':
      throw new ExtractionError(report.failure, report.message);
    case 'ready':
      throw unreadable('The document cannot be read.');
  }
}
