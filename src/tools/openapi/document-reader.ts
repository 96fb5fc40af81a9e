import { ToolError } from '../tool-error.ts';
import { untilAborted } from '../until-aborted.ts';
import { WorkThread, type WorkThreadLimits } from '../work-thread.ts';
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
  let resting: { readonly thread: DocumentThread; readonly timer: NodeJS.Timeout } | null = null;
  let last: Promise<unknown> = Promise.resolve();

  function take(): DocumentThread {
    const rested = resting;
    resting = null;
    clearTimeout(rested?.timer);
    return rested?.thread.alive ? rested.thread : startThread(limits);
  }

  function rest(thread: DocumentThread): void {
    if (!thread.alive) return;
    const timer = setTimeout(() => thread.end(null), limits.idleMs).unref();
    resting = { thread, timer };
  }

  async function run(task: DocumentTask, signal: AbortSignal): Promise<DocumentReport> {
    signal.throwIfAborted();
    const thread = take();
    try {
      return await thread.run(task, { signal });
    } catch (error) {
      signal.throwIfAborted();
      throw error instanceof ToolError
        ? new ToolError(error.kind, `${task.name}: ${error.message}`, { cause: error.cause })
        : error;
    } finally {
      rest(thread);
    }
  }

  return {
    async read({ text, name, address }, entry, signal) {
      const task = { text, name, address, entry: withoutValues(entry) };
      const report = last.then(() => run(task, signal));
      last = report.catch(() => {});
      return operationsOf(await untilAborted(report, signal));
    },
  };
}

/** For the whole process: what it bounds is the memory and the processors that reading takes. */
export const documentReader: DocumentReader = createDocumentReader();

function startThread(limits: WorkThreadLimits): DocumentThread {
  return new WorkThread({
    entry: new URL('./document-worker.ts', import.meta.url),
    limits,
    failures: {
      time: `reading the document took longer than ${limits.timeoutMs / 1000} seconds`,
      memory: 'reading the document takes more memory than it may',
      broken: 'the document cannot be read',
    },
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
