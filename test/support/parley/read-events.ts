/** One frame of a stream as it came: `data` parsed, `raw` to the byte. */
export interface Frame {
  readonly raw: string;
  /** The `event:` field; null for data frames of the Dify wire. */
  readonly event: string | null;
  readonly data: Record<string, unknown> | null;
}

/** A stream read frame by frame; `next` waits for the next one and answers null at the end of the body. */
export class EventReader {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  readonly #decoder = new TextDecoder();
  #buffer = '';

  constructor(response: Response) {
    if (!response.body) throw new Error('the response has no body');
    this.#reader = response.body.getReader();
  }

  async next(): Promise<Frame | null> {
    for (;;) {
      const end = this.#buffer.indexOf('\n\n');
      if (end !== -1) {
        const raw = this.#buffer.slice(0, end + 2);
        this.#buffer = this.#buffer.slice(end + 2);
        return parse(raw);
      }
      const { done, value } = await this.#reader.read();
      if (!done) {
        this.#buffer += this.#decoder.decode(value, { stream: true });
        continue;
      }
      if (this.#buffer !== '')
        throw new Error(`the stream ended inside a frame: ${JSON.stringify(this.#buffer)}`);
      return null;
    }
  }

  /** Data frames up to and including the first that `until` accepts. */
  async readUntil(until: (data: Record<string, unknown>) => boolean): Promise<Record<string, unknown>[]> {
    const seen: Record<string, unknown>[] = [];
    for (let frame = await this.next(); frame; frame = await this.next()) {
      if (!frame.data) continue;
      seen.push(frame.data);
      if (until(frame.data)) return seen;
    }
    throw new Error(`the stream ended first, after ${JSON.stringify(seen)}`);
  }

  /** All data frames to the end of the body. */
  async readAll(): Promise<Record<string, unknown>[]> {
    const seen: Record<string, unknown>[] = [];
    for (let frame = await this.next(); frame; frame = await this.next())
      if (frame.data) seen.push(frame.data);
    return seen;
  }

  /** Breaks the connection. */
  async cancel(): Promise<void> {
    await this.#reader.cancel();
  }
}

function parse(raw: string): Frame {
  let event: string | null = null;
  let data: Record<string, unknown> | null = null;
  for (const line of raw.split('\n')) {
    if (line.startsWith('event: ')) event = line.slice(7);
    if (line.startsWith('data: ')) data = JSON.parse(line.slice(6));
  }
  return { raw, event, data };
}
