import { type RawBuilder, type SqlBool, sql } from 'kysely';
import type { ConversationItemRow } from './schema.ts';

/** Where a message stands in its conversation. Messages are in this order: by time, tag and position. */
export interface Place {
  /** `created_at` of its row. */
  readonly createdAt: number;
  /** Bits of its row's UUID, against another row of the same millisecond. */
  readonly tag: number;
  /** One of `POSITIONS`, or that of an item; 0: the turn itself. */
  readonly position: number;
}

/** The 14 bits of a UUID that are its tag: the last that ids of one process and one millisecond count in (`new-id.ts`). */
export function tagOf(uuid: string): number {
  const digit = (at: number) => Number.parseInt(uuid.slice(at, at + 1), 16);
  return (digit(17) << 10) | ((digit(19) & 3) << 8) | (digit(20) << 4) | digit(21);
}

/** The place of an item: that of its turn's messages, unless it stands, or has stood, alone. */
export function placeOfItem(item: ConversationItemRow): Place {
  const row = item.type === '' ? item.id : (item.message_id ?? item.id);
  return { createdAt: item.created_at, tag: tagOf(row), position: item.position };
}

export function comparePlaces(a: Place, b: Place): number {
  return a.createdAt - b.createdAt || a.tag - b.tag || a.position - b.position;
}

/** The tag of a UUID in SQL: hexadecimal digits, which every collation sorts as their numbers. */
export function sqlTag(uuid: RawBuilder<string>): RawBuilder<string> {
  return sql<string>`(substr(${uuid}, 18, 1) || substr(${uuid}, 20, 3))`;
}

/** Rows (their `created_at`, tag and position in SQL) whose place comes after `place`, or before it, in SQL. */
export function isBeyond(
  row: {
    readonly createdAt: RawBuilder<number>;
    readonly tag: RawBuilder<string>;
    readonly position: RawBuilder<number>;
  },
  side: 'after' | 'before',
  place: Place,
): RawBuilder<SqlBool> {
  const beyond = sql.raw(side === 'after' ? '>' : '<');
  const tag = (place.tag >> 10).toString(16) + (0x800 | (place.tag & 0x3ff)).toString(16);
  return sql<SqlBool>`(${row.createdAt} ${beyond} ${place.createdAt} or (${row.createdAt} = ${place.createdAt} and (
    ${row.tag} ${beyond} ${tag} or (${row.tag} = ${tag} and ${row.position} ${beyond} ${place.position}))))`;
}
