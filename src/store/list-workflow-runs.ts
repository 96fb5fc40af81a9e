import { setImmediate } from 'node:timers/promises';
import type { Expression, SelectQueryBuilder, SqlBool } from 'kysely';
import { containsText } from './contains-text.ts';
import { findEndUserByName } from './end-users.ts';
import type { Store } from './open-store.ts';
import type { Database, EndUserRow, WorkflowRunRow } from './schema.ts';

/** A run as logs show it, with its end user. */
export type LoggedRun = Omit<WorkflowRunRow, 'inputs' | 'outputs' | 'app_id'> &
  Pick<EndUserRow, 'session_id' | 'is_anonymous'>;

/** Null: not asked for. */
export interface RunFilters {
  /** Part of inputs, outputs or the end user's name, in capitals or not; or the run's whole id. */
  readonly keyword: { readonly part: string; readonly runId: string | null } | null;
  readonly status: WorkflowRunRow['status'] | null;
  /** Milliseconds since 1970, both inclusive. */
  readonly createdFrom: number | null;
  readonly createdUntil: number | null;
  /** The end user's own name. */
  readonly sessionId: string | null;
}

/** One page of an app's runs by whomever, the newest first, and how many there are in all; `page` counts from 1. */
export async function listWorkflowRuns(
  store: Store,
  appId: string,
  filters: RunFilters,
  { page, limit, signal }: { readonly page: number; readonly limit: number; readonly signal: AbortSignal },
): Promise<{ rows: LoggedRun[]; total: number }> {
  const { sessionId, ...others } = filters;
  const endUser = sessionId === null ? null : await findEndUserByName(store, appId, sessionId);
  if (endUser === undefined) return { rows: [], total: 0 };
  const wanted = { ...others, endUserId: endUser?.id ?? null };
  const window = { from: (page - 1) * limit, limit };
  const indexed = wanted.keyword === null && wanted.status === null && wanted.endUserId === null;
  const { ids, total } = indexed
    ? await findByTime(store, appId, wanted, window)
    : await search(store, appId, wanted, { ...window, signal });
  return { rows: await loadRuns(store, ids), total };
}

type Wanted = Omit<RunFilters, 'sessionId'> & { readonly endUserId: string | null };
interface Window {
  readonly from: number;
  readonly limit: number;
}
interface Found {
  readonly ids: readonly string[];
  readonly total: number;
}

/** What the index alone can tell. */
async function findByTime(store: Store, appId: string, wanted: Wanted, window: Window): Promise<Found> {
  const runs = inTime(store, appId, wanted);
  const { total } = await runs
    .select(({ fn }) => fn.countAll<number>().as('total'))
    .executeTakeFirstOrThrow();
  if (window.from >= total) return { ids: [], total };
  const rows = await newestFirst(runs)
    .select('workflow_runs.id')
    .offset(window.from)
    .limit(window.limit)
    .execute();
  return { ids: rows.map(({ id }) => id), total };
}

/** Rows looked at in one statement, and how long it should take: the embedded database holds the event loop meanwhile. */
const SLICE = { first: 64, least: 8, most: 4096, ms: 10 };

/** Looks at each run, slice by slice; for a reader who has gone no further. */
async function search(
  store: Store,
  appId: string,
  wanted: Wanted,
  { from, limit, signal }: Window & { readonly signal: AbortSignal },
): Promise<Found> {
  const ids: string[] = [];
  let total = 0;
  let size = SLICE.first;
  let last: { readonly id: string; readonly created_at: number } | undefined;
  for (;;) {
    if (signal.aborted) return { ids, total };
    const began = performance.now();
    const rows = await sliceAfter(store, appId, wanted, last).limit(size).execute();
    for (const { id, matches } of rows) {
      if (!matches) continue;
      if (total >= from && ids.length < limit) ids.push(id);
      total++;
    }
    if (rows.length < size) return { ids, total };
    last = rows.at(-1);
    size =
      performance.now() - began > SLICE.ms
        ? Math.max(SLICE.least, size >> 1)
        : Math.min(SLICE.most, size << 1);
    await setImmediate();
  }
}

function sliceAfter(
  store: Store,
  appId: string,
  wanted: Wanted,
  last: { readonly id: string; readonly created_at: number } | undefined,
) {
  let runs = inTime(store, appId, wanted);
  if (last) {
    // The first of the two is for the index.
    runs = runs
      .where('workflow_runs.created_at', '<=', last.created_at)
      .where(({ eb, or }) =>
        or([eb('workflow_runs.created_at', '<', last.created_at), eb('workflow_runs.id', '<', last.id)]),
      );
  }
  return newestFirst(runs)
    .innerJoin('end_users', 'end_users.id', 'workflow_runs.end_user_id')
    .select(['workflow_runs.id', 'workflow_runs.created_at'])
    .select(({ eb, and, or, ref }) => {
      const all: Expression<SqlBool>[] = [];
      if (wanted.status !== null) all.push(eb('workflow_runs.status', '=', wanted.status));
      if (wanted.endUserId !== null) all.push(eb('workflow_runs.end_user_id', '=', wanted.endUserId));
      if (wanted.keyword) {
        const { part, runId } = wanted.keyword;
        // In JSON some characters are written otherwise; what is looked for may be JSON itself.
        const parts = new Set([part, JSON.stringify(part).slice(1, -1)]);
        all.push(
          or([
            ...[...parts].flatMap((text) => [
              containsText(store, ref('workflow_runs.inputs'), text),
              containsText(store, ref('workflow_runs.outputs'), text),
            ]),
            containsText(store, ref('end_users.session_id'), part),
            ...(runId === null ? [] : [eb('workflow_runs.id', '=', runId)]),
          ]),
        );
      }
      return and(all).as('matches');
    });
}

function inTime(store: Store, appId: string, { createdFrom, createdUntil }: Wanted) {
  let runs = store.selectFrom('workflow_runs').where('workflow_runs.app_id', '=', appId);
  if (createdFrom !== null) runs = runs.where('workflow_runs.created_at', '>=', createdFrom);
  if (createdUntil !== null) runs = runs.where('workflow_runs.created_at', '<=', createdUntil);
  return runs;
}

function newestFirst<Row>(runs: SelectQueryBuilder<Database, 'workflow_runs', Row>) {
  return runs.orderBy('workflow_runs.created_at', 'desc').orderBy('workflow_runs.id', 'desc');
}

async function loadRuns(store: Store, ids: readonly string[]): Promise<LoggedRun[]> {
  if (ids.length === 0) return [];
  return newestFirst(store.selectFrom('workflow_runs').where('workflow_runs.id', 'in', [...ids]))
    .innerJoin('end_users', 'end_users.id', 'workflow_runs.end_user_id')
    .select([
      'workflow_runs.id',
      'workflow_runs.run_id',
      'workflow_runs.end_user_id',
      'workflow_runs.workflow_id',
      'workflow_runs.status',
      'workflow_runs.error',
      'workflow_runs.elapsed_ms',
      'workflow_runs.total_tokens',
      'workflow_runs.total_steps',
      'workflow_runs.exceptions_count',
      'workflow_runs.created_at',
      'workflow_runs.finished_at',
      'end_users.session_id',
      'end_users.is_anonymous',
    ])
    .execute();
}
