import type { Run } from '../../runs/run.ts';
import { pendingUses, thoughtOf } from '../../runs/thought.ts';
import { tagOf } from '../../store/place.ts';
import type { ConversationRow } from '../../store/schema.ts';
import { listThoughts } from '../../store/thoughts.ts';
import { findTurnsAt, type TurnRow } from '../../store/turns.ts';
import { CozeError } from './coze-error.ts';
import { readMessageId } from './ids.ts';
import type { CozeContext } from './route.ts';
import { chatIdsOfRun, storedChat, type WireChat } from './wire-chat.ts';

/** A running chat that is not kept (`auto_save_history` false): only to be canceled, for nothing of it can be read. */
export async function findUnkeptChat(
  context: CozeContext,
  { conversation_id, chat_id }: { readonly conversation_id: string; readonly chat_id: string },
): Promise<Run | null> {
  const conversation = await context.conversation(conversation_id);
  const run = context.parts.runs.findUnkept(conversation.id);
  return run && chatIdsOfRun(run).chat === chat_id ? run : null;
}

/** A chat as it is now; of one that waits, with what it waits for. */
export async function readChat({ parts: { store } }: CozeContext, turn: TurnRow): Promise<WireChat> {
  const chat = storedChat(turn);
  // A canceled one waits for nothing, though its run may be paused.
  if (chat.status !== 'requires_action') return chat;
  const thoughts = await listThoughts(store, turn.app_id, [turn.id]);
  return storedChat(turn, pendingUses(thoughts.map(thoughtOf)));
}

/** A chat by the two ids that name it. @throws CozeError 4002 | 4001 (`facts/coze-wire.md` §9.8) */
export async function findChat(
  context: CozeContext,
  { conversation_id, chat_id }: { readonly conversation_id: string; readonly chat_id: string },
): Promise<{ readonly conversation: ConversationRow; readonly turn: TurnRow }> {
  const conversation = await context.conversation(conversation_id);
  const place = readMessageId(chat_id);
  const turns =
    place?.position === 0 ? await findTurnsAt(context.parts.store, conversation, place.createdAt) : [];
  const turn = turns.find(({ id }) => tagOf(id) === place?.tag);
  if (!turn) throw new CozeError(4001, 'Invalid chat');
  return { conversation, turn };
}
