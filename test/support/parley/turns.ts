import { EventReader } from './read-events.ts';
import type { TestParley } from './start-parley.ts';

/** What an event of a Dify stream or a blocking answer holds, as far as tests look at it. */
export type Wire = Record<string, unknown> & {
  readonly event?: string;
  readonly task_id: string;
  readonly message_id: string;
  readonly conversation_id: string;
  readonly answer?: string;
};

/** A request to `/chat-messages`; no title unless asked for, so that the provider sees one request per turn. */
export function sendChat(
  parley: TestParley,
  body: Readonly<Record<string, unknown>> = {},
  app = 'chat',
): Promise<Response> {
  return parley.request(app, 'POST', '/chat-messages', {
    inputs: {},
    query: 'Hi',
    user: 'u1',
    auto_generate_name: false,
    ...body,
  });
}

/** The same, read as a stream. */
export async function streamChat(
  parley: TestParley,
  body: Readonly<Record<string, unknown>> = {},
  app = 'chat',
): Promise<EventReader> {
  return readStream(await sendChat(parley, { response_mode: 'streaming', ...body }, app));
}

/** A request to `/completion-messages`. */
export function sendCompletion(
  parley: TestParley,
  body: Readonly<Record<string, unknown>> = {},
  app = 'completion',
): Promise<Response> {
  return parley.request(app, 'POST', '/completion-messages', { inputs: { text: 'Hi' }, user: 'u1', ...body });
}

export async function readStream(response: Response): Promise<EventReader> {
  if (response.status !== 200) throw new Error(`HTTP ${response.status}: ${await response.text()}`);
  return new EventReader(response);
}

/** A blocking answer, which must be HTTP 200. */
export async function answered(response: Response | Promise<Response>): Promise<Wire> {
  const got = await response;
  const text = await got.text();
  if (got.status !== 200) throw new Error(`HTTP ${got.status}: ${text}`);
  return JSON.parse(text) as Wire;
}

/** The whole answer as a client puts it together from a stream. */
export function textOf(events: readonly Record<string, unknown>[]): string {
  let text = '';
  for (const event of events) {
    if (event.event === 'message') text += String(event.answer);
    if (event.event === 'message_replace') text = String(event.answer);
  }
  return text;
}

/** Usage in the `message_end` of a stream. */
export function usageOf(events: readonly Record<string, unknown>[]): Record<string, unknown> {
  const end = events.find((event) => event.event === 'message_end') as {
    metadata: { usage: Record<string, unknown> };
  };
  return end.metadata.usage;
}

/** Ids of the run that a stream belongs to, from its first event. */
export async function firstEvent(reader: EventReader): Promise<Wire> {
  const [event] = await reader.readUntil(() => true);
  return event as Wire;
}

export function stop(parley: TestParley, taskId: string, user = 'u1', app = 'chat'): Promise<Response> {
  const family = app.startsWith('completion') ? 'completion-messages' : 'chat-messages';
  return parley.request(app, 'POST', `/${family}/${taskId}/stop`, { user });
}
