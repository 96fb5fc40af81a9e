import { type RunFile, runFileOf } from '../../runs/run-file.ts';
import { findItemsAt } from '../../store/conversation-items.ts';
import { listMessageFiles } from '../../store/files.ts';
import type { ListedMessage } from '../../store/list-conversation-messages.ts';
import type { Store } from '../../store/open-store.ts';
import { comparePlaces, placeOfItem, tagOf } from '../../store/place.ts';
import { POSITIONS } from '../../store/positions.ts';
import type { ConversationRow } from '../../store/schema.ts';
import { findTurnsAt, hasAnswer, type TurnRow } from '../../store/turns.ts';
import { CozeError } from './coze-error.ts';
import { readMessageId } from './ids.ts';
import type { CozeContext } from './route.ts';
import { answerOf, itemMessage, questionOf, verboseOf, type WireMessage } from './wire-message.ts';

/** A message that has an id: one that lists have, or (`finish`) the end of a turn's answers. */
export type FoundMessage = ListedMessage | { readonly kind: 'finish'; readonly turn: TurnRow };

/** @throws CozeError 4005 */
export async function findMessage(
  { parts: { store } }: CozeContext,
  conversation: ConversationRow,
  id: string,
): Promise<FoundMessage> {
  const place = readMessageId(id);
  if (!place) throw invalidMessage();
  const items = await findItemsAt(store, conversation, place.createdAt);
  const item = items.find((item) => comparePlaces(placeOfItem(item), place) === 0);
  if (item) return { kind: 'item', item };
  const turns = await findTurnsAt(store, conversation, place.createdAt);
  const turn = turns.find(({ id }) => tagOf(id) === place.tag);
  if (turn && place.position === POSITIONS.query && turn.query_hidden === 0)
    return { kind: 'question', turn };
  if (turn && hasAnswer(turn)) {
    if (place.position === POSITIONS.answer) return { kind: 'answer', turn };
    if (place.position === POSITIONS.finish) return { kind: 'finish', turn };
  }
  throw invalidMessage();
}

export function invalidMessage(): CozeError {
  return new CozeError(4005, 'invalid message');
}

/** Messages of a conversation as the wire has them. */
export async function wireMessages(
  { parts: { store } }: CozeContext,
  conversation: ConversationRow,
  messages: readonly FoundMessage[],
): Promise<WireMessage[]> {
  const asked = messages.flatMap((message) => (message.kind === 'question' ? [message.turn.id] : []));
  const files = await questionFiles(store, conversation, asked);
  return messages.map((message) => wireMessage(conversation, message, files));
}

function wireMessage(
  conversation: ConversationRow,
  message: FoundMessage,
  files: ReadonlyMap<string, readonly RunFile[]>,
): WireMessage {
  switch (message.kind) {
    case 'question':
      return questionOf(message.turn, files.get(message.turn.id) ?? []);
    case 'answer':
      return answerOf(message.turn);
    case 'finish':
      return verboseOf(message.turn);
    case 'item':
      return itemMessage(message.item, conversation);
  }
}

/** Files of what was asked in these turns, by turn. */
export async function questionFiles(
  store: Store,
  conversation: ConversationRow,
  turnIds: readonly string[],
): Promise<Map<string, RunFile[]>> {
  const rows = await listMessageFiles(store, conversation.app_id, turnIds);
  const asked = rows.filter(({ belongs_to }) => belongs_to === 'user');
  return new Map(
    [...Map.groupBy(asked, (row) => row.message_id)].map(([id, rows]) => [id, rows.map(runFileOf)]),
  );
}
