import { parentPort } from 'node:worker_threads';
import type { ExtractReport, ExtractTask } from './extract-task.ts';
import { ExtractionError } from './extraction-error.ts';
import { readDocument } from './read-document.ts';

/** Entry of a thread that reads documents: it says `ready`, then answers every `ExtractTask` with an `ExtractReport`. */
const port = parentPort;
if (port !== null) {
  port.on('message', async (task: ExtractTask) => port.postMessage(await report(task)));
  port.postMessage({ kind: 'ready' } satisfies ExtractReport);
}

async function report(task: ExtractTask): Promise<ExtractReport> {
  try {
    return { kind: 'text', text: await readDocument(task) };
  } catch (error) {
    if (error instanceof ExtractionError)
      return { kind: 'failure', failure: error.type, message: error.message };
    throw error;
  }
}
