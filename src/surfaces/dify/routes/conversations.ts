import * as z from 'zod';
import { invalidParam, notFound } from '../../../errors.ts';
import {
  deleteConversation as deleteRow,
  findConversation,
  listConversations as findConversations,
  renameConversation as renameRow,
} from '../../../store/conversations.ts';
import { findUploads } from '../../../store/files.ts';
import { findFirstMessage } from '../../../store/messages.ts';
import type { ConversationRow } from '../../../store/schema.ts';
import { type DifyContext, defineRoute } from '../route.ts';
import { looseBoolean, optionalUuid, queryInt, uuidParam } from '../schema.ts';
import { conversationItem, wireConversation } from '../wire-conversation.ts';
import { inputFileIds, type StoredInputs, wireInputs } from '../wire-inputs.ts';

const params = z.object({ conversation_id: uuidParam });

const ConversationListQuery = z.object({
  last_id: optionalUuid(),
  limit: queryInt({ min: 1, max: 100, default: 20 }),
  sort_by: z.enum(['created_at', '-created_at', 'updated_at', '-updated_at']).default('-updated_at'),
});

/** `facts/dify-wire.md` §8.1. */
export const listConversations = defineRoute({
  method: 'GET',
  path: '/conversations',
  summary: 'List conversations',
  tag: 'Conversations',
  modes: 'chat',
  user: { in: 'query', required: false },
  query: { name: 'ConversationListQuery', schema: ConversationListQuery },
  response: {
    status: 200,
    schema: z.object({ limit: z.int(), has_more: z.boolean(), data: z.array(conversationItem) }),
  },
  async handle(context, { query: { last_id, limit, sort_by } }) {
    const { owner, parts } = context;
    const after = last_id === null ? undefined : await findConversation(parts.store, owner, last_id);
    if (last_id !== null && !after) throw notFound('Last Conversation Not Exists.');
    const page = { limit, sort: sort_by, ...(after ? { after } : {}) };
    const { rows, hasMore } = await findConversations(parts.store, owner, page);
    return { limit, has_more: hasMore, data: await items(context, rows) };
  },
});

/** `facts/dify-wire.md` §8.3: the JSON body is required, as Dify's parser requires it. */
export const deleteConversation = defineRoute({
  method: 'DELETE',
  path: '/conversations/:conversation_id',
  summary: 'Delete a conversation',
  tag: 'Conversations',
  modes: 'chat',
  user: { in: 'body', required: false },
  params,
  body: { name: 'ConversationDeletePayload', schema: z.object({}) },
  response: { status: 204 },
  async handle({ owner, parts }, { params }) {
    if (!(await deleteRow(parts.store, owner, params.conversation_id))) throw notExists();
  },
});

const ConversationRenamePayload = z
  .object({ name: z.string().nullish(), auto_generate: looseBoolean.default(false) })
  .superRefine(({ name, auto_generate }, context) => {
    if (auto_generate || name?.trim()) return;
    context.addIssue({ code: 'custom', message: 'name is required when auto_generate is false' });
  });

/** `facts/dify-wire.md` §8.4. */
export const renameConversation = defineRoute({
  method: 'POST',
  path: '/conversations/:conversation_id/name',
  summary: 'Rename a conversation',
  tag: 'Conversations',
  modes: 'chat',
  user: { in: 'body', required: false },
  params,
  body: { name: 'ConversationRenamePayload', schema: ConversationRenamePayload },
  response: { status: 200, schema: conversationItem },
  async handle(context, { params, body }) {
    const { owner, parts } = context;
    const conversation = await findConversation(parts.store, owner, params.conversation_id);
    if (!conversation) throw notExists();
    const name = body.auto_generate
      ? await writeTitle(context, conversation)
      : (body.name ?? '').replaceAll('\0', '');
    const renamed = name === null ? conversation : await renameRow(parts.store, owner, conversation.id, name);
    if (!renamed) throw notExists();
    const [item] = await items(context, [renamed]);
    return item;
  },
});

async function items(
  { app, owner, parts, signedUrl }: DifyContext,
  rows: readonly ConversationRow[],
): Promise<z.infer<typeof conversationItem>[]> {
  const { inputForm } = app.config;
  const inputs = rows.map((row): StoredInputs => JSON.parse(row.inputs));
  const uploads = await findUploads(
    parts.store,
    owner,
    inputs.flatMap((one) => inputFileIds(inputForm, one)),
  );
  return rows.map((row, at) =>
    wireConversation(row, wireInputs(inputForm, inputs[at] ?? {}, uploads, signedUrl)),
  );
}

/** Null when the model fails: the conversation then keeps its name. */
async function writeTitle(
  { app, owner, parts, signal, request }: DifyContext,
  { id }: ConversationRow,
): Promise<string | null> {
  const first = await findFirstMessage(parts.store, owner, id);
  if (!first) throw invalidParam('');
  try {
    return await parts.services.writeTitle(app, first.query, { signal });
  } catch (error) {
    request.log.warn({ err: error }, 'no title could be written');
    return null;
  }
}

function notExists(): Error {
  return notFound('Conversation Not Exists.');
}
