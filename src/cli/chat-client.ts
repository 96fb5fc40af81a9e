import { EventSourceParserStream } from 'eventsource-parser/stream';
import type { ChatServer } from './chat-server.ts';
import { CliError } from './cli-error.ts';

export type WireObject = Readonly<Record<string, unknown>>;

/** The Service API of one app, as far as a conversation in the terminal needs it. */
export interface ChatClient {
  get(path: string): Promise<WireObject>;
  post(path: string, body: object): Promise<WireObject>;
  /** Events of a streamed answer. Ends when the stream ends, or at once when `signal` aborts. */
  stream(path: string, body: object, options: { readonly signal: AbortSignal }): AsyncGenerator<WireObject>;
}

/** Errors of the server become CliErrors with its own words. */
export function chatClient({ url, key }: Pick<ChatServer, 'url' | 'key'>): ChatClient {
  const request = async (method: string, path: string, body?: object, signal: AbortSignal | null = null) => {
    const response = await fetch(`${url}/v1${path}`, {
      method,
      headers: { authorization: `Bearer ${key}`, ...(body ? { 'content-type': 'application/json' } : {}) },
      body: body ? JSON.stringify(body) : null,
      signal,
    }).catch((cause) => {
      if (signal?.aborted) throw cause;
      throw new CliError(`the server at ${url} cannot be reached: ${reasonOf(cause)}`);
    });
    if (response.ok) return response;
    throw new CliError(await refusal(response));
  };
  return {
    get: async (path) => (await (await request('GET', path)).json()) as WireObject,
    post: async (path, body) => (await (await request('POST', path, body)).json()) as WireObject,
    async *stream(path, body, { signal }) {
      try {
        const response = await request('POST', path, body, signal);
        const events = response.body
          ?.pipeThrough(new TextDecoderStream())
          .pipeThrough(new EventSourceParserStream());
        for await (const { data } of events ?? []) if (data) yield JSON.parse(data) as WireObject;
      } catch (error) {
        if (!signal.aborted)
          throw error instanceof CliError ? error : new CliError(`the answer broke off: ${reasonOf(error)}`);
      }
    },
  };
}

async function refusal(response: Response): Promise<string> {
  const text = await response.text();
  try {
    const { code, message } = JSON.parse(text);
    return `${message} (${code})`;
  } catch {
    return `the server answered with HTTP status ${response.status}`;
  }
}

function reasonOf(error: unknown): string {
  const { cause, message } = error as Error;
  return cause instanceof Error ? cause.message || String((cause as NodeJS.ErrnoException).code) : message;
}
