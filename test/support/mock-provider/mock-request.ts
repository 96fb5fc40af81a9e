import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';

/** A request that the mock received, with the means to steer its answer. */
export class MockRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly rawBody: Buffer;
  /** Parsed JSON; null for anything else. */
  readonly body: MockBody | null;
  readonly startedAt = performance.now();
  abortedAt: number | null = null;
  tokensSent = 0;
  readonly #response: ServerResponse;
  #waiting: (string | Uint8Array)[] | null = [];
  readonly #released = Promise.withResolvers<void>();
  readonly #aborted = Promise.withResolvers<void>();
  readonly #ended = Promise.withResolvers<void>();
  readonly #finished = Promise.withResolvers<void>();

  constructor(message: IncomingMessage, response: ServerResponse, rawBody: Buffer) {
    this.method = message.method ?? '';
    this.path = message.url ?? '';
    this.headers = message.headers;
    this.rawBody = rawBody;
    this.body = parse(rawBody);
    this.#response = response;
    response.on('close', () => {
      if (!response.writableFinished) {
        this.abortedAt = performance.now();
        this.#aborted.resolve();
      }
      this.#released.resolve();
      this.#finished.resolve();
      this.#ended.resolve();
    });
  }

  /** True when the client closed the connection (or the mock cut it) before the answer was complete. */
  get wasAborted(): boolean {
    return this.abortedAt !== null;
  }

  /** What it was sent, in order; none for anything but a chat. */
  get messages(): readonly MockMessage[] {
    return this.body?.messages ?? [];
  }

  /** The functions that it was offered. */
  get tools(): readonly MockTool[] {
    return (this.body?.tools ?? []).map((tool) => tool.function);
  }

  get isOver(): boolean {
    return this.#response.closed || this.#response.destroyed;
  }

  /** Resolves when the connection is closed before the answer was complete. */
  aborted(): Promise<void> {
    return this.#aborted.promise;
  }

  /** Resolves when the exchange is over, well or not. */
  ended(): Promise<void> {
    return this.#ended.promise;
  }

  /** Asked of `/v1/completions`, whose choices hold `text` in place of messages. */
  get isTextCompletion(): boolean {
    return /^\/v1\/completions(\?|$)/.test(this.path);
  }

  /** Sends one piece of a gated answer. */
  send(token: string): void {
    const piece = this.isTextCompletion ? { text: token } : { delta: { content: token } };
    this.sendChunk({ choices: [{ index: 0, ...piece, finish_reason: null }] });
    this.tokensSent++;
  }

  sendReasoning(token: string): void {
    this.sendChunk({ choices: [{ index: 0, delta: { reasoning_content: token }, finish_reason: null }] });
  }

  /** Sends one event of a tool call. */
  sendToolCall(piece: Readonly<Record<string, unknown>>): void {
    this.sendChunk({ choices: [{ index: 0, delta: { tool_calls: [piece] }, finish_reason: null }] });
  }

  /** Writes one event with the usual frame around `fields`. */
  sendChunk(fields: Record<string, unknown>): void {
    const kind = this.isTextCompletion
      ? { id: 'cmpl-mock', object: 'text_completion' }
      : { id: 'chatcmpl-mock', object: 'chat.completion.chunk' };
    const frame = { ...kind, created: 1, model: this.body?.model };
    this.write(`data: ${JSON.stringify({ ...frame, ...fields })}\n\n`);
  }

  /** Before the mock has sent the headers, what is written waits for them. */
  write(text: string | Uint8Array): void {
    if (this.#waiting) this.#waiting.push(text);
    else if (!this.isOver) this.#response.write(text);
  }

  /** Called by the mock once the headers are sent. */
  open(): void {
    const waiting = this.#waiting ?? [];
    this.#waiting = null;
    for (const text of waiting) this.write(text);
  }

  /** Lets a gated answer end; finish reason, usage and `[DONE]` follow. */
  finish(): void {
    this.#finished.resolve();
  }

  finished(): Promise<void> {
    return this.#finished.promise;
  }

  /** Lets a held answer go on. */
  release(): void {
    this.#released.resolve();
  }

  released(): Promise<void> {
    return this.#released.promise;
  }

  /** Destroys the connection. */
  cut(): void {
    this.#response.socket?.destroy();
  }
}

export interface MockBody {
  readonly model?: string;
  readonly stream?: boolean;
  readonly messages?: readonly MockMessage[];
  readonly tools?: readonly { readonly type: string; readonly function: MockTool }[];
  readonly input?: unknown;
  readonly [name: string]: unknown;
}

export interface MockMessage {
  readonly role: string;
  readonly content: unknown;
  readonly tool_calls?: readonly {
    readonly id: string;
    readonly type: string;
    readonly function: { readonly name: string; readonly arguments: string };
  }[];
  readonly tool_call_id?: string;
}

export interface MockTool {
  readonly name: string;
  readonly description: string;
  readonly parameters: Readonly<Record<string, unknown>>;
}

function parse(raw: Buffer): MockBody | null {
  try {
    const value: unknown = JSON.parse(raw.toString('utf8'));
    return value !== null && typeof value === 'object' ? (value as MockBody) : null;
  } catch {
    return null;
  }
}
