import type { EventReader } from '../support/parley/read-events.ts';
import type { TestParley } from '../support/parley/start-parley.ts';
import { answered, readStream, sendChat } from '../support/parley/turns.ts';

/** An event of a stream, or `data` of one. */
export type Fields = Record<string, unknown>;

/** An event with what it has in `data`. */
export type WorkflowEvent = Fields & {
  readonly event: string;
  readonly task_id: string;
  readonly data: Fields;
};

/** A blocking answer of a workflow. */
export interface WorkflowAnswer {
  readonly task_id: string;
  readonly workflow_run_id: string;
  readonly data: Fields;
}

/** POST /workflows/run. */
export function sendWorkflow(
  parley: TestParley,
  body: Readonly<Fields> = {},
  app = 'workflow',
): Promise<Response> {
  return parley.request(app, 'POST', '/workflows/run', { inputs: {}, user: 'u1', ...body });
}

/** The same, whose answer must be HTTP 200. */
export async function runWorkflow(
  parley: TestParley,
  body: Readonly<Fields> = {},
  app = 'workflow',
): Promise<WorkflowAnswer> {
  return (await answered(sendWorkflow(parley, body, app))) as unknown as WorkflowAnswer;
}

export async function openWorkflow(
  parley: TestParley,
  body: Readonly<Fields> = {},
  app = 'workflow',
): Promise<EventReader> {
  return readStream(await sendWorkflow(parley, { response_mode: 'streaming', ...body }, app));
}

/** All events of a workflow's stream. */
export async function streamWorkflow(
  parley: TestParley,
  body: Readonly<Fields> = {},
  app = 'workflow',
): Promise<WorkflowEvent[]> {
  return (await (await openWorkflow(parley, body, app)).readAll()) as WorkflowEvent[];
}

/** All events of a chatflow's stream. */
export async function streamChatflow(
  parley: TestParley,
  body: Readonly<Fields> = {},
  app = 'chatflow',
): Promise<WorkflowEvent[]> {
  const response = await sendChat(parley, { response_mode: 'streaming', ...body }, app);
  return (await (await readStream(response)).readAll()) as WorkflowEvent[];
}

/** A conversation as GET /messages has it. */
export async function messagesOf(
  parley: TestParley,
  app: string,
  conversationId: unknown,
  user = 'u1',
): Promise<Fields[]> {
  const path = `/messages?user=${user}&conversation_id=${conversationId}`;
  const body = (await (await parley.request(app, 'GET', path)).json()) as { data: Fields[] };
  return body.data;
}

/** Pieces of text as they came, of either kind of app. */
export function piecesOf(events: readonly Readonly<Fields>[]): string[] {
  return events.flatMap((event) => {
    if (event.event === 'message') return [String(event.answer)];
    return event.event === 'text_chunk' ? [String((event.data as Fields).text)] : [];
  });
}

/** What a client shows in the end. */
export function shownIn(events: readonly Readonly<Fields>[]): string {
  let shown = '';
  for (const event of events) {
    if (event.event === 'message') shown += event.answer;
    if (event.event === 'message_replace') shown = String(event.answer);
    if (event.event === 'text_chunk') shown += (event.data as Fields).text;
    if (event.event === 'text_replace') shown = String((event.data as Fields).text);
  }
  return shown;
}

/** A stream told in short: `node_started llm`, pieces of text as JSON, other events by their names. */
export function storyOf(events: readonly Readonly<Fields>[]): string[] {
  return events.flatMap((event) => {
    const piece = piecesOf([event])[0];
    if (piece !== undefined) return [JSON.stringify(piece)];
    const node = (event.data as Fields | undefined)?.node_id;
    return [node === undefined ? String(event.event) : `${event.event} ${node}`];
  });
}

/** `data` of the events of this name (and node). */
export function dataOf(events: readonly Readonly<Fields>[], name: string, nodeId?: string): Fields[] {
  return events
    .filter(
      ({ event, data }) => event === name && (nodeId === undefined || (data as Fields).node_id === nodeId),
    )
    .map(({ data }) => data as Fields);
}

/** `data` of `workflow_finished`. */
export function finishedIn(events: readonly Readonly<Fields>[]): Fields {
  const [finished] = dataOf(events, 'workflow_finished');
  if (!finished) throw new Error(`no workflow_finished in ${JSON.stringify(events)}`);
  return finished;
}
