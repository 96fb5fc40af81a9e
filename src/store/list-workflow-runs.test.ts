import { afterAll, beforeAll, expect, test } from 'vitest';
import { beginWorkflow, openOwnStore } from '../../test/support/store/workflow-rows.ts';
import { listWorkflowRuns, type RunFilters } from './list-workflow-runs.ts';
import type { Store } from './open-store.ts';

let store: Store;
let close: () => Promise<void>;
beforeAll(async () => {
  ({ store, close } = await openOwnStore());
});
afterAll(() => close());

const none: RunFilters = {
  keyword: null,
  status: null,
  createdFrom: null,
  createdUntil: null,
  sessionId: null,
};
const list = async (app: string, filters: Partial<RunFilters> = {}, page = 1, limit = 100) => {
  const { rows, total } = await listWorkflowRuns(
    store,
    app,
    { ...none, ...filters },
    { page, limit, signal: new AbortController().signal },
  );
  return { ids: rows.map(({ id }) => id), total, rows };
};
const keyword = (part: string, runId: string | null = null) => ({ keyword: { part, runId } });

test('are of one app, newest first, whole, with their end users', async () => {
  const made = [
    await beginWorkflow(store, 'logs', 'ann', { created_at: 10 }),
    await beginWorkflow(store, 'logs', 'bob', { created_at: 30 }),
    await beginWorkflow(store, 'logs', 'ann', { created_at: 20 }),
  ];
  await beginWorkflow(store, 'logs-of-others', 'ann', { created_at: 40 });
  const { rows, total } = await list('logs');
  expect(total).toBe(3);
  expect(rows.map(({ id, session_id }) => [id, session_id])).toEqual([
    [made[1]?.id, 'bob'],
    [made[2]?.id, 'ann'],
    [made[0]?.id, 'ann'],
  ]);
  const {
    conversation: _,
    message: __,
    inputs: ___,
    outputs: ____,
    app_id: _____,
    ...whole
  } = made[1] as (typeof made)[0];
  expect(rows[0]).toEqual({ ...whole, session_id: 'bob', is_anonymous: 0 });
});

test('page by time and by search alike, also among equal times', async () => {
  const made: string[] = [];
  for (let n = 0; n < 70; n++)
    made.push((await beginWorkflow(store, 'pages', 'u', { created_at: 10 + (n > 60 ? 1 : 0) })).id);
  const order = [...made.slice(61).reverse(), ...made.slice(0, 61).reverse()];
  for (const filters of [{}, { status: 'running' as const }, { sessionId: 'u' }, keyword('{}')]) {
    const pages = [await list('pages', filters, 1, 30), await list('pages', filters, 2, 30)];
    pages.push(await list('pages', filters, 3, 30), await list('pages', filters, 4, 30));
    expect(pages.flatMap(({ ids }) => ids)).toEqual(order);
    expect(pages.map(({ ids, total }) => [ids.length, total])).toEqual([
      [30, 70],
      [30, 70],
      [10, 70],
      [0, 70],
    ]);
  }
});

test('let others have their turn while all of them are looked at', async () => {
  for (let n = 0; n < 200; n++) await beginWorkflow(store, 'many', 'u');
  let turns = 0;
  const count = (): void => {
    turns++;
    counting = setImmediate(count);
  };
  let counting = setImmediate(count);
  expect((await list('many', keyword('nowhere'))).total).toBe(0);
  clearImmediate(counting);
  expect(turns).toBeGreaterThan(0);
});

test('are filtered by time, status and end user', async () => {
  const early = await beginWorkflow(store, 'filters', 'ann', { created_at: 1000, status: 'failed' });
  const middle = await beginWorkflow(store, 'filters', 'bob', { created_at: 2000, status: 'succeeded' });
  const late = await beginWorkflow(store, 'filters', 'ann', { created_at: 3000, status: 'succeeded' });
  await beginWorkflow(store, 'filters-of-others', 'cid', { created_at: 2000, status: 'succeeded' });
  const found = async (filters: Partial<RunFilters>) => {
    const { ids, total } = await list('filters', filters);
    expect(total).toBe(ids.length);
    return ids;
  };
  expect(await found({ createdFrom: 2000 })).toEqual([late.id, middle.id]);
  expect(await found({ createdUntil: 2000 })).toEqual([middle.id, early.id]);
  expect(await found({ createdFrom: 2000, createdUntil: 2000 })).toEqual([middle.id]);
  expect(await found({ status: 'succeeded' })).toEqual([late.id, middle.id]);
  expect(await found({ status: 'stopped' })).toEqual([]);
  expect(await found({ sessionId: 'ann' })).toEqual([late.id, early.id]);
  expect(await found({ sessionId: 'Ann' })).toEqual([]);
  expect(await found({ sessionId: 'cid' })).toEqual([]);
  expect(await found({ sessionId: 'ann', status: 'failed', createdUntil: 1000 })).toEqual([early.id]);
  expect(await found({ sessionId: 'ann', createdFrom: 1001, createdUntil: 2999 })).toEqual([]);
});

test('are searched for a text, in which nothing has another meaning', async () => {
  const quotes = await beginWorkflow(store, 'words', 'ann%_\\', {
    inputs: '{"a":"He said \\"Hi\\"\\n50%"}',
    created_at: 1,
  });
  const plain = await beginWorkflow(store, 'words', 'bob', {
    outputs: '{"text":"Größe a_b"}',
    created_at: 2,
  });
  const found = async (part: string, runId: string | null = null) =>
    (await list('words', keyword(part, runId))).ids;
  expect(await found('he SAID')).toEqual([quotes.id]);
  expect(await found('"Hi"\n5')).toEqual([quotes.id]);
  expect(await found('{"a":"He')).toEqual([quotes.id]);
  expect(await found('Größe')).toEqual([plain.id]);
  expect(await found('50%')).toEqual([quotes.id]);
  expect(await found('5%')).toEqual([]);
  expect(await found('a_b')).toEqual([plain.id]);
  expect(await found('a_i')).toEqual([]);
  expect(await found('NN%_\\')).toEqual([quotes.id]);
  expect(await found('BOB')).toEqual([plain.id]);
  expect(await found('nothing', plain.id)).toEqual([plain.id]);
  expect(await found("' or 1=1 --")).toEqual([]);
});

test('are not searched on for a reader who has gone', async () => {
  await beginWorkflow(store, 'gone', 'u');
  const filters = { ...none, status: 'running' as const };
  const reading = { page: 1, limit: 1, signal: AbortSignal.abort() };
  expect(await listWorkflowRuns(store, 'gone', filters, reading)).toEqual({ rows: [], total: 0 });
  expect((await list('gone', filters)).total).toBe(1);
});
