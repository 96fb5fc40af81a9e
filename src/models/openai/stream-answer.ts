import type { ChatDelta, ChatResult } from '../chat-model.ts';
import { withRetries } from '../with-retries.ts';
import { ChatReader } from './chat-reader.ts';
import { post } from './post.ts';
import type { UpstreamEndpoint } from './upstream-endpoint.ts';

/**
 * POSTs `body` and passes the answer on piece by piece; repeats the call only while nothing was passed on and no piece of
 * a tool call has come.
 */
export function streamAnswer(
  endpoint: UpstreamEndpoint,
  path: '/chat/completions' | '/completions',
  body: string,
  onDelta: (delta: ChatDelta) => void,
  signal: AbortSignal,
): Promise<ChatResult> {
  let untouched = true;
  const pass = (delta: ChatDelta) => {
    untouched = false;
    onDelta(delta);
  };
  let reader: ChatReader;
  const attempt = () => {
    reader = new ChatReader(pass, endpoint.secrets);
    return post(endpoint, path, body, reader, signal);
  };
  return withRetries(attempt, { mayRetry: () => untouched && !reader.hasToolCalls, signal });
}
