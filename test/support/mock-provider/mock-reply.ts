/** What the mock answers to one request. Everything is optional; the default is a fixed sentence with usage. */
export interface MockReply {
  /** Pieces of the answer, one event each. None by default when there are `toolCalls`. */
  readonly tokens?: readonly string[];
  /** Sent after the tokens; the finish reason is `tool_calls` then, if none is given. Of chat completions only. */
  readonly toolCalls?: readonly MockToolCall[];
  /** Pieces of reasoning, sent before the tokens as `reasoning_content`. */
  readonly reasoning?: readonly string[];
  /** Pause before each piece. */
  readonly delayMs?: number;
  /** Pause before the response's headers. */
  readonly headersDelayMs?: number;
  /** Stops after that many tokens (`true`: after all, before the finish) until `request.release()`. */
  readonly hold?: true | number;
  /** The test sends each piece itself: `request.send('tok')`, `request.finish()`. */
  readonly gate?: boolean;
  /** Null: no usage is reported. Default: 10 and the number of tokens. */
  readonly usage?: { readonly prompt_tokens: number; readonly completion_tokens: number } | null;
  /** Any other than 200 answers `error` as JSON. */
  readonly status?: number;
  /** With `status`: the body's `error`. Without: an error event inside the stream, after the tokens. */
  readonly error?: unknown;
  /** Further response headers, e.g. `retry-after`. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Destroys the connection after that many tokens. */
  readonly cutAfter?: number;
  /** Text written into the stream after the tokens, in place of the finish; `true`: an event that is not JSON. */
  readonly malformed?: true | string;
  readonly finishReason?: string | null;
  /** False: the stream ends without `[DONE]`. */
  readonly done?: boolean;
  /** Answers one whole JSON completion although a stream was asked for. */
  readonly whole?: boolean;
  /** Replaces the whole body: pieces written one by one as they are, with one turn of the event loop between. */
  readonly raw?: readonly (string | Uint8Array)[];
  /** Text of `/audio/transcriptions`. */
  readonly text?: string;
}

/** A tool call of a reply. */
export interface MockToolCall {
  readonly name: string;
  /** A text comes in one event with the name; a list as OpenAI streams it: a first event without any, then each piece. */
  readonly arguments?: string | readonly string[];
  /** Default: `call_1` and so on by position. Null: none is sent. */
  readonly id?: string | null;
  /** Default: the position. Null: none is sent. */
  readonly index?: number | null;
  /** Id and name come again with every piece. */
  readonly repeats?: boolean;
  /** Further fields of the first event, e.g. `extra_content`. */
  readonly extra?: Readonly<Record<string, unknown>>;
}

export const defaultTokens: readonly string[] = ['Hello', ' from', ' the', ' mock', ' provider', '.'];
