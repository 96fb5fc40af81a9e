import type { MockReply, MockToolCall } from '../../support/mock-provider/mock-reply.ts';
import type { MockRequest } from '../../support/mock-provider/mock-request.ts';
import type { TestTool } from '../../support/parley/apps.ts';
import type { TestCoze } from '../../support/parley/coze.ts';
import { ChatReader, type ChatRequest, dataOf, type Wire, wholeChat } from '../chats.ts';

/** Functions that the caller executes, as `tools:` of `parley.yml` has them. */
export const DEVICE = {
  name: 'device',
  client: [
    {
      name: 'get_location',
      description: 'Where the device is',
      parameters: { type: 'object', properties: { precise: { type: 'boolean' } } },
    },
    {
      name: 'ring',
      description: 'Lets the device ring',
      parameters: {
        type: 'object',
        properties: { seconds: { type: 'integer' } },
        required: ['seconds'],
      },
    },
  ],
};

export const locate: TestTool = { type: 'client', provider: 'device', tool: 'get_location' };
export const ring: TestTool = { type: 'client', provider: 'device', tool: 'ring' };
export const weekday: TestTool = { provider: 'time', tool: 'weekday' };

/** Calls of these as a model makes them. */
export const locateCall: MockToolCall = { name: 'get_location', arguments: '{"precise": true}' };
export const ringCall: MockToolCall = { name: 'ring', arguments: '{"seconds": 3}' };
export const weekdayCall: MockToolCall = {
  name: 'weekday',
  arguments: '{"year": 2024, "month": 1, "day": 5}',
};

/** A reply for each round of a turn, which is told by what the model has said since the query; the last for all that follow. */
export function rounds(...replies: readonly MockReply[]): (request: MockRequest) => MockReply {
  return ({ messages }) => {
    const asked = messages.findLastIndex(({ role }) => role === 'user');
    const done = messages.slice(asked).filter(({ role }) => role === 'assistant').length;
    return replies[Math.min(done, replies.length - 1)] ?? {};
  };
}

/** A chat that waits for its caller. */
export async function waitingChat(coze: TestCoze, text: string, more: ChatRequest = {}): Promise<Wire> {
  const chat = await wholeChat(coze, text, { app: 'agent', ...more });
  if (chat.status !== 'requires_action')
    throw new Error(`the chat is ${chat.status}: ${JSON.stringify(chat)}`);
  return chat;
}

/** Calls that a chat waits for. */
export function callsOf({ required_action }: Wire) {
  const action = required_action as {
    readonly type: string;
    readonly submit_tool_outputs: {
      readonly tool_calls: readonly {
        readonly id: string;
        readonly type: string;
        readonly function: { readonly name: string; readonly arguments: string };
      }[];
    };
  };
  return action.submit_tool_outputs.tool_calls;
}

/** An output for each call that a chat waits for; by the names of functions, or one for all. */
export function outputsFor(
  chat: Wire,
  said: string | Readonly<Record<string, string>> = 'done',
): ToolOutput[] {
  return callsOf(chat).map(({ id, function: { name } }) => ({
    tool_call_id: id,
    output: typeof said === 'string' ? said : (said[name] ?? ''),
  }));
}

export interface ToolOutput {
  readonly tool_call_id: string;
  readonly output: string;
}

/** POST /v3/chat/submit_tool_outputs. */
export function submit(
  coze: TestCoze,
  { id, conversation_id }: Pick<Wire, 'id' | 'conversation_id'>,
  tool_outputs: unknown,
  { token, ...more }: { readonly token?: string; readonly stream?: boolean } = {},
): Promise<Response> {
  return coze.request(
    'POST',
    `/v3/chat/submit_tool_outputs?conversation_id=${conversation_id}&chat_id=${id}`,
    { tool_outputs, ...more },
    ...(token === undefined ? [] : [{ token }]),
  );
}

/** The same, which must succeed: the chat as it goes on. */
export const resume = (coze: TestCoze, chat: Wire, said?: Parameters<typeof outputsFor>[1]): Promise<Wire> =>
  dataOf(submit(coze, chat, outputsFor(chat, said)));

/** The same as a stream, which must begin. */
export async function streamOn(
  coze: TestCoze,
  chat: Wire,
  said?: Parameters<typeof outputsFor>[1],
): Promise<ChatReader> {
  const response = await submit(coze, chat, outputsFor(chat, said), { stream: true });
  const type = response.headers.get('content-type') ?? '';
  if (!type.startsWith('text/event-stream')) throw new Error(`no stream: ${await response.text()}`);
  return new ChatReader(response);
}
