import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../test/support/parley/test-database.ts';
import type { App } from '../apps/app.ts';
import { AppVersions } from '../apps/app-versions.ts';
import { findConversation } from '../store/conversations.ts';
import { findOrCreateEndUser } from '../store/end-users.ts';
import { findMessage } from '../store/messages.ts';
import { openStore, type Store } from '../store/open-store.ts';
import type { ConversationRow, MessageRow } from '../store/schema.ts';
import { AppSlots } from './app-slots.ts';
import type { Engine, EngineTask } from './engine.ts';
import { Journal } from './journal.ts';
import { Recorder } from './recorder.ts';
import type { ResumeRequest } from './resume-run.ts';
import { NO_USAGE } from './run-event.ts';
import { Runs } from './runs.ts';
import type { ToolUse } from './thought.ts';

let dir: string;
let database: TestDatabase;
let store: Store;
let journal: Journal;
let user: { readonly id: string; readonly sessionId: string };

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'parley-resume-run-'));
  database = await createTestDatabase();
  store = await openStore(
    database.url ? { kind: 'postgres', url: database.url } : { kind: 'sqlite', path: join(dir, 'parley.db') },
    { info() {} },
  );
  journal = Journal.open(join(dir, 'journal'), (error) => {
    throw error;
  }).journal;
  user = { id: (await findOrCreateEndUser(store, 'app', 'user')).id, sessionId: 'user' };
});
afterAll(async () => {
  journal.close();
  await store.destroy();
  await database.drop();
  rmSync(dir, { recursive: true });
});

const app = {
  ...{ id: 'app', mode: 'agent-chat', version: 'v', definition: '' },
  config: { inputForm: [], fileUpload: { enabled: false }, openingStatement: '', workflow: null },
  settings: { onDisconnect: { kind: 'continue' }, maxConcurrency: null },
} as unknown as App;

const use = (id: string, given: Partial<ToolUse> = {}): ToolUse => ({
  ...{
    id,
    provider: 'device',
    name: 'locate',
    label: {},
    arguments: '{}',
    output: null,
    executedBy: 'caller',
  },
  ...given,
});
const USED = { ...NO_USAGE, promptTokens: 7, totalTokens: 7 };

/** A hall whose engine asks its caller for `a` and `b`, and answers with what it gets; and what its tasks were. */
function hall() {
  const tasks: EngineTask[] = [];
  const engine: Engine = {
    check() {},
    async execute(task) {
      tasks.push(task);
      if (task.resumed) {
        task.emit({ kind: 'text', text: ' Done.' });
        return;
      }
      task.emit({ kind: 'text', text: 'Asking.' });
      const uses = [use('a'), use('b'), use('server', { executedBy: 'server', output: 'ours' })];
      const thought = {
        id: crypto.randomUUID(),
        position: 1,
        text: 'Asking.',
        uses,
        files: [],
        createdAt: 1,
      };
      task.emit({ kind: 'thought', thought });
      task.setUsage(USED);
      task.pause();
    },
  };
  const runs = new Runs({
    ...{
      store,
      journal,
      recorder: new Recorder(store, journal),
      processId: 'p',
      slots: new AppSlots(),
      maxExecutionMs: 60_000,
    },
    versions: new AppVersions(store, {}),
    engines: {
      chat: engine,
      'agent-chat': engine,
      completion: engine,
      workflow: engine,
      'advanced-chat': engine,
    },
    services: { suggestQuestions: async () => [], writeTitle: async () => 'title' },
    observer: {
      started() {},
      firstText() {},
      ended() {},
      failed: (_run, error) => {
        throw error;
      },
    },
  });
  return { runs, tasks };
}

