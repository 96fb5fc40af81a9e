import type { Outbound } from '../../outbound/outbound.ts';
import type { Tool } from '../tool.ts';
import { ToolError } from '../tool-error.ts';
import type { ToolProvider } from '../tool-provider.ts';
import { loadDocument } from './load-document.ts';
import type { OpenApiEntry } from './openapi-entry.ts';
import { openApiTool } from './openapi-tool.ts';
import { readOperations } from './read-operations.ts';

/** How long a document that could not be had is not asked for again. */
const RETRY_MS = 5_000;

export interface OpenApiParts {
  readonly outbound: Outbound;
  readonly retryMs?: number;
}

/**
 * Tools from an OpenAPI document: each operation is one. A document that is at hand is read at once, one that has an
 * address when its tools are first asked for.
 *
 * @example openApiProvider({ name: 'weather', document: { kind: 'file', path: '/srv/weather.yml' }, … }, { outbound })
 */
export function openApiProvider(entry: OpenApiEntry, parts: OpenApiParts): ToolProvider {
  const { outbound, retryMs = RETRY_MS } = parts;
  const life = new AbortController();
  let tools: readonly Tool[] | null = null;
  let failure: { readonly error: unknown; readonly at: number } | null = null;
  let attempt: Promise<readonly Tool[]> | null = null;

  async function read(): Promise<readonly Tool[]> {
    try {
      const document = await loadDocument(entry.document, outbound, life.signal);
      const operations = readOperations(document, entry);
      tools = operations.map((operation) =>
        openApiTool(operation, { entry, document, outbound, life: life.signal }),
      );
      return tools;
    } catch (error) {
      failure = { error: asToolError(error, entry.name), at: performance.now() };
      throw failure.error;
    } finally {
      attempt = null;
    }
  }

  function ask(): Promise<readonly Tool[]> {
    attempt ??= read();
    // Whoever waits is told; when nobody does, the next who asks.
    attempt.catch(() => {});
    return attempt;
  }

  if (entry.document.kind !== 'address') ask();
  return {
    type: 'api',
    name: entry.name,
    known: () => tools,
    async list({ signal }) {
      signal.throwIfAborted();
      life.signal.throwIfAborted();
      if (tools !== null) return tools;
      if (attempt === null && failure !== null && performance.now() - failure.at < retryMs)
        throw failure.error;
      return unlessAborted(ask(), signal);
    },
    async close() {
      life.abort(new ToolError('failed', 'the server is shutting down'));
    },
  };
}

function asToolError(error: unknown, name: string): ToolError {
  if (error instanceof ToolError) return error;
  return new ToolError('failed', `the OpenAPI document of ${name} cannot be read`, { cause: error });
}

/** The work goes on for others when one of those who wait gives up. */
async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const aborted = Promise.withResolvers<never>();
  const abort = () => aborted.reject(signal.reason);
  signal.addEventListener('abort', abort);
  try {
    return await Promise.race([work, aborted.promise]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}
