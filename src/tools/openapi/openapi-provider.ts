import type { Outbound } from '../../outbound/outbound.ts';
import type { Tool } from '../tool.ts';
import { ToolError } from '../tool-error.ts';
import type { ToolProvider } from '../tool-provider.ts';
import { untilAborted } from '../until-aborted.ts';
import { documentReader } from './document-reader.ts';
import { loadText } from './load-text.ts';
import type { OpenApiEntry } from './openapi-entry.ts';
import { openApiTool } from './openapi-tool.ts';

/** How long a document that could not be had is not asked for again, and one that was had and refused. */
const RETRY_MS = 5_000;
const REFUSED_MS = 60_000;

export interface OpenApiParts {
  readonly outbound: Outbound;
  readonly retryMs?: number;
  readonly refusedMs?: number;
}

/**
 * Tools from an OpenAPI document: each operation is one. A document that is at hand is read at once, one that has an
 * address when its tools are first asked for.
 *
 * @example openApiProvider({ name: 'weather', document: { kind: 'file', path: '/srv/weather.yml' }, … }, { outbound })
 */
export function openApiProvider(entry: OpenApiEntry, parts: OpenApiParts): ToolProvider {
  const { outbound, retryMs = RETRY_MS, refusedMs = REFUSED_MS } = parts;
  const life = new AbortController();
  let tools: readonly Tool[] | null = null;
  let failure: { readonly error: unknown; readonly until: number } | null = null;
  let attempt: Promise<readonly Tool[]> | null = null;

  async function read(): Promise<readonly Tool[]> {
    let waitMs = retryMs;
    try {
      const text = await loadText(entry.document, outbound, life.signal);
      waitMs = refusedMs;
      const operations = await documentReader.read(text, entry, life.signal);
      tools = operations.map((operation) => openApiTool(operation, { entry, outbound, life: life.signal }));
      return tools;
    } catch (error) {
      failure = { error: asToolError(error, entry.name), until: performance.now() + waitMs };
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
      if (attempt === null && failure !== null && performance.now() < failure.until) throw failure.error;
      return untilAborted(ask(), signal);
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
