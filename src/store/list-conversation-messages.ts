import { type RawBuilder, type SqlBool, sql } from 'kysely';
import type { Store } from './open-store.ts';
import { comparePlaces, isBeyond, type Place, placeOfItem, sqlTag, tagOf } from './place.ts';
import { POSITIONS } from './positions.ts';
import type { ConversationItemRow, ConversationRow } from './schema.ts';
import { hasAnswer, selectTurns, type TurnRow } from './turns.ts';

/** A message of a conversation: a half of a turn, or an item. */
export type ListedMessage =
  | { readonly kind: 'question' | 'answer'; readonly turn: TurnRow }
  | { readonly kind: 'item'; readonly item: ConversationItemRow };

export interface MessagePage {
  readonly order: 'asc' | 'desc';
  readonly limit: number;
  /** The page begins behind this place, in its order. */
  readonly after: Place | null;
  /** The page ends before this place; where it has no `after`, directly before it. */
  readonly before: Place | null;
  /** Only what this turn said and brought. */
  readonly turnId: string | null;
}

type Conversation = Pick<ConversationRow, 'id' | 'app_id'>;

/** How a page is read: from one end on, until it is full. */
interface Walk extends Pick<MessagePage, 'turnId'> {
  readonly direction: 'asc' | 'desc';
  /** One more than the page has, to see whether there are more. */
  readonly limit: number;
  readonly from: Place | null;
  readonly to: Place | null;
}

/**
 * One page of a conversation's questions, answers and other messages, in the order of their places. Deleted halves,
 * answers that are not there yet and suggested questions are none. Its borders need not be places of messages that are
 * still there.
 */
export async function listConversationMessages(
  store: Store,
  conversation: Conversation,
  { order, limit, after, before, turnId }: MessagePage,
): Promise<{ readonly messages: ListedMessage[]; readonly hasMore: boolean }> {
  const backwards = after === null && before !== null;
  const direction = (order === 'asc') === backwards ? 'desc' : 'asc';
  const [from, to] = backwards ? [before, after] : [after, before];
  const walk: Walk = { direction, limit: limit + 1, from, to, turnId };
  const [turns, items] = await Promise.all([
    walkTurns(store, conversation, walk),
    walkItems(store, conversation, walk),
  ]);
  const sign = direction === 'asc' ? 1 : -1;
  const found = [...turns.flatMap(halves), ...items.map(placed)]
    .filter(({ place }) => isInside(place, walk, sign))
    .sort((a, b) => sign * comparePlaces(a.place, b.place))
    .slice(0, limit + 1)
    .map(({ message }) => message);
  const messages = found.slice(0, limit);
  return { messages: backwards ? messages.reverse() : messages, hasMore: found.length > limit };
}

interface Placed {
  readonly place: Place;
  readonly message: ListedMessage;
}

function halves(turn: TurnRow): Placed[] {
  const at = (position: number) => ({ createdAt: turn.created_at, tag: tagOf(turn.id), position });
  const said: Placed[] = [];
  if (turn.query_hidden === 0) said.push({ place: at(POSITIONS.query), message: { kind: 'question', turn } });
  if (hasAnswer(turn)) said.push({ place: at(POSITIONS.answer), message: { kind: 'answer', turn } });
  return said;
}

function placed(item: ConversationItemRow): Placed {
  return { place: placeOfItem(item), message: { kind: 'item', item } };
}

function isInside(place: Place, { from, to }: Walk, sign: 1 | -1): boolean {
  if (from !== null && sign * comparePlaces(place, from) <= 0) return false;
  return to === null || sign * comparePlaces(place, to) < 0;
}

/** Turns of which at least one half is inside, so that the first `limit` of them have the first `limit` halves. */
function walkTurns(store: Store, conversation: Conversation, walk: Walk): Promise<TurnRow[]> {
  const tag = sqlTag(sql.ref('messages.id'));
  const createdAt = sql.ref<number>('messages.created_at');
  const half = (position: number) =>
    inside({ createdAt, tag, position: sql.lit(position) as RawBuilder<number> }, walk);
  let query = selectTurns(store, conversation)
    .where(({ and, or, eb }) =>
      or([
        and([eb('messages.query_hidden', '=', 0), ...half(POSITIONS.query)]),
        and([
          eb('messages.answer_hidden', '=', 0),
          eb('messages.answer', '!=', ''),
          eb('runs.status', 'not in', ['running', 'paused']),
          ...half(POSITIONS.answer),
        ]),
      ]),
    )
    .orderBy('messages.created_at', walk.direction)
    .orderBy(tag, walk.direction)
    .limit(walk.limit);
  for (const bound of bounds(createdAt, walk)) query = query.where(bound);
  if (walk.turnId !== null) query = query.where('messages.id', '=', walk.turnId);
  return query.execute();
}

function walkItems(store: Store, conversation: Conversation, walk: Walk): Promise<ConversationItemRow[]> {
  // The place of an item, as `placeOfItem` has it.
  const tag = sqlTag(sql<string>`(case when type = '' then id else coalesce(message_id, id) end)`);
  const createdAt = sql.ref<number>('created_at');
  let query = store
    .selectFrom('conversation_items')
    .selectAll()
    .where('conversation_id', '=', conversation.id)
    .where('type', '!=', 'follow_up')
    .orderBy('created_at', walk.direction)
    .orderBy(tag, walk.direction)
    .orderBy('position', walk.direction)
    .limit(walk.limit);
  for (const bound of [
    ...bounds(createdAt, walk),
    ...inside({ createdAt, tag, position: sql.ref<number>('position') }, walk),
  ])
    query = query.where(bound);
  if (walk.turnId !== null) query = query.where('message_id', '=', walk.turnId).where('type', '!=', '');
  return query.execute();
}

function inside(row: Parameters<typeof isBeyond>[0], { direction, from, to }: Walk): RawBuilder<SqlBool>[] {
  const [behind, ahead] =
    direction === 'asc' ? (['after', 'before'] as const) : (['before', 'after'] as const);
  return [
    ...(from === null ? [] : [isBeyond(row, behind, from)]),
    ...(to === null ? [] : [isBeyond(row, ahead, to)]),
  ];
}

/** The same by time alone: what the index on it can be asked. */
function bounds(createdAt: RawBuilder<number>, { direction, from, to }: Walk): RawBuilder<SqlBool>[] {
  const [lower, upper] = direction === 'asc' ? [from, to] : [to, from];
  return [
    ...(lower === null ? [] : [sql<SqlBool>`${createdAt} >= ${lower.createdAt}`]),
    ...(upper === null ? [] : [sql<SqlBool>`${createdAt} <= ${upper.createdAt}`]),
  ];
}
