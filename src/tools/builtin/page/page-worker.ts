import { parentPort } from 'node:worker_threads';
import { ToolError } from '../../tool-error.ts';
import { decodeText } from '../decode-text.ts';
import type { PageReport, PageTask } from './page-task.ts';
import { readArticle, readText } from './read-article.ts';
import { readSearchPage } from './read-search-page.ts';

/** Entry of a thread that reads pages: it says `ready`, then answers every `PageTask` with a `PageReport`. */
const port = parentPort;
if (port !== null) {
  port.on('message', (task: PageTask) => port.postMessage(report(task)));
  port.postMessage({ kind: 'ready' } satisfies PageReport);
}

function report({ kind, body, contentType }: PageTask): PageReport {
  try {
    const html = decodeText(body, contentType);
    if (kind === 'results') return { kind, page: readSearchPage(html) };
    return { kind: 'article', article: kind === 'text' ? readText(html) : readArticle(html) };
  } catch (error) {
    const message = error instanceof ToolError ? error.message : 'This page could not be parsed.';
    return { kind: 'failure', message };
  }
}
