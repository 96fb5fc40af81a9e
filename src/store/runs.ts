import { saveMessageFiles } from './files.ts';
import type { TurnOutcome } from './finish-turn.ts';
import type { Store } from './open-store.ts';
import type { Owner } from './owner.ts';
import type { RunRow } from './schema.ts';
import { saveThoughts } from './thoughts.ts';

/** Runs left unfinished by process `processId` in an earlier life, or by processes that stopped beating. */
export function findOrphans(
  store: Store,
  by: { readonly processId: string | null; readonly beatBefore: number },
): Promise<RunRow[]> {
  return store
    .selectFrom('runs')
    .selectAll()
    .where('status', '=', 'running')
    .where(({ eb, or, not, exists, selectFrom }) =>
      or([
        eb('process_id', '=', by.processId),
        not(
          exists(
            selectFrom('processes')
              .select('processes.id')
              .whereRef('processes.id', '=', 'runs.process_id')
              .where('beat_at', '>=', by.beatBefore),
          ),
        ),
      ]),
    )
    .execute();
}

/**
 * Fills in what was not at hand when another process ended these runs for a process taken for dead. An answer that is
 * there stays, unless this one goes further.
 */
export async function fillOrphans(
  store: Store,
  processId: string,
  runIds: readonly string[],
  made: (run: Orphan) => Made,
): Promise<void> {
  for (let from = 0; from < runIds.length; from += FILL_BATCH) {
    const ended = await store
      .selectFrom('runs')
      .innerJoin('messages', 'messages.id', 'runs.message_id')
      .select(['runs.id', 'runs.app_id', 'runs.message_id', 'messages.answer'])
      .where('runs.id', 'in', runIds.slice(from, from + FILL_BATCH))
      .where('runs.process_id', '=', processId)
      .where('runs.status', '=', 'failed')
      .where('messages.answer_hidden', '=', 0)
      .execute();
    for (const run of ended) await fill(store, run, made(run));
  }
}

type Orphan = Pick<RunRow, 'id' | 'app_id' | 'message_id'>;
type Made = { readonly answer: string } & Required<Pick<TurnOutcome, 'thoughts' | 'files'>>;

async function fill(
  store: Store,
  { message_id, answer: had }: Pick<RunRow, 'message_id'> & { readonly answer: string },
  { answer, thoughts, files }: Made,
): Promise<void> {
  await store.transaction().execute(async (trx) => {
    // Holds the message, which may be deleted meanwhile.
    const { numUpdatedRows } = await trx
      .updateTable('messages')
      .set({ answer: answer.length > had.length ? answer : had })
      .where('id', '=', message_id)
      .where('answer', '=', had)
      .executeTakeFirst();
    if (numUpdatedRows === 0n) return;
    await saveThoughts(trx, thoughts);
    await saveMessageFiles(trx, files);
  });
}

/** Ids in one query; databases bound the number of parameters. */
const FILL_BATCH = 500;

/** A run of this owner. */
export function findRun(store: Store, owner: Owner, id: string): Promise<RunRow | undefined> {
  return store
    .selectFrom('runs')
    .selectAll()
    .where('id', '=', id)
    .where('app_id', '=', owner.appId)
    .where('end_user_id', '=', owner.endUserId)
    .executeTakeFirst();
}

/**
 * Gives up a running turn: its run goes on, and its conversation is free for another. Answers when; one that is
 * canceled stays so, and answers the same again. `ended` when it had ended before.
 */
export async function cancelRun(
  store: Store,
  id: string,
): Promise<{ readonly canceledAt: number } | 'ended'> {
  const now = Date.now();
  const { numUpdatedRows } = await store
    .updateTable('runs')
    .set({ canceled_at: now })
    .where('id', '=', id)
    .where('status', '=', 'running')
    .where('canceled_at', 'is', null)
    .executeTakeFirst();
  if (numUpdatedRows > 0n) return { canceledAt: now };
  const run = await store.selectFrom('runs').select('canceled_at').where('id', '=', id).executeTakeFirst();
  return run?.canceled_at == null ? 'ended' : { canceledAt: run.canceled_at };
}
