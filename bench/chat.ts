import type { Dispatcher } from 'undici';
import type { BenchApp } from './apps.ts';
import { now } from './clock.ts';
import type { Target } from './targets.ts';

/** What one streamed chat showed, times on the machine's clock. */
export interface ChatResult {
  readonly sentAt: number;
  readonly firstTokenAt: number;
  readonly endedAt: number;
  readonly answer: string;
  /** Whether the protocol's terminal event came before the connection ended. */
  readonly complete: boolean;
}

export interface ChatWatch {
  /** Called for each piece of text, with the data line it came in. */
  onToken?(count: number, data: string): void;
  /** Gives a function that hangs up. */
  onStart?(hangUp: () => void): void;
}

/** Sends one streamed chat through `pool` and reads it to the end; rejects on anything but a 200 stream. */
export function chat(
  pool: Dispatcher,
  target: Target,
  app: BenchApp,
  user: string,
  watch: ChatWatch = {},
): Promise<ChatResult> {
  const { promise, resolve, reject } = Promise.withResolvers<ChatResult>();
  const sentAt = now();
  let firstTokenAt = Number.NaN;
  let complete = false;
  let status = 0;
  let streams = false;
  let event = '';
  let answer = '';
  let tokens = 0;
  let rest = '';

  const readLine = (line: string): void => {
    if (line === '') event = '';
    if (line.startsWith('event:')) event = fieldOf(line);
    if (!line.startsWith('data:')) return;
    const data = fieldOf(line);
    const text = target.text(data, event);
    if (text === null) {
      complete = true;
    } else if (text) {
      if (answer === '') firstTokenAt = now();
      answer += text;
      tokens += 1;
      watch.onToken?.(tokens, data);
    }
  };

  pool.dispatch(
    { method: 'POST', ...target.call(app, user) },
    {
      onRequestStart(controller) {
        watch.onStart?.(() => controller.abort(new Error('hung up')));
      },
      onResponseStart(_controller, code, headers) {
        status = code;
        // Over Coze, refusals are 200 too.
        streams = code === 200 && String(headers['content-type']).startsWith('text/event-stream');
      },
      onResponseData(controller, chunk) {
        const lines = (rest + chunk.toString('latin1')).split('\n'); // the mock's answers are ASCII
        rest = lines.pop() ?? '';
        if (!streams) return;
        try {
          lines.forEach(readLine);
        } catch (error) {
          controller.abort(error as Error);
        }
      },
      onResponseEnd() {
        if (streams) resolve({ sentAt, firstTokenAt, endedAt: now(), answer, complete });
        else reject(new Error(`${target.name} answered ${status}: ${rest.slice(0, 300)}`));
      },
      onResponseError(_controller, error) {
        reject(error);
      },
    },
  );
  return promise;
}

/** What follows the colon of an SSE line, without the one space that may stand there. */
function fieldOf(line: string): string {
  const start = line.indexOf(':') + 1;
  return line.slice(line[start] === ' ' ? start + 1 : start);
}
