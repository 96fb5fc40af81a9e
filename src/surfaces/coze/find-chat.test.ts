import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../../test/support/parley/test-database.ts';
import type { Run } from '../../runs/run.ts';
import type { ToolUse } from '../../runs/thought.ts';
import { acceptTurn } from '../../store/accept-turn.ts';
import { findOrCreateEndUser } from '../../store/end-users.ts';
import { finishTurn } from '../../store/finish-turn.ts';
import { newId } from '../../store/new-id.ts';
import { openStore, type Store } from '../../store/open-store.ts';
import { cancelRun } from '../../store/runs.ts';
import type { ConversationRow, ThoughtRow } from '../../store/schema.ts';
import { findChat, findUnkeptChat, readChat } from './find-chat.ts';
import { decimalId, messageId } from './ids.ts';
import type { CozeContext } from './route.ts';

const NOW = Date.now();

let dir: string;
let database: TestDatabase;
let store: Store;
let conversation: ConversationRow;
/** Turns of one conversation, by what they are for. */
let turns: Record<'one' | 'twin' | 'waiting' | 'canceled', string>;

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'parley-find-chat-'));
  database = await createTestDatabase();
  store = await openStore(
    database.url ? { kind: 'postgres', url: database.url } : { kind: 'sqlite', path: join(dir, 'parley.db') },
    { info: () => {} },
  );
  conversation = {
    ...{
      id: newId(),
      app_id: 'app',
      app_version: 'v',
      surface: 'coze',
      name: '',
      inputs: '{}',
      introduction: '',
    },
    end_user_id: (await findOrCreateEndUser(store, 'app', 'user')).id,
    ...{ status: 'normal', metadata: null, section: null, created_at: NOW, updated_at: NOW },
  };
  turns = {
    one: await begin(NOW, conversation),
    twin: await begin(NOW),
    waiting: await begin(NOW + 1),
    canceled: await begin(NOW + 2),
  };
  await pause(turns.waiting);
  await cancelRun(store, runOf(turns.canceled));
  await pause(turns.canceled);
});
afterAll(async () => {
  await store.destroy();
  await database.drop();
  rmSync(dir, { recursive: true });
});

const runs = new Map<string, string>();
const runOf = (turn: string) => runs.get(turn) ?? '';

async function begin(at: number, isNew: ConversationRow | null = null): Promise<string> {
  const { id: conversation_id, end_user_id } = conversation;
  const common = { app_id: 'app', end_user_id, conversation_id, created_at: at };
  const [id, run_id] = [newId(), newId()];
  runs.set(id, run_id);
  await acceptTurn(store, {
    run: {
      ...{ ...common, id: run_id, app_version: 'v', message_id: id, surface: 'coze', status: 'running' },
      ...{ error: null, stopped_by: null, error_code: null, metadata: null, canceled_at: null },
      ...{ process_id: 'p', finished_at: null },
    },
    message: {
      ...{ ...common, id, run_id, inputs: '{}', query: 'q', answer: '', status: 'normal', error: null },
      ...{
        prompt_tokens: 0,
        answer_tokens: 0,
        total_price: '0',
        currency: 'USD',
        latency_ms: 0,
        usage: null,
      },
      ...{ section: null, query_metadata: null, answer_metadata: null, query_hidden: 0, answer_hidden: 0 },
      updated_at: at,
    },
    files: [],
    newConversation: isNew,
    items: [],
    queryFrom: null,
    workflowRun: null,
    exclusive: false,
    claim: null,
  });
  return id;
}

const use = (id: string, more: Partial<ToolUse> = {}): ToolUse => ({
  ...{ id, provider: 'p', name: `do_${id}`, label: {}, arguments: '', output: null, executedBy: 'caller' },
  ...more,
});

async function pause(turn: string): Promise<void> {
  const row = { app_id: 'app', message_id: turn, text: '', files: '[]', created_at: NOW };
  const thoughts: ThoughtRow[] = [
    { ...row, id: newId(), position: 1, uses: JSON.stringify([use('old', { output: 'done' })]) },
    {
      ...row,
      id: newId(),
      position: 2,
      uses: JSON.stringify([use('a'), use('b', { output: 'told' }), use('c', { arguments: '{"x":1}' })]),
    },
  ];
  const outcome = { status: 'paused', error: null, errorCode: null, stoppedBy: null } as const;
  const run = { id: runOf(turn), message_id: turn };
  await finishTurn(store, run, { ...outcome, finishedAt: NOW, answer: 'so far', usage: null, thoughts });
}

/** What these functions use of a context. */
function contextWith(unkept?: Run): CozeContext {
  return {
    parts: { store, runs: { findUnkept: (id: string) => (id === conversation.id ? unkept : undefined) } },
    conversation: async (id: string) => {
      if (id !== decimalId(conversation.id)) throw new Error('no such conversation');
      return conversation;
    },
  } as unknown as CozeContext;
}

const named = (chat_id: string) => ({ conversation_id: decimalId(conversation.id), chat_id });
const chatId = (turn: string, at = NOW) => messageId({ id: turn, created_at: at }, 0);
const find = async (turn: string, at = NOW) => (await findChat(contextWith(), named(chatId(turn, at)))).turn;

describe('findChat', () => {
  test('finds a chat by its time and tag, also of two that began in one millisecond', async () => {
    for (const turn of [turns.one, turns.twin]) expect((await find(turn)).id).toBe(turn);
    expect((await find(turns.waiting, NOW + 1)).id).toBe(turns.waiting);
  });

  test.each([
    ['of another time', () => chatId(turns.one, NOW + 5)],
    ['of another tag', () => chatId(newId())],
    ['of a message', () => messageId({ id: turns.one, created_at: NOW }, 101)],
    ['that is none', () => 'chat'],
    ['out of range', () => '99999999999999999999'],
  ])('4001 for an id %s', async (_, id) => {
    await expect(findChat(contextWith(), named(id()))).rejects.toMatchObject({ code: 4001 });
  });
});

describe('readChat', () => {
  const none = { type: '', submit_tool_outputs: { tool_calls: [] } };

  test('one that waits, with what it waits for', async () => {
    const chat = await readChat(contextWith(), await find(turns.waiting, NOW + 1));
    expect(chat).toMatchObject({ status: 'requires_action', completed_at: null, failed_at: null });
    expect(chat.required_action).toEqual({
      type: 'submit_tool_outputs',
      submit_tool_outputs: {
        tool_calls: [
          { id: 'a', type: 'function', function: { name: 'do_a', arguments: '{}' } },
          { id: 'c', type: 'function', function: { name: 'do_c', arguments: '{"x":1}' } },
        ],
      },
    });
  });

  test('one that was canceled before its pause waits for nothing', async () => {
    const chat = await readChat(contextWith(), await find(turns.canceled, NOW + 2));
    expect(chat).toMatchObject({ status: 'canceled', required_action: none });
  });

  test('one that runs', async () => {
    const chat = await readChat(contextWith(), await find(turns.one));
    expect(chat).toMatchObject({ status: 'in_progress', required_action: none });
  });
});

test('findUnkeptChat knows the running chat of the conversation, by its id alone', async () => {
  const id = newId();
  const facts = {
    messageId: id,
    createdAt: NOW,
    conversationId: conversation.id,
    section: null,
    app: { id: 'app' },
  };
  const run = { facts } as unknown as Run;
  expect(await findUnkeptChat(contextWith(run), named(chatId(id)))).toBe(run);
  expect(await findUnkeptChat(contextWith(run), named(chatId(turns.one)))).toBeNull();
  expect(await findUnkeptChat(contextWith(), named(chatId(id)))).toBeNull();
});
