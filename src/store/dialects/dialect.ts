import type { Dialect as KyselyDialect, RawBuilder } from 'kysely';

/** What differs between databases, and nothing else. Each file in this folder fills in the same form. */
export interface Dialect {
  readonly kind: 'sqlite' | 'postgres';
  readonly kysely: KyselyDialect;
  /** Keeps a copy of the database before a migration changes it; null where the operator's own backups do that. */
  readonly backup: ((version: string) => string) | null;
  /** SQL type of a 64-bit integer. */
  readonly bigint: 'integer' | 'bigint';
  /** What makes a table lie in the order of its primary key, so that a row is written once; null where that is not had. */
  readonly clustered: RawBuilder<unknown> | null;
}
