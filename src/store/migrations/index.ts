import type { Kysely } from 'kysely';
import type { Dialect } from '../dialects/dialect.ts';
import { foundation } from './0001-foundation.ts';
import { coze } from './0002-coze.ts';
import { agents } from './0003-agents.ts';
import { workflows } from './0004-workflows.ts';

/** Forward only, in this order for ever: a released migration is never edited, only followed by another. */
export const migrations: Readonly<Record<string, (db: Kysely<unknown>, dialect: Dialect) => Promise<void>>> =
  {
    '0001-foundation': foundation,
    '0002-coze': coze,
    '0003-agents': agents,
    '0004-workflows': workflows,
  };
