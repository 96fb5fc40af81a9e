import * as z from 'zod';
import { conversationBusy } from '../../../runs/accept-run.ts';
import { messageFilesOf, type RunFile } from '../../../runs/run-file.ts';
import {
  changeItem,
  changeQuestion,
  deleteAnswer,
  deleteItem,
  deleteQuestion,
} from '../../../store/change-messages.ts';
import type { ListedMessage } from '../../../store/list-conversation-messages.ts';
import type { ConversationItemRow, ConversationRow } from '../../../store/schema.ts';
import { findTurn, type TurnRow, updateTurn } from '../../../store/turns.ts';
import { checkMetaData } from '../check-meta-data.ts';
import { type Content, MAX_PARTS, readContent } from '../content.ts';
import { parameterError } from '../coze-error.ts';
import { findMessage, invalidMessage, questionFiles, wireMessages } from '../find-message.ts';
import { messageFiles } from '../message-files.ts';
import { type CozeContext, defineRoute } from '../route.ts';
import { id, list, metaData, optional, optionalText, text } from '../schema.ts';

const messageQuery = z.object({ conversation_id: id, message_id: id });

const ModifiedMessage = z.object({
  content: optional(z.union([text(), list(z.unknown(), { max: MAX_PARTS })])),
  content_type: optionalText(z.enum(['text', 'object_string'])),
  meta_data: metaData,
});

type Change = z.output<typeof ModifiedMessage>;

/** What is left out stays as it is; the answer is `message` (`facts/coze-wire.md` §1 rule 20, §10). */
export const modifyMessage = defineRoute({
  method: 'POST',
  path: '/v1/conversation/message/modify',
  summary: 'Change a message',
  scopes: ['modifyMessage'],
  query: messageQuery,
  body: ModifiedMessage,
  async handle(context, { query, body }) {
    checkMetaData(body.meta_data);
    const conversation = await context.conversation(query.conversation_id);
    const found = await findChangeable(context, conversation, query.message_id);
    await change(context, conversation, found, body);
    const changed = await findMessage(context, conversation, query.message_id);
    const [message] = await wireMessages(context, conversation, [changed]);
    return { message };
  },
});

/** With an answer goes what came with it (`facts/coze-wire.md` §10). */
export const deleteMessage = defineRoute({
  method: 'POST',
  path: '/v1/conversation/message/delete',
  summary: 'Delete a message',
  scopes: ['deleteMessage'],
  query: messageQuery,
  async handle(context, { query }) {
    const { store } = context.parts;
    const conversation = await context.conversation(query.conversation_id);
    const message = await findChangeable(context, conversation, query.message_id);
    const [data] = await wireMessages(context, conversation, [message]);
    if (message.kind === 'item') await deleteItem(store, conversation, message.item);
    else if (message.kind === 'question') await deleteQuestion(store, conversation, message.turn.id);
    else await deleteAnswer(store, conversation, message.turn.id);
    return { data };
  },
});

/**
 * A message that lists have, and that no running chat is about: what that says now would be said over it.
 *
 * @throws CozeError 4005 | ParleyError `conversation_busy`
 */
async function findChangeable(
  context: CozeContext,
  conversation: ConversationRow,
  id: string,
): Promise<ListedMessage> {
  const message = await findMessage(context, conversation, id);
  if (message.kind === 'finish') throw invalidMessage();
  if (message.kind === 'item' && message.item.type === 'follow_up') throw invalidMessage();
  const turn = message.kind === 'item' ? await turnOf(context, conversation, message.item) : message.turn;
  if (turn?.run_status === 'running') throw conversationBusy();
  return message;
}

async function turnOf(
  { parts }: CozeContext,
  conversation: ConversationRow,
  { message_id }: ConversationItemRow,
): Promise<TurnRow | undefined> {
  return message_id === null ? undefined : findTurn(parts.store, conversation, message_id);
}

async function change(
  context: CozeContext,
  conversation: ConversationRow,
  message: ListedMessage,
  { content, content_type, meta_data }: Change,
): Promise<void> {
  const { store } = context.parts;
  const metadata = meta_data === undefined ? undefined : JSON.stringify(meta_data);
  const had = await filesOf(context, conversation, message);
  const said = readChange(message, had, content, content_type);
  const files = said && (await messageFiles(context, conversation, said.parts, had));
  const rowsOf = (messageId: string) =>
    files && messageFilesOf(files, { appId: conversation.app_id, messageId }, 'user');
  switch (message.kind) {
    case 'question':
      await changeQuestion(
        store,
        conversation,
        message.turn.id,
        { ...(said && { query: said.text }), ...(metadata && { query_metadata: metadata }) },
        rowsOf(message.turn.id),
      );
      return;
    case 'answer':
      await updateTurn(store, conversation, message.turn.id, {
        ...(said && { answer: said.text }),
        ...(metadata && { answer_metadata: metadata }),
      });
      return;
    case 'item':
      await changeItem(
        store,
        conversation,
        message.item,
        {
          ...(said && { text: said.text, files: files?.length ? JSON.stringify(files) : null }),
          ...(metadata && { metadata }),
        },
        rowsOf(message.item.message_id ?? ''),
      );
      return;
  }
}

/** What it says now; undefined when that stays. @throws CozeError 4000 */
function readChange(
  message: ListedMessage,
  had: readonly RunFile[],
  content: Change['content'],
  contentType: Change['content_type'],
): Content | undefined {
  if (content === undefined || content === '') return undefined;
  const json = typeof content === 'string' ? content : JSON.stringify(content);
  // Where no type is told, it stays, unless the content is of the other one.
  const isObject =
    contentType === undefined
      ? typeof content !== 'string' || (had.length > 0 && /^\s*\[\s*\{/.test(content))
      : contentType === 'object_string';
  const isAnswer =
    message.kind === 'answer' || (message.kind === 'item' && message.item.role === 'assistant');
  if (isObject && isAnswer) throw parameterError("a message of the assistant's is text.");
  const said = readContent(json, isObject ? 'object_string' : 'text');
  if (said.text === '' && said.parts.length === 0) throw parameterError('content is empty.');
  return said;
}

async function filesOf(
  { parts }: CozeContext,
  conversation: ConversationRow,
  message: ListedMessage,
): Promise<readonly RunFile[]> {
  switch (message.kind) {
    case 'question':
      return (await questionFiles(parts.store, conversation, [message.turn.id])).get(message.turn.id) ?? [];
    case 'answer':
      return [];
    case 'item':
      return message.item.files === null ? [] : JSON.parse(message.item.files);
  }
}
