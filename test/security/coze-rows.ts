import { vi } from 'vitest';
import type { Store } from '../../src/store/open-store.ts';
import type { Database } from '../../src/store/schema.ts';

/** Where clients' data lie. */
const TABLES = [
  ...['conversations', 'messages', 'conversation_items', 'thoughts', 'runs', 'files', 'message_files'],
  ...['feedbacks', 'user_variables', 'workflow_runs', 'node_executions', 'conversation_variables'],
] as const as readonly (keyof Database)[];

/** Every row of clients' data, as text, in one order. */
export async function allRows(store: Store): Promise<string[]> {
  const rows: string[] = [];
  for (const table of TABLES)
    for (const row of await store.selectFrom(table).selectAll().execute())
      rows.push(`${table} ${JSON.stringify(row)}`);
  return rows.sort();
}

/** The same when no chat is running, which would go on writing. */
export function settledRows(store: Store): Promise<string[]> {
  return vi.waitFor(
    async () => {
      const running = await store.selectFrom('runs').select('id').where('status', '=', 'running').execute();
      if (running.length > 0) throw new Error('a chat goes on');
      return allRows(store);
    },
    { timeout: 5000, interval: 5 },
  );
}

/** Rows that were there before and are not now, and rows that came. */
export function difference(before: readonly string[], after: readonly string[]): string[] {
  const [old, now] = [new Set(before), new Set(after)];
  return [...before.filter((row) => !now.has(row)), ...after.filter((row) => !old.has(row))];
}

/** Every row of the database, as text: secrets are looked for in them. */
export async function everything(store: Store): Promise<string> {
  const rows = await allRows(store);
  for (const table of ['api_keys', 'access_tokens', 'end_users', 'app_versions', 'processes'] as const)
    rows.push(JSON.stringify(await store.selectFrom(table).selectAll().execute()));
  return rows.join('\n');
}
