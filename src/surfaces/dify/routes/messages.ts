import * as z from 'zod';
import { notFound, ParleyError } from '../../../errors.ts';
import { findConversation } from '../../../store/conversations.ts';
import { findFeedbacks } from '../../../store/feedbacks.ts';
import { findUploads, listMessageFiles } from '../../../store/files.ts';
import { findMessage, listMessages as findMessages } from '../../../store/messages.ts';
import { listThoughts } from '../../../store/thoughts.ts';
import { type DifyContext, defineRoute } from '../route.ts';
import { optionalUuid, queryInt, uuidOrEmpty, uuidParam } from '../schema.ts';
import { addressedFiles, signAgain } from '../signed-addresses.ts';
import { inputFileIds, type StoredInputs, wireInputs } from '../wire-inputs.ts';
import { messageItem, wireMessage } from '../wire-message.ts';

const MessageListQuery = z.object({
  conversation_id: uuidOrEmpty(),
  first_id: optionalUuid(),
  limit: queryInt({ min: 1, max: 100, default: 20 }),
});

/** The newest messages, or those before `first_id`, oldest first in the page (`facts/dify-wire.md` §8.2). */
export const listMessages = defineRoute({
  method: 'GET',
  path: '/messages',
  summary: 'List the messages of a conversation',
  tag: 'Conversations',
  modes: 'chat',
  user: { in: 'query', required: false },
  query: { name: 'MessageListQuery', schema: MessageListQuery },
  response: {
    status: 200,
    schema: z.object({ limit: z.int(), has_more: z.boolean(), data: z.array(messageItem) }),
  },
  async handle(context, { query }) {
    const { limit } = query;
    if (query.conversation_id === '') return { limit, has_more: false, data: [] };
    const { owner, parts } = context;
    const conversation = await findConversation(parts.store, owner, query.conversation_id);
    if (!conversation) throw notFound('Conversation Not Exists.');
    const before = await firstOfPage(context, conversation.id, query.first_id);
    const { rows, hasMore } = await findMessages(parts.store, owner, conversation.id, {
      limit,
      ...(before ? { before } : {}),
    });
    return { limit, has_more: hasMore, data: await items(context, rows.reverse()) };
  },
});

async function firstOfPage({ parts, owner }: DifyContext, conversationId: string, id: string | null) {
  if (id === null) return undefined;
  const message = await findMessage(parts.store, owner, id);
  if (message?.conversation_id !== conversationId) throw notFound('First Message Not Exists.');
  return message;
}

async function items(
  { app, owner, parts, signedUrl }: DifyContext,
  rows: Awaited<ReturnType<typeof findMessages>>['rows'],
): Promise<z.infer<typeof messageItem>[]> {
  const ids = rows.map(({ id }) => id);
  const { inputForm } = app.config;
  const inputs = rows.map((row): StoredInputs => JSON.parse(row.inputs));
  const [uploads, files, thoughts, feedbacks] = await Promise.all([
    findUploads(parts.store, owner, [
      ...inputs.flatMap((one) => inputFileIds(inputForm, one)),
      ...rows.flatMap(({ answer }) => addressedFiles(answer)),
    ]),
    listMessageFiles(parts.store, owner.appId, ids),
    listThoughts(parts.store, owner.appId, ids),
    findFeedbacks(parts.store, owner, ids),
  ]);
  const filesOf = Map.groupBy(files, (file) => file.message_id);
  const thoughtsOf = Map.groupBy(thoughts, (thought) => thought.message_id);
  const feedbackOf = new Map(feedbacks.map((feedback) => [feedback.message_id, feedback]));
  return rows.map((row, at) =>
    wireMessage(row, {
      inputs: wireInputs(inputForm, inputs[at] ?? {}, uploads, signedUrl),
      answer: signAgain(row.answer, uploads, signedUrl),
      files: filesOf.get(row.id) ?? [],
      thoughts: thoughtsOf.get(row.id) ?? [],
      feedback: feedbackOf.get(row.id),
      sign: signedUrl,
    }),
  );
}

/** `facts/dify-wire.md` §8.7. Whatever goes wrong with the model is a plain 500 here. */
export const suggestQuestions = defineRoute({
  method: 'GET',
  path: '/messages/:message_id/suggested',
  summary: 'Suggest next questions',
  tag: 'Chat',
  modes: 'chat',
  user: { in: 'query', required: true },
  params: z.object({ message_id: uuidParam }),
  response: {
    status: 200,
    schema: z.object({ result: z.literal('success'), data: z.array(z.string()) }),
  },
  async handle({ app, owner, parts, signal }, { params }) {
    const message = await findMessage(parts.store, owner, params.message_id);
    if (!message) throw notFound('Message Not Exists.');
    if (!app.config.suggestedQuestionsAfterAnswer) {
      throw new ParleyError('bad_request', 400, 'Suggested Questions Is Disabled.');
    }
    try {
      return {
        result: 'success',
        data: await parts.services.suggestQuestions(app, owner, message, { signal }),
      };
    } catch (cause) {
      throw new ParleyError('internal_server_error', 500, 'No questions could be suggested.', { cause });
    }
  },
});
