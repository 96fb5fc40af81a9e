import { randomUUID } from 'node:crypto';
import pg from 'pg';

/** Set in CI for the second pass of the suite: the same tests on PostgreSQL. */
const ADMIN_URL = process.env.PARLEY_TEST_DATABASE_URL;

/** A database of a test's own: null for SQLite in the server's data folder. */
export interface TestDatabase {
  readonly url: string | null;
  drop(): Promise<void>;
}

export async function createTestDatabase(): Promise<TestDatabase> {
  if (!ADMIN_URL) return { url: null, drop: async () => {} };
  const name = `parley_test_${randomUUID().replaceAll('-', '')}`;
  await administer(`create database ${name}`);
  const url = new URL(ADMIN_URL);
  url.pathname = `/${name}`;
  return { url: url.href, drop: () => administer(`drop database if exists ${name} with (force)`) };
}

async function administer(statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: ADMIN_URL });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}