/** A turn that waits, with what resumes it. */
async function paused(given: Partial<Parameters<Runs['start']>[0]> = {}) {
  const { runs, tasks } = hall();
  const run = await runs.start({
    ...{ app, endUser: user, surface: 'coze', query: 'Where am I?', inputs: {}, files: [] },
    ...{ conversationId: null, autoGenerateName: false, callerExecutes: true },
    ...given,
  });
  expect(await run.ended).toMatchObject({ status: 'paused', answer: 'Asking.' });
  const owner = { appId: 'app', endUserId: user.id };
  const conversation = (await findConversation(
    store,
    owner,
    String(run.facts.conversationId),
  )) as ConversationRow;
  const turn = (await findMessage(store, owner, run.facts.messageId)) as MessageRow;
  expect(turn.status).toBe('paused');
  const resume = (outputs: Readonly<Record<string, string>>, more: Partial<ResumeRequest> = {}) =>
    runs.resume({
      ...{ app, endUser: user, conversation, turn, followUps: false, showsFiles: true },
      ...{ outputs: new Map(Object.entries(outputs)), ...more },
    });
  return { runs, tasks, run, turn, conversation, resume };
}

const both = { a: 'here', b: 'there' };

test('the run goes on where it paused: with what it had made and used, and what its caller brings', async () => {
  const { tasks, run, turn, resume } = await paused();
  const again = await resume({ a: 'he\0re', b: '' });
  expect(again.facts).toMatchObject({
    id: run.facts.id,
    messageId: turn.id,
    createdAt: turn.created_at,
    kept: true,
  });
  expect(tasks[1]).toMatchObject({
    ...{ query: 'Where am I?', inputs: {}, isNewConversation: false, callerExecutes: true, user: 'user' },
    resumed: { usage: USED, thoughts: [{ uses: [{ output: 'here' }, { output: '' }, { output: 'ours' }] }] },
  });
  expect(await again.ended).toMatchObject({ status: 'succeeded', answer: 'Asking. Done.' });
  const row = await findMessage(store, { appId: 'app', endUserId: user.id }, turn.id);
  expect(row).toMatchObject({ status: 'normal', answer: 'Asking. Done.' });
  const [thought] = await store
    .selectFrom('thoughts')
    .selectAll()
    .where('message_id', '=', turn.id)
    .execute();
  expect(JSON.parse(String(thought?.uses))).toMatchObject([
    { output: 'here' },
    { output: '' },
    { output: 'ours' },
  ]);
});

test.each([
  ['one is missing', { a: 'here' }, 'outputs are missing for b'],
  ['all are missing', {}, 'outputs are missing for a, b'],
  ['one was not asked for', { ...both, c: 'x' }, 'outputs were given for calls that do not wait for any'],
  ['one is the server’s', { ...both, server: 'x' }, 'outputs were given for calls that do not wait for any'],
])('outputs of which %s are refused, and the turn still waits', async (_, outputs, message) => {
  const { resume, tasks } = await paused();
  await expect(resume(outputs)).rejects.toMatchObject({ code: 'invalid_param', message });
  expect(tasks).toHaveLength(1);
  expect(await (await resume(both)).ended).toMatchObject({ status: 'succeeded' });
});

test('a turn goes on once, also when two bring its outputs at the same time', async () => {
  const { resume } = await paused();
  const [one, two] = await Promise.allSettled([resume(both), resume(both)]);
  expect([one.status, two.status].sort()).toEqual(['fulfilled', 'rejected']);
  const refused = one.status === 'rejected' ? one : (two as PromiseRejectedResult);
  expect(refused.reason.code).toBeOneOf(['bad_request', 'conversation_busy']);
  const won =
    one.status === 'fulfilled' ? one.value : (two as Exclude<typeof two, PromiseRejectedResult>).value;
  await won.ended;
  await expect(resume(both)).rejects.toMatchObject({
    code: 'bad_request',
    message: 'the turn waits for no outputs',
  });
});

test('nobody else’s turn goes on', async () => {
  const { resume } = await paused();
  const stranger = { id: (await findOrCreateEndUser(store, 'app', 'other')).id, sessionId: 'other' };
  await expect(resume(both, { endUser: stranger })).rejects.toMatchObject({ code: 'bad_request' });
  await expect(resume(both, { app: { ...app, id: 'another' } })).rejects.toMatchObject({
    code: 'bad_request',
  });
});

test('an app whose version is gone, or that could not run, is unavailable; the turn still waits', async () => {
  const { resume } = await paused();
  const changed = { ...app, version: 'w' };
  await store.deleteFrom('app_versions').execute();
  await expect(resume(both, { app: changed })).rejects.toMatchObject({ code: 'app_unavailable' });
  expect(await (await resume(both)).ended).toMatchObject({ status: 'succeeded' });
});
