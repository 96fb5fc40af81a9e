/** What tests look at in the stream of an agent. */
type Events = readonly Record<string, unknown>[];

/** An `agent_thought`, as the stream or GET /messages has it. */
export interface WireThought {
  readonly id: string;
  readonly position: number;
  readonly thought: string;
  readonly observation: string;
  readonly tool: string;
  readonly tool_labels: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly tool_input: string;
  readonly message_files: readonly string[];
}

/** Names of the events in order, several `agent_message`s in a row as one. */
export function kindsOf(events: Events): string[] {
  const kinds = events.map(({ event }) => String(event));
  return kinds.filter((kind, at) => kind !== 'agent_message' || kinds[at - 1] !== kind);
}

/** All that was said, as a client puts it together. */
export function saidIn(events: Events): string {
  let said = '';
  for (const { event, answer } of events) {
    if (event === 'agent_message') said += String(answer);
    if (event === 'message_replace') said = String(answer);
  }
  return said;
}

/** The thoughts as they were in the end, by position. */
export function thoughtsIn(events: Events): WireThought[] {
  const byId = new Map<string, WireThought>();
  for (const event of events)
    if (event.event === 'agent_thought') byId.set(String(event.id), event as unknown as WireThought);
  return [...byId.values()];
}

/** What came of each tool in a thought, by its name. */
export function observationOf({ observation }: Pick<WireThought, 'observation'>): Record<string, string> {
  return observation === '' ? {} : JSON.parse(observation);
}
