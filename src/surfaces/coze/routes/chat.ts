import * as z from 'zod';
import type { App } from '../../../apps/app.ts';
import { ParleyError } from '../../../errors.ts';
import { findEndUser, findOrCreateEndUser, NOBODY } from '../../../store/end-users.ts';
import type { ConversationRow, EndUserRow } from '../../../store/schema.ts';
import { listUserVariables } from '../../../store/user-variables.ts';
import { streamRun } from '../../stream-run.ts';
import { chatInputs, completionTurn } from '../chat-inputs.ts';
import { chatMessage, MAX_MESSAGES, readMessages } from '../chat-messages.ts';
import { checkMetaData } from '../check-meta-data.ts';
import { CozeError, parameterError } from '../coze-error.ts';
import { cozeStream } from '../encode.ts';
import { type CozeContext, defineRoute } from '../route.ts';
import {
  beginning,
  flag,
  id,
  metaData,
  optional,
  optionalId,
  optionalText,
  text,
  values,
} from '../schema.ts';
import { chatIdsOfRun, runningChat } from '../wire-chat.ts';

/** Width of the column of an end user's name in Dify, which shares them. */
const MAX_USER = 255;

const body = z.object({
  bot_id: id,
  user_id: text(MAX_USER).refine((name) => name !== '', { error: 'is required' }),
  additional_messages: optional(beginning(chatMessage, MAX_MESSAGES)),
  stream: flag,
  custom_variables: optional(values),
  auto_save_history: flag,
  meta_data: metaData,
  parameters: optional(values),
  shortcut_command: optional(z.object({ command_id: optionalText() })),
  publish_status: optionalText(),
  bot_version: optionalText(),
});

/** `facts/coze-wire.md` §9.5: a stream of the chat, or the chat itself while it goes on. */
export const chat = defineRoute({
  method: 'POST',
  path: '/v3/chat',
  summary: 'Chat with a bot',
  scopes: ['chat'],
  errors: 'chat',
  query: z.object({ conversation_id: optionalId }),
  body,
  async handle(context, { query, body }) {
    const { parts, reply, account } = context;
    const stream = body.stream ?? false;
    const keep = body.auto_save_history ?? true;
    const app = context.bot(body.bot_id);
    checkMetaData(body.meta_data);
    if (!stream && !keep) throw new CozeError(4007, 'stream=false needs auto_save_history=true.');
    if (body.publish_status === 'unpublished_draft' && body.bot_version !== undefined)
      throw parameterError('a draft has no bot_version.');
    if (body.shortcut_command?.command_id !== undefined)
      throw parameterError('this bot has no shortcut commands.');
    const conversation =
      query.conversation_id === undefined ? null : await context.conversation(query.conversation_id);
    const asked = await readMessages(context, app, body.additional_messages ?? [], {
      conversation,
      keep,
    });
    const { endUser, unclaimed } = await speakerOf(context, app, conversation, body.user_id);
    const inputs = chatInputs(
      app,
      await variablesOf(context, app, endUser),
      body.parameters ?? {},
      body.custom_variables ?? {},
    );
    const run = await parts.runs
      .start(
        {
          ...asked,
          app,
          endUser: { id: endUser.id, sessionId: endUser.session_id },
          surface: 'coze',
          conversationId: conversation?.id ?? null,
          ...(conversation && unclaimed ? { unclaimed: conversation } : {}),
          newestVersion: true,
          autoGenerateName: false,
          inputs,
          ...(app.mode === 'completion' ? completionTurn(app, inputs, asked.query) : {}),
          inConversation: true,
          filesOf: account,
          ...(body.meta_data ? { metadata: body.meta_data } : {}),
          keep,
          exclusive: true,
          followUps: true,
          aloud: false,
          callerExecutes: true,
          showsFiles: false,
        },
        stream ? (run) => streamRun(reply, run, cozeStream(run)) : undefined,
      )
      .catch(refused);
    return stream ? reply : { data: runningChat(run, chatIdsOfRun(run), 'in_progress') };
  },
});

/**
 * Whose turn it is: a conversation stays with the bot and the end user of its first turn, and one that nobody has
 * spoken in gets them with this one. `user_id` names the end user of conversations to come: some SDKs invent one per
 * request (`facts/coze-wire.md` §3).
 */
async function speakerOf(
  { parts: { store } }: CozeContext,
  app: App,
  conversation: ConversationRow | null,
  userId: string,
): Promise<{ readonly endUser: EndUserRow; readonly unclaimed: boolean }> {
  if (conversation && conversation.app_id !== '') {
    if (conversation.app_id !== app.id) throw otherBot();
    const endUser = await findEndUser(store, app.id, conversation.end_user_id);
    if (endUser && endUser.session_id !== NOBODY) return { endUser, unclaimed: false };
  }
  return { endUser: await findOrCreateEndUser(store, app.id, userId), unclaimed: conversation !== null };
}

/** Of all that a chat needs, only its conversation can have gone meanwhile. */
function refused(error: unknown): never {
  if (error instanceof ParleyError && error.code === 'not_found')
    throw new CozeError(4002, 'invalid conversation');
  throw error;
}

function otherBot(): CozeError {
  return new CozeError(4002, 'invalid conversation: it was begun with another bot.');
}

async function variablesOf(
  { parts: { store } }: CozeContext,
  app: App,
  endUser: EndUserRow,
): Promise<Record<string, string>> {
  if (app.config.inputForm.length === 0) return {};
  const rows = await listUserVariables(store, endUser.id);
  return Object.fromEntries(rows.map(({ name, value }) => [name, value]));
}
