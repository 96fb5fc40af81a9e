import type { ConversationRow } from '../../store/schema.ts';
import { CozeError } from './coze-error.ts';
import type { CozeContext } from './route.ts';

/**
 * Changes a conversation as whoever owns it; `change` answers undefined when that one has it no more. Its first chat may
 * have given it to another meanwhile (`claimConversation`), once: then it is changed as that one's.
 *
 * @throws CozeError 4002
 */
export async function changeConversation<T>(
  context: CozeContext,
  id: string,
  change: (conversation: ConversationRow) => Promise<T | undefined>,
): Promise<T> {
  const done =
    (await change(await context.conversation(id))) ?? (await change(await context.conversation(id)));
  if (done === undefined) throw new CozeError(4002, 'invalid conversation');
  return done;
}

/** The conversation's owner, as the store asks for it. */
export function ownerOf({ app_id, end_user_id }: ConversationRow) {
  return { appId: app_id, endUserId: end_user_id };
}
