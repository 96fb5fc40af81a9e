import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../test/support/parley/test-database.ts';
import { acceptTurn } from './accept-turn.ts';
import { deleteConversation } from './conversations.ts';
import { findOrCreateEndUser } from './end-users.ts';
import { finishTurn } from './finish-turn.ts';
import { newId } from './new-id.ts';
import { openStore, type Store } from './open-store.ts';
import { resumeTurn } from './resume-turn.ts';
import { cancelRun } from './runs.ts';
import type { ConversationRow, RunStatus, ThoughtRow } from './schema.ts';
import { listThoughts } from './thoughts.ts';

let dir: string;
let database: TestDatabase;
let store: Store;
let endUserId: string;

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'parley-resume-'));
  database = await createTestDatabase();
  store = await openStore(
    database.url ? { kind: 'postgres', url: database.url } : { kind: 'sqlite', path: join(dir, 'parley.db') },
    { info: () => {} },
  );
  endUserId = (await findOrCreateEndUser(store, 'app', 'user')).id;
});
afterAll(async () => {
  await store.destroy();
  await database.drop();
  rmSync(dir, { recursive: true });
});

function newConversation(): ConversationRow {
  const now = Date.now();
  return {
    id: newId(),
    app_id: 'app',
    app_version: 'v',
    end_user_id: endUserId,
    surface: 'coze',
    name: '',
    inputs: '{}',
    introduction: '',
    status: 'normal',
    metadata: null,
    section: null,
    created_at: now,
    updated_at: now,
  };
}

interface Turn {
  readonly id: string;
  readonly run_id: string;
}

/** A running turn; of a new conversation when `isNew`. */
async function begin(conversation: ConversationRow, isNew: boolean): Promise<Turn> {
  const now = Date.now();
  const [id, run_id] = [newId(), newId()];
  const common = { app_id: 'app', end_user_id: endUserId, conversation_id: conversation.id, created_at: now };
  const result = await acceptTurn(store, {
    run: {
      ...common,
      id: run_id,
      app_version: 'v',
      message_id: id,
      surface: 'coze',
      status: 'running',
      error: null,
      stopped_by: null,
      error_code: null,
      metadata: null,
      canceled_at: null,
      process_id: 'first',
      finished_at: null,
    },
    message: {
      ...common,
      id,
      run_id,
      inputs: '{}',
      query: 'q',
      answer: '',
      status: 'normal',
      error: null,
      prompt_tokens: 0,
      answer_tokens: 0,
      total_price: '0',
      currency: 'USD',
      latency_ms: 0,
      usage: null,
      section: null,
      query_metadata: null,
      answer_metadata: null,
      query_hidden: 0,
      answer_hidden: 0,
      updated_at: now,
    },
    files: [],
    newConversation: isNew ? conversation : null,
    items: [],
    queryFrom: null,
    workflowRun: null,
    exclusive: false,
    claim: null,
  });
  expect(result).toBe('accepted');
  return { id, run_id };
}

function thought(turn: Turn, uses: string, id = newId()): ThoughtRow {
  return { id, app_id: 'app', message_id: turn.id, position: 1, text: 't', uses, files: '[]', created_at: 1 };
}

const end = (turn: Turn, status: Exclude<RunStatus, 'running'>, thoughts: ThoughtRow[] = []) =>
  finishTurn(
    store,
    { id: turn.run_id, message_id: turn.id },
    {
      status,
      error: null,
      errorCode: null,
      stoppedBy: null,
      finishedAt: Date.now(),
      answer: 'so far',
      usage: null,
      thoughts,
    },
  );

/** A turn that waits, with its conversation. */
async function paused() {
  const conversation = newConversation();
  const turn = await begin(conversation, true);
  const asked = thought(turn, '[null]');
  await end(turn, 'paused', [asked]);
  return { conversation, turn, asked };
}

const resume = (conversation: ConversationRow, turn: Turn, thoughts: ThoughtRow[] = []) =>
  resumeTurn(store, conversation, turn, { processId: 'second', thoughts });

async function rowsOf({ id, run_id }: Turn) {
  const run = await store.selectFrom('runs').selectAll().where('id', '=', run_id).executeTakeFirst();
  const message = await store.selectFrom('messages').selectAll().where('id', '=', id).executeTakeFirst();
  return { run, message, thoughts: await listThoughts(store, 'app', [id]) };
}

test('it runs again, in the process that resumes it, with what was brought; what it had said stays', async () => {
  const { conversation, turn, asked } = await paused();
  const before = await rowsOf(turn);
  expect(before).toMatchObject({
    run: { status: 'paused', finished_at: null },
    message: { status: 'paused' },
  });
  expect(await resume(conversation, turn, [thought(turn, '["output"]', asked.id)])).toBe('resumed');
  expect(await rowsOf(turn)).toEqual({
    run: { ...before.run, status: 'running', process_id: 'second' },
    message: { ...before.message, status: 'normal' },
    thoughts: [{ ...asked, uses: '["output"]' }],
  });
  expect(await end(turn, 'succeeded')).not.toBeNull();
  expect(await rowsOf(turn)).toMatchObject({ run: { status: 'succeeded' }, message: { answer: 'so far' } });
});

