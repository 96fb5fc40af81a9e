import type { IncomingHttpHeaders } from 'node:http';
import { StringDecoder } from 'node:string_decoder';
import { createParser, type EventSourceParser } from 'eventsource-parser';
import type { ChatDelta, ChatResult, TokenUsage } from '../chat-model.ts';
import { readUpstreamError } from '../read-upstream-error.ts';
import { toolFinish } from '../tool-finish.ts';
import { UpstreamError } from '../upstream-error.ts';
import { upstreamLimits } from '../upstream-limits.ts';
import { BodyText } from './body-text.ts';
import { type ChatChunk, emitMessage, finishReason, usageOf } from './chat-chunk.ts';
import { KeptReasoning } from './kept-reasoning.ts';
import type { ResponseReader } from './post.ts';
import { ToolCallReader } from './tool-call-reader.ts';

/**
 * Reads one answer of `/chat/completions` or `/completions`: a stream of events, a whole JSON answer (some gateways do not stream), or
 * an error. A stream is complete with `[DONE]` or with a finish reason; without either it was cut. Words and pieces of
 * tool calls after a finish reason (some send one with every piece) are taken and put the end off.
 */
export class ChatReader implements ResponseReader<ChatResult> {
  readonly #onDelta: (delta: ChatDelta) => void;
  readonly #onLateDelta: (delta: ChatDelta) => void;
  readonly #secrets: readonly string[];
  #endSoon: () => void = () => {};
  #status = 0;
  #retryAfter: string | undefined;
  #body: BodyText | null = null;
  #parser: EventSourceParser | null = null;
  #decoder: StringDecoder | null = null;
  #midCharacter = false;
  #finish: ChatResult['finishReason'] | null = null;
  #usage: TokenUsage | null = null;
  readonly #toolCalls = new ToolCallReader();
  readonly #reasoning = new KeptReasoning();
  #done = false;

  constructor(onDelta: (delta: ChatDelta) => void, secrets: readonly string[]) {
    this.#onDelta = onDelta;
    this.#onLateDelta = (delta) => {
      this.#endSoon();
      onDelta(delta);
    };
    this.#secrets = secrets;
  }

  /** True once a piece of a tool call has come: such an answer has begun, although nothing was passed on. */
  get hasToolCalls(): boolean {
    return !this.#toolCalls.isEmpty;
  }

  start(status: number, headers: IncomingHttpHeaders, endSoon: () => void): void {
    this.#status = status;
    const type = headers['content-type'] ?? '';
    if (status < 200 || status > 299) {
      this.#retryAfter = headers['retry-after'];
      this.#body = new BodyText({ isError: true });
    } else if (type.startsWith('application/json')) {
      this.#body = new BodyText({ isError: false });
    } else if (type.startsWith('text/html')) {
      throw malformed('a web page: its base URL may be wrong');
    } else {
      this.#endSoon = endSoon;
      this.#parser = createParser({
        onEvent: (event) => this.#onEvent(event.data),
        onError: (error) => this.#onStrayLine(error.type, error.line),
        maxBufferSize: upstreamLimits.maxEventChars,
      });
    }
  }

  data(chunk: Buffer): ChatResult | undefined {
    if (this.#body) {
      this.#body.add(chunk);
      return undefined;
    }
    this.#parser?.feed(this.#decode(chunk));
    return this.#done ? this.#result() : undefined;
  }

  end(failure: UpstreamError | null): ChatResult {
    if (this.#body) return this.#readWhole(this.#body.text(), failure);
    if (failure === null) {
      this.#parser?.feed('\n\n');
      if (this.#done) return this.#result();
    }
    if (this.#finish !== null) return this.#result();
    throw failure ?? new UpstreamError('cut', 'The model provider ended its answer before it was complete.');
  }

  /** Nearly every chunk ends with an event, thus with ASCII: the slow decoder is needed for split characters only. */
  #decode(chunk: Buffer): string {
    const endsInCharacter = (chunk[chunk.length - 1] ?? 0) >= 0x80;
    if (!endsInCharacter && !this.#midCharacter) return chunk.toString('utf8');
    this.#decoder ??= new StringDecoder('utf8');
    this.#midCharacter = endsInCharacter;
    return this.#decoder.write(chunk);
  }

  #onEvent(data: string): void {
    if (this.#done || data === '') return;
    if (data === '[DONE]' || data.trim() === '[DONE]') {
      this.#done = true;
      return;
    }
    let chunk: ChatChunk;
    try {
      chunk = JSON.parse(data) as ChatChunk;
    } catch {
      if (this.#finish !== null || data.trim() === '') return;
      throw malformed('an event that is not JSON');
    }
    if (chunk === null || typeof chunk !== 'object') throw malformed('an event that is not an object');
    this.#onChunk(chunk);
  }

  #onChunk(chunk: ChatChunk): void {
    const error = chunk.error ?? chunk.x_groq?.error;
    if (error) throw readUpstreamError({ status: null, body: { error } }, this.#secrets);
    if (!Array.isArray(chunk.choices) && !chunk.usage && 'message' in chunk && 'code' in chunk) {
      throw readUpstreamError({ status: null, body: chunk }, this.#secrets);
    }
    const choice = chunk.choices?.[0];
    if (choice && (choice.index ?? 0) === 0) {
      const message = choice.delta ?? choice.message;
      const onDelta = this.#finish === null ? this.#onDelta : this.#onLateDelta;
      if (message) {
        emitMessage(message, onDelta);
        this.#reasoning.read(message);
        if (this.#toolCalls.read(message) && this.#finish !== null) this.#endSoon();
      } else if (choice.text) onDelta({ kind: 'text', text: choice.text });
      if (choice.finish_reason) {
        if (this.#finish === null) this.#endSoon();
        this.#finish = finishReason(choice.finish_reason);
      }
    }
    this.#usage = usageOf(chunk) ?? this.#usage;
  }

  /** Lines that are no field of an event are skipped, unless they are a provider's error without `data:`. */
  #onStrayLine(type: string, line: string | undefined): void {
    if (type === 'max-buffer-size-exceeded') throw malformed('an event that is too large');
    if (!line?.startsWith('{')) return;
    let body: { error?: unknown };
    try {
      body = JSON.parse(line) as { error?: unknown };
    } catch {
      return;
    }
    if (body.error) throw readUpstreamError({ status: null, body }, this.#secrets);
  }

  #readWhole(text: string, failure: UpstreamError | null): ChatResult {
    if (this.#status > 299 || this.#status < 200) {
      throw readUpstreamError(
        { status: this.#status, body: text, retryAfter: this.#retryAfter },
        this.#secrets,
      );
    }
    if (failure) throw failure;
    let whole: ChatChunk;
    try {
      whole = JSON.parse(text) as ChatChunk;
    } catch {
      throw malformed('an answer that is not JSON');
    }
    if (whole === null || typeof whole !== 'object') throw malformed('an answer that is not an object');
    this.#onChunk(whole);
    if (!Array.isArray(whole.choices) || whole.choices.length === 0)
      throw malformed('an answer without choices');
    return this.#result();
  }

  #result(): ChatResult {
    const toolCalls = this.#toolCalls.calls(this.#reasoning.value());
    return { finishReason: toolFinish(this.#finish ?? 'stop', toolCalls), usage: this.#usage, toolCalls };
  }
}

function malformed(what: string): UpstreamError {
  return new UpstreamError('malformed', `The model provider sent ${what}.`);
}
