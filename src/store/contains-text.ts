import { type Expression, type SqlBool, SqliteAdapter, sql } from 'kysely';
import type { Store } from './open-store.ts';

/**
 * Rows in whose `column` the text `part` stands, in capitals or not, in SQL; `%` and `_` in it mean themselves. SQLite
 * knows capitals of ASCII only.
 */
export function containsText(
  store: Store,
  column: Expression<string | null>,
  part: string,
): Expression<SqlBool> {
  const like = sql.raw(store.getExecutor().adapter instanceof SqliteAdapter ? 'like' : 'ilike');
  const pattern = `%${part.replace(/[\\%_]/g, '\\$&')}%`;
  return sql<SqlBool>`${column} ${like} ${pattern} escape '\\'`;
}
