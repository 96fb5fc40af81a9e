import { vi } from 'vitest';
import { namedId } from '../../src/surfaces/coze/ids.ts';
import type { MockRequest } from '../support/mock-provider/mock-request.ts';
import { readFrames, type TestCoze } from '../support/parley/coze.ts';
import { EventReader } from '../support/parley/read-events.ts';

/** A chat or a message as it stands on the wire, as far as tests look at it. */
export type Wire = Readonly<Record<string, unknown>> & {
  readonly id: string;
  readonly conversation_id: string;
  readonly chat_id?: string;
  readonly status?: string;
  readonly type?: string;
  readonly content?: string;
  readonly reasoning_content?: string;
};

/** What every answer of the API has. */
export interface Envelope<Data = Wire> {
  readonly code: number;
  readonly msg: string;
  readonly data: Data;
  readonly detail: { readonly logid: string };
}

export interface ChatEvent {
  readonly event: string;
  readonly data: Wire;
}

/** Id of the bot that an app is. */
export const botId = (app: string) => namedId('bot', app);

export const user = (content: string) => ({ role: 'user', content, content_type: 'text' }) as const;
export const assistant = (content: string) => ({ role: 'assistant', content, content_type: 'text' }) as const;

/** Fields of a request to `/v3/chat`; `conversation_id` goes into its query. */
export interface ChatRequest extends Readonly<Record<string, unknown>> {
  readonly conversation_id?: string;
  readonly app?: string;
}

/** POST /v3/chat, where the user says `text`. */
export function sendChat(
  coze: TestCoze,
  text: string,
  { conversation_id, app = 'chat', ...more }: ChatRequest = {},
): Promise<Response> {
  const query = conversation_id === undefined ? '' : `?conversation_id=${conversation_id}`;
  return coze.request('POST', `/v3/chat${query}`, {
    bot_id: botId(app),
    user_id: 'u1',
    additional_messages: [user(text)],
    ...more,
  });
}

/** The same as a stream, which must begin. */
export async function streamChat(coze: TestCoze, text: string, more: ChatRequest = {}): Promise<ChatReader> {
  const response = await sendChat(coze, text, { ...more, stream: true });
  const type = response.headers.get('content-type') ?? '';
  if (!type.startsWith('text/event-stream')) throw new Error(`no stream: ${await response.text()}`);
  return new ChatReader(response);
}

/** A chat that is not streamed, as it begins. */
export async function beginChat(coze: TestCoze, text: string, more: ChatRequest = {}): Promise<Wire> {
  return dataOf(sendChat(coze, text, more));
}

/** A chat, when it has ended. */
export async function wholeChat(coze: TestCoze, text: string, more: ChatRequest = {}): Promise<Wire> {
  return endOf(coze, await beginChat(coze, text, more));
}

/** `data` of an answer, which must be a success. */
export async function dataOf<Data = Wire>(response: Response | Promise<Response>): Promise<Data> {
  const body = (await (await response).json()) as Envelope<Data>;
  if (body.code !== 0) throw new Error(`${body.code}: ${body.msg}`);
  return body.data;
}

/** The code of an answer, whatever it is; 0 of a stream. */
export async function codeOf(response: Response | Promise<Response>): Promise<number> {
  const got = await response;
  if (got.headers.get('content-type')?.startsWith('text/event-stream')) {
    await got.body?.cancel();
    return 0;
  }
  return ((await got.json()) as Envelope).code;
}

type ChatName = Pick<Wire, 'id' | 'conversation_id'>;

const query = ({ id, conversation_id }: ChatName) => `?conversation_id=${conversation_id}&chat_id=${id}`;

export const retrieve = (coze: TestCoze, chat: ChatName) =>
  dataOf(coze.request('GET', `/v3/chat/retrieve${query(chat)}`));

export const messagesOf = (coze: TestCoze, chat: ChatName) =>
  dataOf<Wire[]>(coze.request('GET', `/v3/chat/message/list${query(chat)}`));

export const cancel = (coze: TestCoze, { id, conversation_id }: ChatName) =>
  coze.request('POST', '/v3/chat/cancel', { chat_id: id, conversation_id });

/** Waits for the chat to end, and answers it then. */
export function endOf(coze: TestCoze, chat: ChatName): Promise<Wire> {
  return vi.waitFor(
    async () => {
      const now = await retrieve(coze, chat);
      if (now.status === 'in_progress') throw new Error('the chat goes on');
      return now;
    },
    { timeout: 5000, interval: 5 },
  );
}

/** Lets a gated answer end in an error of the model. One that only hangs up before its first word is asked again. */
export function fail(upstream: MockRequest): void {
  upstream.write('data: {"error":{"message":"overloaded"}}\n\n');
  upstream.finish();
}

/** A stream read event by event; throws at the first frame that is none of this wire. */
export class ChatReader {
  readonly #reader: EventReader;

  constructor(response: Response) {
    this.#reader = new EventReader(response);
  }

  /** Null at the end of the body. */
  async next(): Promise<ChatEvent | null> {
    const frame = await this.#reader.next();
    if (!frame) return null;
    const [{ event, data }] = readFrames(frame.raw) as [{ event: string; data: string }];
    return { event, data: JSON.parse(data) };
  }

  /** The next event of this name; those before it are skipped. */
  async until(name: string): Promise<Wire> {
    for (let event = await this.next(); event; event = await this.next())
      if (event.event === name) return event.data;
    throw new Error(`the stream ended without ${name}`);
  }

  /** Everything up to the end of the body. */
  async rest(): Promise<ChatEvent[]> {
    const events: ChatEvent[] = [];
    for (let event = await this.next(); event; event = await this.next()) events.push(event);
    return events;
  }

  /** Breaks the connection. */
  cancel(): Promise<void> {
    return this.#reader.cancel();
  }
}

/** The chat that a stream begins with. */
export function chatOf([first]: readonly ChatEvent[]): Wire {
  if (!first) throw new Error('the stream is empty');
  return first.data;
}

/** Names of events without their common beginning. */
export const namesOf = (events: readonly ChatEvent[]) =>
  events.map(({ event }) => event.replace(/^conversation\./, ''));

/** What a stream said piece by piece. */
export function deltasOf(events: readonly ChatEvent[]): { content: string; reasoning: string } {
  const deltas = events.filter(({ event }) => event === 'conversation.message.delta');
  return {
    content: deltas.map(({ data }) => data.content ?? '').join(''),
    reasoning: deltas.map(({ data }) => data.reasoning_content ?? '').join(''),
  };
}
