import * as z from 'zod';
import { listTurnItems } from '../../../store/conversation-items.ts';
import { CozeError, parameterError } from '../coze-error.ts';
import { findChat, findUnkeptChat } from '../find-chat.ts';
import { defineRoute } from '../route.ts';
import { flag, id, list, text } from '../schema.ts';
import { chatIdsOfRun, givenUpChat, storedChat } from '../wire-chat.ts';
import { answerOf, itemMessage, verboseOf } from '../wire-message.ts';

/** No chat here asks for any. */
const MAX_OUTPUTS = 100;

const chatQuery = z.object({ conversation_id: id, chat_id: id });

/** By both methods, for clients differ (`facts/coze-wire.md` §9.8, §1 rule 12). */
export const retrieveChat = defineRoute({
  method: ['GET', 'POST'],
  path: '/v3/chat/retrieve',
  summary: 'Read a chat',
  scopes: ['getChat'],
  query: chatQuery,
  async handle(context, { query }) {
    const { turn } = await findChat(context, query);
    return { data: storedChat(turn) };
  },
});

/** What a chat has said, in the order of its stream; of one that goes on, what is complete (`facts/coze-wire.md` §9.8). */
export const listChatMessages = defineRoute({
  method: 'GET',
  path: '/v3/chat/message/list',
  summary: 'List the messages of a chat',
  scopes: ['listMessage', 'chat'],
  query: chatQuery,
  async handle(context, { query }) {
    const { conversation, turn } = await findChat(context, query);
    if (turn.run_status === 'running') return { data: [] };
    const items = await listTurnItems(context.parts.store, conversation, turn);
    const followUps = items.filter(({ type }) => type === 'follow_up');
    // A failed chat has the beginning of an answer, if that, and no end of it; any other's answer may be empty.
    const failed = storedChat(turn).status === 'failed';
    const answered = turn.answer_hidden === 0 && (turn.answer !== '' || !failed);
    return {
      data: [
        ...(answered ? [answerOf(turn)] : []),
        ...(answered && !failed ? [verboseOf(turn)] : []),
        ...followUps.map((item) => itemMessage(item, conversation)),
      ],
    };
  },
});

/**
 * Seed 002: the chat becomes `canceled`, its stream is not interrupted, its turn is no context, and the conversation
 * takes the next chat at once. One that is completed, failed or waits for an action refuses with 4104; one that is
 * canceled already answers the same again.
 */
export const cancelChat = defineRoute({
  method: 'POST',
  path: '/v3/chat/cancel',
  summary: 'Cancel a running chat',
  scopes: ['cancelChat'],
  body: z.object({ chat_id: id, conversation_id: id }),
  async handle(context, { body }) {
    const { parts } = context;
    const options = { interrupt: parts.cancel === 'interrupt' };
    const unkept = await findUnkeptChat(context, body);
    if (unkept) {
      const result = parts.runs.cancelUnkept(unkept, options);
      if (result === 'ended') throw notCancelable();
      return { data: givenUpChat(unkept, chatIdsOfRun(unkept), result.canceledAt) };
    }
    const { turn } = await findChat(context, body);
    if ((await parts.runs.cancel(turn.run_id, options)) === 'ended') throw notCancelable();
    return { data: storedChat((await findChat(context, body)).turn) };
  },
});

function notCancelable(): CozeError {
  return new CozeError(4104, "The current conversation can't be canceled");
}

/** `facts/coze-wire.md` §9.8; a chat that is not kept can have none (§6, 5000). */
export const submitToolOutputs = defineRoute({
  method: 'POST',
  path: '/v3/chat/submit_tool_outputs',
  summary: 'Give a chat the outputs of the tools that it asked for',
  scopes: ['submitToolChat'],
  errors: 'chat',
  query: chatQuery,
  body: z.object({
    tool_outputs: list(z.object({ tool_call_id: text(), output: text() }), {
      min: 1,
      max: MAX_OUTPUTS,
    }),
    stream: flag,
  }),
  async handle(context, { query }) {
    if (await findUnkeptChat(context, query))
      throw new CozeError(5000, 'A chat with auto_save_history=false takes no tool outputs.');
    const { turn } = await findChat(context, query);
    throw parameterError(`the chat waits for no tool outputs; its status is ${storedChat(turn).status}.`);
  },
});
