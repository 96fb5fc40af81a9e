import * as z from 'zod';
import {
  createConversation as insertWithItems,
  type NewItem,
} from '../../../store/append-conversation-items.ts';
import {
  beginSection,
  deleteConversation as deleteRow,
  listAppConversations,
  renameConversation,
} from '../../../store/conversations.ts';
import { findOrCreateEndUser, NOBODY } from '../../../store/end-users.ts';
import { newId } from '../../../store/new-id.ts';
import type { ConversationRow } from '../../../store/schema.ts';
import { changeConversation, ownerOf } from '../change-conversation.ts';
import { chatMessage, refuseLoneFiles } from '../chat-messages.ts';
import { checkMetaData } from '../check-meta-data.ts';
import { CozeError } from '../coze-error.ts';
import { decimalId } from '../ids.ts';
import { newItem, readNewMessage } from '../new-item.ts';
import { pageNumber, pageSize } from '../page.ts';
import { defineRoute } from '../route.ts';
import { beginning, id, metaData, optional, optionalId, optionalText, text } from '../schema.ts';
import { wireConversation } from '../wire-conversation.ts';

/** `facts/coze-wire.md` §10. */
const MAX_NAME = 100;
/** As many as come with a chat (`facts/coze-wire.md` §9.5); nothing says how many Coze takes here. */
const MAX_MESSAGES = 100;
/** Coze says 50 and its clients ask for more; a page is as large as was asked for, up to here (§1 rule 23). */
const MAX_PAGE = 100;
/** Pages behind this one are as empty as it is. */
const LAST_PAGE = 1_000_000_000;

/**
 * All of it is optional. Until its first chat, a conversation with a bot is nobody's, and one without belongs to the
 * token's account.
 */
export const createConversation = defineRoute({
  method: 'POST',
  path: '/v1/conversation/create',
  summary: 'Make a conversation',
  scopes: ['createConversation'],
  body: z.object({
    bot_id: optionalId,
    name: optional(text(MAX_NAME)),
    messages: optional(beginning(chatMessage, MAX_MESSAGES)),
    meta_data: metaData,
  }),
  async handle(context, { body: { bot_id, name, messages = [], meta_data } }) {
    const { parts, account } = context;
    const app = bot_id === undefined ? undefined : context.bot(bot_id);
    checkMetaData(meta_data);
    if (messages.length > MAX_MESSAGES)
      throw new CozeError(4004, `There are more than ${MAX_MESSAGES} messages.`);
    const said = messages.map(readNewMessage);
    refuseLoneFiles(said);
    const items: NewItem[] = [];
    for (const one of said) items.push(await newItem(context, { app_id: app?.id ?? '' }, one));
    const now = Date.now();
    const conversation: ConversationRow = {
      id: newId(),
      app_id: app?.id ?? '',
      app_version: '',
      end_user_id: app ? (await findOrCreateEndUser(parts.store, app.id, NOBODY)).id : account.endUserId,
      surface: 'coze',
      name: name ?? '',
      inputs: '{}',
      introduction: '',
      status: 'normal',
      metadata: meta_data ? JSON.stringify(meta_data) : null,
      section: null,
      created_at: now,
      updated_at: now,
    };
    return { data: wireConversation(await insertWithItems(parts.store, conversation, items)) };
  },
});

export const retrieveConversation = defineRoute({
  method: 'GET',
  path: '/v1/conversation/retrieve',
  summary: 'Read a conversation',
  scopes: ['retrieveConversation'],
  query: z.object({ conversation_id: id }),
  async handle(context, { query }) {
    return { data: wireConversation(await context.conversation(query.conversation_id)) };
  },
});

/** Those of all end users of a bot, and those that nobody has spoken in yet. */
export const listConversations = defineRoute({
  method: 'GET',
  path: '/v1/conversations',
  summary: 'List the conversations with a bot',
  scopes: ['listConversation'],
  query: z.object({
    bot_id: id,
    page_num: pageNumber,
    page_size: pageSize(50),
    sort_order: optionalText(text().transform((order) => order.toUpperCase())).pipe(
      z.enum(['ASC', 'DESC']).default('DESC'),
    ),
  }),
  async handle(context, { query }) {
    const { rows, hasMore } = await listAppConversations(context.parts.store, context.bot(query.bot_id).id, {
      page: Math.min(query.page_num, LAST_PAGE),
      limit: Math.min(query.page_size, MAX_PAGE),
      direction: query.sort_order === 'ASC' ? 'asc' : 'desc',
    });
    return { data: { has_more: hasMore, conversations: rows.map(wireConversation) } };
  },
});

const params = z.object({ conversation_id: id });

/** A name that is left out stays. */
export const updateConversation = defineRoute({
  method: 'PUT',
  path: '/v1/conversations/:conversation_id',
  summary: 'Rename a conversation',
  scopes: ['editConversation'],
  params,
  body: z.object({ name: optional(text(MAX_NAME)) }),
  async handle(context, { params, body: { name } }) {
    const row = await changeConversation(context, params.conversation_id, async (conversation) =>
      name === undefined
        ? conversation
        : renameConversation(context.parts.store, ownerOf(conversation), conversation.id, name),
    );
    return { data: wireConversation(row) };
  },
});

export const deleteConversation = defineRoute({
  method: 'DELETE',
  path: '/v1/conversations/:conversation_id',
  summary: 'Delete a conversation with its messages',
  scopes: ['editConversation'],
  params,
  async handle(context, { params }) {
    await changeConversation(
      context,
      params.conversation_id,
      async (conversation) =>
        (await deleteRow(context.parts.store, ownerOf(conversation), conversation.id)) || undefined,
    );
    return {};
  },
});

/** Begins a new section, whose id is answered: what was said before is listed still, and no context any more. */
export const clearConversation = defineRoute({
  method: 'POST',
  path: '/v1/conversations/:conversation_id/clear',
  summary: 'Clear the context of a conversation',
  scopes: ['editConversation'],
  params,
  async handle(context, { params }) {
    const section = newId();
    const cleared = await changeConversation(context, params.conversation_id, async (conversation) =>
      (await beginSection(context.parts.store, ownerOf(conversation), conversation.id, section))
        ? conversation
        : undefined,
    );
    return { data: { id: decimalId(section), conversation_id: decimalId(cleared.id) } };
  },
});
