import { sql } from 'kysely';
import type { Store } from '../../src/store/open-store.ts';

/** Lets the database refuse every end of a run, until the returned function is called. */
export async function refuseEnds(store: Store, postgres: boolean): Promise<() => Promise<void>> {
  if (!postgres) {
    await sql`create trigger no_end before update on runs begin select raise(abort, 'no end today'); end`.execute(
      store,
    );
    return async () => void (await sql`drop trigger no_end`.execute(store));
  }
  await sql`
    create function no_end() returns trigger language plpgsql as
    $$ begin raise exception 'no end today'; end $$`.execute(store);
  await sql`create trigger no_end before update on runs for each row execute function no_end()`.execute(
    store,
  );
  return async () => void (await sql`drop function no_end cascade`.execute(store));
}
