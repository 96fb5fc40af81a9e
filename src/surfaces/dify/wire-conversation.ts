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

/** @param inputs as they are told now */
export function wireConversation(
  row: ConversationRow,
  inputs: Record<string, unknown>,
): z.infer<typeof conversationItem> {
  return {
    id: row.id,
    name: row.name,
    inputs,
    status: row.status,
    introduction: row.introduction,
    created_at: unixSeconds(row.created_at),
    updated_at: unixSeconds(row.updated_at),
  };
}
