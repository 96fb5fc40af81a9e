import * as z from 'zod';
import { thoughtOf } from '../../runs/thought.ts';
import type { FeedbackRow, MessageFileRow, MessageRow, ThoughtRow } from '../../store/schema.ts';
import { unixSeconds } from '../unix-seconds.ts';
import { NIL_ID } from './wire-ids.ts';
import { thoughtItem, wireThought } from './wire-thought.ts';

const messageFileItem = z.object({
  id: z.uuid(),
  filename: z.string(),
  type: z.string(),
  url: z.string().nullable(),
  mime_type: z.string().nullable(),
  size: z.int().nullable(),
  transfer_method: z.string(),
  belongs_to: z.enum(['user', 'assistant']),
  upload_file_id: z.uuid().nullable(),
});

/** `facts/dify-wire.md` §8.2, with the fields that Dify has since 1.16. */
export const messageItem = z.object({
  id: z.uuid(),
  conversation_id: z.uuid(),
  parent_message_id: z.string(),
  inputs: z.record(z.string(), z.unknown()),
  query: z.string(),
  answer: z.string(),
  feedback: z.object({ rating: z.enum(['like', 'dislike']) }).nullable(),
  retriever_resources: z.array(z.unknown()),
  created_at: z.int(),
  agent_thoughts: z.array(thoughtItem),
  message_files: z.array(messageFileItem),
  status: z.enum(['normal', 'error', 'paused']),
  error: z.string().nullable(),
  extra_contents: z.array(z.unknown()),
  message_tokens: z.int(),
  answer_tokens: z.int(),
  total_tokens: z.int(),
  provider_response_latency: z.number(),
  total_price: z.string(),
  currency: z.string(),
});

/** A message with what belongs to it; `inputs` and `answer` as they are told now. `sign` makes the address of an upload. */
export function wireMessage(
  row: MessageRow,
  {
    inputs,
    answer,
    files,
    thoughts,
    feedback,
    sign,
  }: {
    readonly inputs: Record<string, unknown>;
    readonly answer: string;
    readonly files: readonly MessageFileRow[];
    readonly thoughts: readonly ThoughtRow[];
    readonly feedback: FeedbackRow | undefined;
    readonly sign: (fileId: string) => string;
  },
): z.infer<typeof messageItem> {
  return {
    id: row.id,
    conversation_id: row.conversation_id ?? NIL_ID,
    parent_message_id: NIL_ID,
    inputs,
    query: row.query,
    answer,
    feedback: feedback ? { rating: feedback.rating } : null,
    retriever_resources: [],
    created_at: unixSeconds(row.created_at),
    agent_thoughts: thoughts.map((thought) => wireThought(thoughtOf(thought), row.id)),
    message_files: files.map((file) => wireFile(file, sign)),
    status: row.status,
    error: row.error,
    extra_contents: [],
    message_tokens: row.prompt_tokens,
    answer_tokens: row.answer_tokens,
    total_tokens: row.prompt_tokens + row.answer_tokens,
    provider_response_latency: row.latency_ms / 1000,
    total_price: row.total_price,
    currency: row.currency,
  };
}

function wireFile(file: MessageFileRow, sign: (fileId: string) => string): z.infer<typeof messageFileItem> {
  return {
    id: file.id,
    filename: file.filename,
    type: file.type,
    url: file.file_id === null ? file.url : sign(file.file_id),
    mime_type: file.mime_type,
    size: file.size,
    transfer_method: file.transfer_method,
    belongs_to: file.belongs_to,
    upload_file_id: file.file_id,
  };
}