test('it may pause and go on as often as it likes', async () => {
  const { conversation, turn } = await paused();
  for (let n = 0; n < 3; n++) {
    expect(await resume(conversation, turn)).toBe('resumed');
    expect(await end(turn, 'paused')).not.toBeNull();
  }
});

/** Whatever is the matter, nothing is written. */
async function expectRefused(
  result: 'busy' | 'not_paused',
  conversation: ConversationRow,
  turn: Turn,
  asked?: ThoughtRow,
): Promise<void> {
  const before = await rowsOf(turn);
  expect(await resume(conversation, turn, [thought(turn, '["output"]', asked?.id)])).toBe(result);
  expect(await rowsOf(turn)).toEqual(before);
}

test('busy: another turn of its conversation runs; one that was given up is in nobody’s way', async () => {
  const { conversation, turn, asked } = await paused();
  const other = await begin(conversation, false);
  await expectRefused('busy', conversation, turn, asked);
  await cancelRun(store, other.run_id);
  expect(await resume(conversation, turn)).toBe('resumed');
});

test('not paused: it runs', async () => {
  const { conversation, turn, asked } = await paused();
  const other = await begin(conversation, false);
  await expectRefused('not_paused', conversation, other);
  await cancelRun(store, other.run_id);
  expect(await resume(conversation, turn)).toBe('resumed');
  await expectRefused('not_paused', conversation, turn, asked);
});

test.each(['succeeded', 'failed', 'stopped'] as const)('not paused: it has %s', async (status) => {
  const conversation = newConversation();
  const turn = await begin(conversation, true);
  await end(turn, status);
  await expectRefused('not_paused', conversation, turn);
});

test('not paused: it was given up before it came to its pause', async () => {
  const conversation = newConversation();
  const turn = await begin(conversation, true);
  await cancelRun(store, turn.run_id);
  await end(turn, 'paused', [thought(turn, '[null]')]);
  await expectRefused('not_paused', conversation, turn);
});

test('not paused: of another conversation, or of another app', async () => {
  const { conversation, turn, asked } = await paused();
  const other = (await paused()).conversation;
  await expectRefused('not_paused', other, turn, asked);
  await expectRefused('not_paused', { ...conversation, app_id: 'other' }, turn, asked);
});

test('not paused: deleted meanwhile, which leaves nothing behind', async () => {
  const { conversation, turn, asked } = await paused();
  await deleteConversation(store, { appId: 'app', endUserId }, conversation.id);
  await expectRefused('not_paused', conversation, turn, asked);
  const { run, message, thoughts } = await rowsOf(turn);
  expect([run?.status, message, thoughts]).toEqual(['paused', undefined, []]);
});

test('of many at once one resumes it', async () => {
  const { conversation, turn, asked } = await paused();
  const results = await Promise.all(
    Array.from({ length: 10 }, (_, n) => resume(conversation, turn, [thought(turn, `["${n}"]`, asked.id)])),
  );
  expect(results.filter((result) => result === 'resumed')).toHaveLength(1);
  expect(results.filter((result) => result === 'not_paused')).toHaveLength(9);
  expect((await rowsOf(turn)).thoughts[0]?.uses).toBe(`["${results.indexOf('resumed')}"]`);
});

test('against a turn that begins at the same moment, one of the two is refused', async () => {
  for (let n = 0; n < 5; n++) {
    const { conversation, turn } = await paused();
    const [run_id, id] = [newId(), newId()];
    const template = await rowsOf(turn);
    if (!template.run || !template.message) throw new Error('no rows');
    const began = acceptTurn(store, {
      run: { ...template.run, id: run_id, message_id: id, status: 'running' },
      message: { ...template.message, id, run_id, status: 'normal' },
      files: [],
      newConversation: null,
      items: [],
      queryFrom: null,
      workflowRun: null,
      exclusive: true,
      claim: null,
    });
    const results = await Promise.all(
      n % 2 === 0 ? [began, resume(conversation, turn)] : [resume(conversation, turn), began],
    );
    expect(results.filter((result) => result === 'busy')).toHaveLength(1);
  }
});

test('against the end of its conversation, neither waits for the other for ever', async () => {
  for (let n = 0; n < 10; n++) {
    const { conversation, turn, asked } = await paused();
    const [result, deleted] = await Promise.all([
      resume(conversation, turn, [thought(turn, '["output"]', asked.id)]),
      deleteConversation(store, { appId: 'app', endUserId }, conversation.id),
    ]);
    expect([deleted, ['resumed', 'not_paused'].includes(result)]).toEqual([true, true]);
    const { message, thoughts } = await rowsOf(turn);
    expect([message, thoughts]).toEqual([undefined, []]);
  }
});
