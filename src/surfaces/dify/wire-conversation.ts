import * as z from 'zod';
import type { ConversationRow } from '../../store/schema.ts';
import { unixSeconds } from '../unix-seconds.ts';

/** `facts/dify-wire.md` §8.1. */
export const conversationItem = z.object({
  id: z.uuid(),
  name: z.string(),
  inputs: z.record(z.string(), z.unknown()),
  status: z.literal('normal'),
  introduction: z.string(),
  created_at: z.int(),
  updated_at: z.int(),
});

export function wireConversation(row: ConversationRow): z.infer<typeof conversationItem> {
  return {
    id: row.id,
    name: row.name,
    inputs: JSON.parse(row.inputs),
    status: row.status,
    introduction: row.introduction,
    created_at: unixSeconds(row.created_at),
    updated_at: unixSeconds(row.updated_at),
  };
}
