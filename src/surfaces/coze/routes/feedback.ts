import * as z from 'zod';
import { deleteFeedback, upsertFeedback } from '../../../store/feedbacks.ts';
import { newId } from '../../../store/new-id.ts';
import { ownerOf } from '../change-conversation.ts';
import { findMessage, invalidMessage } from '../find-message.ts';
import { type CozeContext, defineRoute } from '../route.ts';
import { id, list, optional, text } from '../schema.ts';

/** `facts/coze-wire.md` §10. */
const MAX_REASONS = 10;
const MAX_REASON = 30;
const MAX_COMMENT = 250;

const path = '/v1/conversations/:conversation_id/messages/:message_id/feedback';
const params = z.object({ conversation_id: id, message_id: id });

/** The one rating of an answer: that of the end user whose conversation it is, wherever it is given. */
export const giveFeedback = defineRoute({
  method: 'POST',
  path,
  summary: 'Rate an answer',
  scopes: ['feedback'],
  params,
  body: z.object({
    feedback_type: z.enum(['like', 'unlike']),
    reason_types: optional(list(text(MAX_REASON), { max: MAX_REASONS })),
    comment: optional(text(MAX_COMMENT)),
  }),
  async handle(context, { params, body: { feedback_type, reason_types = [], comment } }) {
    const { conversation, turn } = await findAnswer(context, params);
    const now = Date.now();
    await upsertFeedback(context.parts.store, {
      id: newId(),
      app_id: conversation.app_id,
      conversation_id: conversation.id,
      message_id: turn.id,
      end_user_id: conversation.end_user_id,
      rating: feedback_type === 'like' ? 'like' : 'dislike',
      content: comment || null,
      reasons: reason_types.length > 0 ? JSON.stringify(reason_types) : null,
      created_at: now,
      updated_at: now,
    });
    return {};
  },
});

export const takeFeedbackBack = defineRoute({
  method: 'DELETE',
  path,
  summary: 'Take the rating of an answer back',
  scopes: ['feedback'],
  params,
  async handle(context, { params }) {
    const { conversation, turn } = await findAnswer(context, params);
    await deleteFeedback(context.parts.store, ownerOf(conversation), turn.id);
    return {};
  },
});

/** @throws CozeError 4002 | 4005 unless it is an answer of a chat */
async function findAnswer(context: CozeContext, ids: z.output<typeof params>) {
  const conversation = await context.conversation(ids.conversation_id);
  const message = await findMessage(context, conversation, ids.message_id);
  if (message.kind !== 'answer') throw invalidMessage();
  return { conversation, turn: message.turn };
}
