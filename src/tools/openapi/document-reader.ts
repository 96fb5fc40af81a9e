import { createThreadPool } from '../../threads/thread-pool.ts';
import { WorkThread, type WorkThreadLimits } from '../../threads/work-thread.ts';
import { ToolError } from '../tool-error.ts';
import type { DocumentReport, DocumentTask } from './document-task.ts';
import type { DocumentText } from './load-text.ts';
import type { OpenApiEntry } from './openapi-entry.ts';
import type { Operation } from './operation.ts';

/** Reads documents outside of the event loop, which the largest of them would stop for many seconds. */
export interface DocumentReader {
  /**
   * The operations of a document. Documents are read one after the other.
   *
   * @throws ToolError for what is wrong with the document, or took too much time or memory; `signal.reason` on abort,
   *   when the thread ends at once
   */
  read(text: DocumentText, entry: OpenApiEntry, signal: AbortSignal): Promise<readonly Operation[]>;
}

export interface DocumentReaderLimits extends WorkThreadLimits {
  /** How long a thread that nobody needs stays: starting one, and loading what it reads with, takes half a second. */
  readonly idleMs: number;
}

/** YAML of 4 MB takes 15 seconds on a slow machine, and 300 MB. */
const documentReaderLimits: DocumentReaderLimits = { timeoutMs: 60_000, heapMb: 512, idleMs: 1_000 };

type DocumentThread = WorkThread<DocumentTask, DocumentReport>;

/** No thread is started before there is a document to read. */
export function createDocumentReader(limits: DocumentReaderLimits = documentReaderLimits): DocumentReader {
  const pool = createThreadPool({
    start: () => startThread(limits),
    limits: { maxThreads: 1, idleMs: limits.idleMs },
    closed: () => new ToolError('failed', 'the reader of documents is closed'),
  });
  return {
    async read({ text, name, address }, entry, signal) {
      const task = { text, name, address, entry: withoutValues(entry) };
      const report = await pool.run(task, { signal }).catch((error: unknown) => {
        signal.throwIfAborted();
        throw error instanceof ToolError
          ? new ToolError(error.kind, `${name}: ${error.message}`, { cause: error.cause })
          : error;
      });
      return operationsOf(report);
    },
  };
}

/** For the whole process: what it bounds is the memory and the processors that reading takes. */
export const documentReader: DocumentReader = createDocumentReader();

function startThread(limits: WorkThreadLimits): DocumentThread {
  const failures = {
    time: `reading the document took longer than ${limits.timeoutMs / 1000} seconds`,
    memory: 'reading the document takes more memory than it may',
    broken: 'the document cannot be read',
  };
  return new WorkThread({
    entry: new URL('./document-worker.ts', import.meta.url),
    limits,
    failure: (kind, options) => new ToolError('failed', failures[kind], options),
  });
}

function operationsOf(report: DocumentReport): readonly Operation[] {
  if (report.kind === 'operations')
    return report.operations.map((operation) => ({ ...operation, server: new URL(operation.server) }));
  if (report.kind === 'failure') throw new ToolError(report.failure, report.message);
  throw new ToolError('failed', 'the document cannot be read');
}

/** What an operation is depends on which credentials there are, and not on what they are. */
function withoutValues({ document: _, headers, query, secrets, ...entry }: OpenApiEntry): OpenApiEntry {
  const named = (values: Readonly<Record<string, string>>) =>
    Object.fromEntries(Object.keys(values).map((name) => [name, '…']));
  return {
    ...entry,
    ...{ headers: named(headers), query: named(query), secrets: named(secrets) },
    document: { kind: 'text', text: '', name: '', address: null },
  };
}
