import type { MockReply, MockToolCall } from '../mock-provider/mock-reply.ts';
import type { MockRequest } from '../mock-provider/mock-request.ts';
import type { TestParley } from '../parley/start-parley.ts';
import { streamChat, type Wire } from '../parley/turns.ts';

/** Calls of tools with arguments by their values, as a test writes them. */
export type WantedCall = readonly [tool: string, args?: Readonly<Record<string, unknown>> | string];

export const ANSWER = 'That is all.';

/** What to ask an app whose model answers by `obedient`. */
export function queryFor(...calls: readonly WantedCall[]): string {
  return JSON.stringify(calls);
}

/**
 * A model that calls what the end user's last message says (`queryFor`), all at once, and answers when it has the
 * results. Everything is in the request, so turns may run at the same time.
 */
export function obedient({ messages }: MockRequest): MockReply {
  const last = messages.at(-1);
  if (last?.role !== 'user') return { tokens: [ANSWER] };
  const calls = JSON.parse(String(last.content)) as WantedCall[];
  return { tokens: ['Let me see.'], toolCalls: calls.map(callOf) };
}

function callOf([name, args = {}]: WantedCall): MockToolCall {
  return { name, arguments: typeof args === 'string' ? args : JSON.stringify(args) };
}

export interface TurnOptions {
  readonly app?: string;
  readonly user?: string;
  readonly conversation_id?: string;
}

/** A whole turn of an agent whose model answers by `obedient`. */
export interface AgentTurn {
  readonly events: readonly Wire[];
  /** What the model was told of each tool, by the name that it called; of several calls of one, the last. */
  readonly observed: Readonly<Record<string, string>>;
}

export async function takeTurn(
  parley: TestParley,
  calls: readonly WantedCall[],
  { app = 'agent', ...more }: TurnOptions = {},
): Promise<AgentTurn> {
  const reader = await streamChat(parley, { query: queryFor(...calls), ...more }, app);
  const events = (await reader.readAll()) as Wire[];
  const last = events.at(-1);
  if (last?.event !== 'message_end') throw new Error(`the turn ended with ${JSON.stringify(last)}`);
  return { events, observed: observedIn(events) };
}

/** The same when there is one call, and what counts is what the model was told of it. */
export async function observe(
  parley: TestParley,
  tool: string,
  args: WantedCall[1] = {},
  options: TurnOptions = {},
): Promise<string> {
  const { observed } = await takeTurn(parley, [[tool, args]], options);
  return observed[tool] ?? '';
}

export function observedIn(events: readonly Record<string, unknown>[]): Readonly<Record<string, string>> {
  const observed = events.flatMap(({ event, observation }) =>
    event === 'agent_thought' && typeof observation === 'string' && observation !== ''
      ? Object.entries(JSON.parse(observation) as Record<string, string>)
      : [],
  );
  return Object.fromEntries(observed);
}
