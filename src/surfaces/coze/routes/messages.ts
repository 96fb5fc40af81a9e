import * as z from 'zod';
import { appendConversationItems } from '../../../store/append-conversation-items.ts';
import { listConversationMessages } from '../../../store/list-conversation-messages.ts';
import type { Place } from '../../../store/place.ts';
import { changeConversation } from '../change-conversation.ts';
import { chatMessage } from '../chat-messages.ts';
import { findChat } from '../find-chat.ts';
import { findMessage, invalidMessage, wireMessages } from '../find-message.ts';
import { readMessageId } from '../ids.ts';
import { newItem, readNewMessage } from '../new-item.ts';
import { defineRoute } from '../route.ts';
import { id, integer, optionalId, optionalText, text } from '../schema.ts';
import { itemMessage } from '../wire-message.ts';

const conversationQuery = z.object({ conversation_id: id });

/** A message that no chat said: the next chats have it as context, or, with nothing else said, as their query. */
export const createMessage = defineRoute({
  method: 'POST',
  path: '/v1/conversation/message/create',
  summary: 'Put a message into a conversation',
  scopes: ['createMessage'],
  query: conversationQuery,
  body: chatMessage,
  async handle(context, { query, body }) {
    const said = readNewMessage(body);
    const data = await changeConversation(context, query.conversation_id, async (conversation) => {
      const item = await newItem(context, conversation, said);
      const rows = await appendConversationItems(context.parts.store, conversation, [item]);
      return rows?.map((row) => itemMessage(row, conversation))[0];
    });
    return { data };
  },
});

/**
 * Questions, answers and messages put there, in the order of their ids; suggested questions and what else a chat tells
 * are none of them (`facts/coze-wire.md` §9.3, §10). `after_id` means further in the order that was asked for, and
 * `before_id` back in it (§7); what they name need not be there any more.
 */
export const listMessages = defineRoute({
  method: 'POST',
  path: '/v1/conversation/message/list',
  summary: 'List the messages of a conversation',
  scopes: ['listMessage', 'chat'],
  query: conversationQuery,
  body: z.object({
    order: optionalText(text().transform((order) => order.toLowerCase())).pipe(
      z.enum(['asc', 'desc']).default('desc'),
    ),
    chat_id: optionalId,
    before_id: optionalId,
    after_id: optionalId,
    limit: integer({ min: 0, max: 50, default: 50 }).transform((limit) => limit || 50),
  }),
  async handle(context, { query, body: { order, limit, chat_id, ...body } }) {
    const conversation = await context.conversation(query.conversation_id);
    const chat =
      chat_id === undefined
        ? null
        : await findChat(context, { conversation_id: query.conversation_id, chat_id });
    const { messages, hasMore } = await listConversationMessages(context.parts.store, conversation, {
      order,
      limit,
      after: border(body.after_id),
      before: border(body.before_id),
      turnId: chat?.turn.id ?? null,
    });
    const data = await wireMessages(context, conversation, messages);
    return { data, first_id: data[0]?.id ?? '', last_id: data.at(-1)?.id ?? '', has_more: hasMore };
  },
});

/** "0" is how Coze documents what is not set. @throws CozeError 4005 */
function border(id: string | undefined): Place | null {
  if (id === undefined || id === '0') return null;
  const place = readMessageId(id);
  if (!place) throw invalidMessage();
  return place;
}

/** Java's client asks by POST (`facts/coze-wire.md` §18). */
export const retrieveMessage = defineRoute({
  method: ['GET', 'POST'],
  path: '/v1/conversation/message/retrieve',
  summary: 'Read a message',
  scopes: ['retrieveMessage'],
  query: conversationQuery.extend({ message_id: id }),
  async handle(context, { query }) {
    const conversation = await context.conversation(query.conversation_id);
    const message = await findMessage(context, conversation, query.message_id);
    const [data] = await wireMessages(context, conversation, [message]);
    return { data };
  },
});
