import { parentPort } from 'node:worker_threads';
import { ToolError } from '../tool-error.ts';
import type { DocumentReport, DocumentTask } from './document-task.ts';
import { readDocument } from './read-document.ts';
import { readOperations } from './read-operations.ts';

/** Entry of a thread that reads documents: it says `ready`, then answers every `DocumentTask` with a `DocumentReport`. */
const port = parentPort;
if (port !== null) {
  port.on('message', async (task: DocumentTask) => port.postMessage(await report(task)));
  port.postMessage({ kind: 'ready' } satisfies DocumentReport);
}

async function report({ text, name, address, entry }: DocumentTask): Promise<DocumentReport> {
  try {
    const operations = readOperations(await readDocument(text, { name, address }), entry);
    const plain = operations.map((operation) => ({ ...operation, server: operation.server.href }));
    return { kind: 'operations', operations: plain };
  } catch (error) {
    if (error instanceof ToolError) return { kind: 'failure', failure: error.kind, message: error.message };
    return { kind: 'failure', failure: 'failed', message: `${name}: the document cannot be read` };
  }
}
