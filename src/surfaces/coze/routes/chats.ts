import * as z from 'zod';
import { thoughtOf } from '../../../runs/thought.ts';
import { listTurnItems } from '../../../store/conversation-items.ts';
import { findEndUser } from '../../../store/end-users.ts';
import { listThoughts } from '../../../store/thoughts.ts';
import { streamRun } from '../../stream-run.ts';
import { MAX_TEXT } from '../chat-messages.ts';
import { CozeError, parameterError } from '../coze-error.ts';
import { cozeStream } from '../encode.ts';
import { findChat, findUnkeptChat, readChat } from '../find-chat.ts';
import { namedId } from '../ids.ts';
import { defineRoute } from '../route.ts';
import { flag, id, list, text } from '../schema.ts';
import { toolMessages } from '../tool-messages.ts';
import { chatIdsOfRun, chatIdsOfTurn, givenUpChat, runningChat, storedChat } from '../wire-chat.ts';
import { answerOf, itemMessage, verboseOf } from '../wire-message.ts';

/** As many calls as a chat can wait for. */
const MAX_OUTPUTS = 128;

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
    return { data: await readChat(context, turn) };
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
    const { store } = context.parts;
    const [items, thoughts] = await Promise.all([
      listTurnItems(store, conversation, turn),
      listThoughts(store, turn.app_id, [turn.id]),
    ]);
    const followUps = items.filter(({ type }) => type === 'follow_up');
    const ids = chatIdsOfTurn(turn);
    const work = thoughts.flatMap((row) => toolMessages(ids, thoughtOf(row))).map(({ message }) => message);
    const { status } = storedChat(turn);
    if (turn.run_status === 'running' || status === 'requires_action') return { data: work };
    // A failed chat has the beginning of an answer, if that, and no end of it; any other's answer may be empty.
    const failed = status === 'failed';
    const answered = turn.answer_hidden === 0 && (turn.answer !== '' || !failed);
    return {
      data: [
        ...work,
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

/**
 * `facts/coze-wire.md` §9.8: the chat goes on with the outputs of all the calls that it waits for, in a stream of its own
 * or by itself. One that is not kept can have none (§6, 5000).
 */
export const submitToolOutputs = defineRoute({
  method: 'POST',
  path: '/v3/chat/submit_tool_outputs',
  summary: 'Give a chat the outputs of the tools that it asked for',
  scopes: ['submitToolChat'],
  errors: 'chat',
  query: chatQuery,
  body: z.object({
    tool_outputs: list(z.object({ tool_call_id: text(), output: text(MAX_TEXT) }), {
      min: 1,
      max: MAX_OUTPUTS,
    }),
    stream: flag,
  }),
  async handle(context, { query, body }) {
    const { parts, reply } = context;
    if (await findUnkeptChat(context, query))
      throw new CozeError(5000, 'A chat with auto_save_history=false takes no tool outputs.');
    const { conversation, turn } = await findChat(context, query);
    const { status } = storedChat(turn);
    if (status !== 'requires_action')
      throw parameterError(`the chat waits for no tool outputs; its status is ${status}.`);
    const outputs = new Map(body.tool_outputs.map(({ tool_call_id, output }) => [tool_call_id, output]));
    if (outputs.size < body.tool_outputs.length)
      throw parameterError('tool_outputs has more than one output for a call.');
    const endUser = await findEndUser(parts.store, turn.app_id, turn.end_user_id);
    if (!endUser) throw new CozeError(4001, 'Invalid chat');
    const stream = body.stream ?? false;
    const run = await parts.runs.resume(
      {
        app: context.bot(namedId('bot', turn.app_id)),
        endUser: { id: endUser.id, sessionId: endUser.session_id },
        conversation,
        turn,
        outputs,
        followUps: true,
        showsFiles: false,
      },
      stream
        ? (run, { thoughts }) => streamRun(reply, run, cozeStream(run, { thoughts, outputs }))
        : undefined,
    );
    return stream ? reply : { data: runningChat(run, chatIdsOfRun(run), 'in_progress') };
  },
});
