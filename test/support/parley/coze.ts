import { CozeAPI } from '@coze/api';
import { type ParleyOptions, startParley, type TestParley } from './start-parley.ts';

/** A token that opens everything. */
export const TOKEN = 'pat_test-token-of-everything';

/** A test's own server with a token, its Coze address, the official client, and plain requests. */
export interface TestCoze {
  readonly parley: TestParley;
  /** E.g. `http://127.0.0.1:1234/coze`. */
  readonly url: string;
  readonly client: CozeAPI;
  /** A client with another token. */
  clientOf(token: string): CozeAPI;
  /** A plain request; `body` is sent as JSON, and the token is `TOKEN` unless one is given (null: none). */
  request(
    method: string,
    path: string,
    body?: unknown,
    options?: { readonly token?: string | null },
  ): Promise<Response>;
  close(): Promise<void>;
}

/** `config.keys` are more keys beside `TOKEN`. */
export async function startCoze(options: ParleyOptions): Promise<TestCoze> {
  const keys = (options.config?.keys as unknown[] | undefined) ?? [];
  const parley = await startParley({
    ...options,
    config: { ...options.config, keys: [{ key: TOKEN }, ...keys] },
  });
  const url = () => `${parley.url}/coze`;
  const clientOf = (token: string) => new CozeAPI({ token, baseURL: url() });
  return {
    parley,
    get url() {
      return url();
    },
    get client() {
      return clientOf(TOKEN);
    },
    clientOf,
    request(method, path, body, { token = TOKEN } = {}) {
      return fetch(url() + path, {
        method,
        headers: {
          ...(token === null ? {} : { authorization: `Bearer ${token}` }),
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
    },
    close: () => parley.close(),
  };
}

/** One frame of a chat stream as it stood on the wire. */
export interface Frame {
  readonly event: string;
  readonly data: string;
}

/** Frames of a whole chat stream; throws when anything stands there that is no frame of `facts/coze-wire.md` §1 rule 5. */
export function readFrames(body: string): Frame[] {
  const frames = body.split('\n\n');
  if (frames.pop() !== '') throw new Error('the last frame has no end');
  return frames.map((text) => {
    const match = /^event:([^\n]+)\ndata:([^\n]+)$/.exec(text);
    if (!match) throw new Error(`no frame: ${JSON.stringify(text)}`);
    return { event: match[1] as string, data: match[2] as string };
  });
}
