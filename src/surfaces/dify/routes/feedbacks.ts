import * as z from 'zod';
import { invalidParam, notFound } from '../../../errors.ts';
import { deleteFeedback, listAppFeedbacks, upsertFeedback } from '../../../store/feedbacks.ts';
import { findMessage } from '../../../store/messages.ts';
import { newId } from '../../../store/new-id.ts';
import { isoTime } from '../iso-time.ts';
import { defineRoute } from '../route.ts';
import { queryInt, success, uuidParam } from '../schema.ts';
import { NIL_ID, wireAppId } from '../wire-ids.ts';

const MessageFeedbackPayload = z.object({
  rating: z.enum(['like', 'dislike']).nullish(),
  content: z.string().nullish(),
});

/** One feedback per message and end user; null, or no rating at all, takes it back (`facts/dify-wire.md` §8.6). */
export const giveFeedback = defineRoute({
  method: 'POST',
  path: '/messages/:message_id/feedbacks',
  summary: 'Rate a message',
  tag: 'Feedback',
  modes: 'any',
  user: { in: 'body', required: true },
  params: z.object({ message_id: uuidParam }),
  body: { name: 'MessageFeedbackPayload', schema: MessageFeedbackPayload },
  response: { status: 200, schema: success },
  async handle({ owner, parts }, { params, body }) {
    const message = await findMessage(parts.store, owner, params.message_id);
    if (!message) throw notFound('Message Not Exists.');
    if (body.rating) {
      const now = Date.now();
      await upsertFeedback(parts.store, {
        id: newId(),
        app_id: owner.appId,
        conversation_id: message.conversation_id,
        message_id: message.id,
        end_user_id: owner.endUserId,
        rating: body.rating,
        content: body.content?.replaceAll('\0', '') ?? null,
        reasons: null,
        created_at: now,
        updated_at: now,
      });
    } else if (!(await deleteFeedback(parts.store, owner, message.id))) {
      throw invalidParam('rating cannot be None when feedback not exists');
    }
    return { result: 'success' };
  },
});

const feedbackItem = z.object({
  id: z.uuid(),
  app_id: z.uuid(),
  conversation_id: z.string(),
  message_id: z.uuid(),
  rating: z.enum(['like', 'dislike']),
  content: z.string().nullable(),
  from_source: z.enum(['user', 'admin']),
  from_end_user_id: z.uuid().nullable(),
  from_account_id: z.uuid().nullable(),
  created_at: z.string(),
  updated_at: z.string(),
});

/** Of all end users of the app, newest first. */
export const listFeedbacks = defineRoute({
  method: 'GET',
  path: '/app/feedbacks',
  summary: 'List the feedback on an app',
  tag: 'Feedback',
  modes: 'any',
  user: { in: 'nowhere' },
  query: {
    name: 'FeedbackListQuery',
    schema: z.object({
      page: queryInt({ min: 1, max: 1_000_000_000, default: 1 }),
      limit: queryInt({ min: 1, max: 101, default: 20 }),
    }),
  },
  response: { status: 200, schema: z.object({ data: z.array(feedbackItem) }) },
  async handle({ app, parts }, { query }) {
    const rows = await listAppFeedbacks(parts.store, app.id, query);
    return {
      data: rows.map((row) => ({
        id: row.id,
        app_id: wireAppId(app.id),
        conversation_id: row.conversation_id ?? NIL_ID,
        message_id: row.message_id,
        rating: row.rating,
        content: row.content,
        from_source: 'user',
        from_end_user_id: row.end_user_id,
        from_account_id: null,
        created_at: isoTime(row.created_at),
        updated_at: isoTime(row.updated_at),
      })),
    };
  },
});
