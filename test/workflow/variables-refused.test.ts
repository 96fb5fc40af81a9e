import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Store } from '../../src/store/open-store.ts';
import { openTestStore } from '../support/parley/open-test-store.ts';
import { startParley, type TestParley } from '../support/parley/start-parley.ts';
import { endedTurn } from '../support/parley/stored-runs.ts';
import { answerNode, graphApp, startNode } from './graph-app.ts';
import { messagesOf, shownIn, streamChatflow } from './workflow-turns.ts';

let parley: TestParley;
let store: Store;

beforeAll(async () => {
  const set = {
    ...{ variable_selector: ['conversation', 'last'], input_type: 'variable', operation: 'over-write' },
    value: ['sys', 'query'],
  };
  parley = await startParley({
    apps: {
      chatflow: graphApp(
        'advanced-chat',
        {
          start: startNode(),
          set: { type: 'assigner', version: '2', items: [set] },
          answer: answerNode('{{#conversation.last#}}'),
        },
        {
          conversation_variables: [{ id: 'v1', name: 'last', value_type: 'string', value: '' }],
        },
      ),
    },
  });
  store = await openTestStore(parley);
  await refuseVariables(parley.database.kind === 'postgres');
});
afterAll(async () => {
  await store.destroy();
  await parley.close();
});

/** Lets the database refuse that a variable is set. */
async function refuseVariables(postgres: boolean): Promise<void> {
  if (!postgres) {
    await sql`create trigger no_set before update on conversation_variables begin select raise(abort, 'no'); end`.execute(
      store,
    );
    return;
  }
  await sql`
    create function no_set() returns trigger language plpgsql as
    $$ begin raise exception 'no'; end $$`.execute(store);
  await sql`create trigger no_set before update on conversation_variables for each row execute function no_set()`.execute(
    store,
  );
}

test('a turn whose variables the store does not take has failed, and says so', async () => {
  const events = await streamChatflow(parley, { query: 'remember this' });
  expect(shownIn(events)).toBe('remember this');
  expect(events.at(-1)).toMatchObject({ event: 'error', status: 500, code: 'internal_server_error' });
  const [first] = events;
  expect(await endedTurn(store, first?.message_id)).toMatchObject({ run: 'failed', status: 'error' });
  expect(await messagesOf(parley, 'chatflow', first?.conversation_id)).toMatchObject([
    { status: 'error', answer: 'remember this' },
  ]);
  expect(parley.log.some(({ msg }) => msg === 'run failed unexpectedly')).toBe(true);
  const path = `/workflows/run/${events.find(({ event }) => event === 'workflow_finished')?.workflow_run_id}`;
  expect(await (await parley.request('chatflow', 'GET', path)).json()).toMatchObject({ status: 'failed' });
});
