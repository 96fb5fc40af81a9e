import {
  type CompiledQuery,
  type DatabaseConnection,
  DummyDriver,
  Kysely,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
} from 'kysely';
import { beforeEach, expect, test, vi } from 'vitest';
import type { App } from '../../apps/app.ts';
import type { Store } from '../../store/open-store.ts';
import type { ConversationRow, Database } from '../../store/schema.ts';
import { ConversationVariables } from './conversation-variables.ts';

/** What the database does with a variable's value; by default it takes it. */
const write = vi.fn<(value: unknown) => Promise<void>>();

class Driver extends DummyDriver {
  override async acquireConnection(): Promise<DatabaseConnection> {
    return {
      async executeQuery({ parameters }: CompiledQuery) {
        await write(parameters[0]);
        return { rows: [], numAffectedRows: 1n };
      },
      streamQuery: () => {
        throw new Error('nothing is streamed');
      },
    };
  }
}
const STORE: Store = new Kysely<Database>({
  dialect: {
    createAdapter: () => new SqliteAdapter(),
    createDriver: () => new Driver(),
    createIntrospector: (db) => new SqliteIntrospector(db),
    createQueryCompiler: () => new SqliteQueryCompiler(),
  },
});
const APP = { id: 'app', config: { workflow: { conversationVariables: [] } } } as unknown as App;
const CONVERSATION = { id: 'c' } as ConversationRow;
const gone = new Error('the store is gone');
const written = () => write.mock.calls.map(([value]) => value);

beforeEach(() => {
  write.mockReset().mockResolvedValue();
});

async function load(kept = true): Promise<ConversationVariables> {
  const { variables } = await ConversationVariables.load(STORE, APP, CONVERSATION, {
    kept,
    isNew: false,
  });
  return variables;
}

/** Lets everything happen that waits for nothing but its turn. */
const settle = () => new Promise((resolve) => setImmediate(resolve));

test('are settled once all that was set is stored, in the order in which it was set', async () => {
  const first = Promise.withResolvers<void>();
  const second = Promise.withResolvers<void>();
  write.mockReturnValueOnce(first.promise).mockReturnValueOnce(second.promise);
  const variables = await load();
  variables.set('a', { value: 1 });
  variables.set('a', { value: 2 });
  const settled = vi.fn();
  const settling = variables.settled().then(settled);
  await settle();
  expect(written(), 'the second waits for the first').toEqual(['1']);
  first.resolve();
  await settle();
  expect(written()).toEqual(['1', '2']);
  expect(settled).not.toHaveBeenCalled();
  second.resolve();
  await settling;
});

test('what the store did not take is thrown at the end, and keeps nothing else from being stored', async () => {
  write.mockRejectedValueOnce(gone).mockRejectedValueOnce(new Error('again'));
  const variables = await load();
  for (const name of ['a', 'b', 'c']) variables.set(name, { value: name });
  await expect(variables.settled()).rejects.toBe(gone);
  expect(written()).toEqual(['"a"', '"b"', '"c"']);
});

test('are not written for a turn that is not kept', async () => {
  const variables = await load(false);
  variables.set('a', { value: 1 });
  await variables.settled();
  expect(written()).toEqual([]);
});
