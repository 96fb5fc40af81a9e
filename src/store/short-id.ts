import { type ExpressionWrapper, type SqlBool, sql } from 'kysely';
import type { Database } from './schema.ts';

/**
 * The beginning of a UUID (version 7) that still names one record: 48 bits of time and 22 random ones, which a unique
 * index on `conversations` and `files` keeps apart. Protocols whose ids are 64-bit numbers make them of it.
 */
export const SHORT_ID_LENGTH = 22;

/** Rows whose id begins with `shortId`; written as the index has it. */
export function hasShortId(shortId: string): ExpressionWrapper<Database, never, SqlBool> {
  return sql<SqlBool>`substr(id, 1, ${sql.lit(SHORT_ID_LENGTH)}) = ${shortId}` as never;
}
