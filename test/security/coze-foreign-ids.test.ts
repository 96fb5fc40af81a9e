import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Store } from '../../src/store/open-store.ts';
import { decimalId } from '../../src/surfaces/coze/ids.ts';
import { difyRoutes } from '../../src/surfaces/dify/routes/index.ts';
import { cancel, endOf, sendChat, streamChat, user, type Wire } from '../coze/chats.ts';
import { type MockProvider, startMockProvider } from '../support/mock-provider/start-mock-provider.ts';
import type { TestCoze } from '../support/parley/coze.ts';
import { openTestStore } from '../support/parley/open-test-store.ts';
import { sendChat as sendDifyChat } from '../support/parley/turns.ts';
import { upload as difyUpload } from '../support/parley/upload.ts';
import { requestFor as difyRequestFor } from './ask.ts';
import { ask, calls, namedBy, plain, requestFor } from './coze-ask.ts';
import { allRows, difference, settledRows } from './coze-rows.ts';
import {
  as,
  CANARY,
  type CozeThings,
  makeLoose,
  makeThings,
  startHouse,
  TOKENS,
  unlike,
  upload,
} from './coze-victim.ts';

let provider: MockProvider;
let coze: TestCoze;
let store: Store;
/** Alice's: with her bot, and of her token alone. */
let alices: CozeThings;
let loose: CozeThings;
/** What the others have themselves. */
const own = {} as Record<'peer' | 'stranger', CozeThings>;
let rows: string[];

beforeAll(async () => {
  provider = await startMockProvider();
  provider.reply({ tokens: [`An answer, ${CANARY}.`] });
  coze = await startHouse(provider);
  store = await openTestStore(coze.parley);
  alices = await makeThings(coze, 'chat', TOKENS.alice);
  loose = await makeLoose(coze, TOKENS.alice);
  provider.reply();
  own.peer = await makeThings(coze, 'chat', TOKENS.peer, 'a peer’s');
  own.stranger = await makeThings(coze, 'other', TOKENS.stranger, 'a stranger’s');
  rows = await settledRows(store);
});
afterAll(async () => {
  await store.destroy();
  await coze.close();
  await provider.close();
});

/** A request for one's own things, but for one; only a question can have a file. */
function ownBeside(mine: CozeThings, key: keyof CozeThings, id: string): CozeThings {
  return { ...mine, ...(key === 'file_id' ? { message_id: mine.question_id } : {}), [key]: id };
}

/** One thing of Alice's among one's own; a conversation with the same bot is the peer's too, what is not in it is not. */
const mixtures = calls.flatMap(([name, route, method]) =>
  namedBy(route).flatMap((key) =>
    (['peer', 'stranger'] as const).flatMap((who) =>
      (['alices', 'loose'] as const).flatMap((whose) => {
        const shared = key === 'bot_id' || (key === 'conversation_id' && whose === 'alices');
        return who === 'peer' && shared ? [] : [[name, key, whose, who, route, method] as const];
      }),
    ),
  ),
);

describe.each(mixtures)('%s with %s of %s, by a %s', (_name, key, whose, who, route, method) => {
  test('answers as to an id that there is not', async () => {
    const foreign = { alices, loose }[whose];
    const answers = [foreign, unlike(foreign)].map(async (things) => {
      const mine = ownBeside(own[who], key, things[key]);
      const said = await ask(coze, requestFor(route, method, mine), `Bearer ${TOKENS[who]}`);
      return { ...said, text: plain(said.text, mine) };
    });
    const [said, unknown] = (await Promise.all(answers)) as [Answer, Answer];
    expect(said).toEqual(unknown);
    expect(said.status).toBeLessThan(500);
    // Ids in a list's borders are places, whatever is there.
    if (key === 'message_id' && route.path.endsWith('/message/list')) expect(said.code).toBe(0);
    else expect(said.code, said.text).toBeGreaterThanOrEqual(4000);
    expect(said.text).not.toContain(CANARY);
  });
});

type Answer = Awaited<ReturnType<typeof ask>>;

test('nothing of anybody’s was changed, or made', async () => {
  expect(mixtures.length).toBeGreaterThan(100);
  expect(difference(rows, await allRows(store))).toEqual([]);
});

test('a running chat is not another’s to see or to cancel', async () => {
  provider.reply({ gate: true });
  const mine = as(coze, TOKENS.alice);
  const reader = await streamChat(mine, CANARY, { user_id: 'alice' });
  const upstream = await provider.nextRequest((request) => !request.isOver);
  const running = await reader.until('conversation.chat.created');
  const stranger = as(coze, TOKENS.stranger);
  for (const conversation_id of [running.conversation_id, own.stranger.conversation_id]) {
    const name = { id: running.id, conversation_id };
    expect(await (await cancel(stranger, name)).json()).toMatchObject({
      code: conversation_id === running.conversation_id ? 4002 : 4001,
    });
  }
  upstream.finish();
  provider.reply();
  expect((await endOf(mine, running)).status).toBe('completed');
  await reader.cancel();
});

test('a conversation in the body of a chat is none: a new one begins', async () => {
  const stranger = as(coze, TOKENS.stranger);
  const more = { bot_id: own.stranger.bot_id, user_id: alices.user };
  const response = await stranger.request('POST', '/v3/chat', {
    ...more,
    conversation_id: alices.conversation_id,
    id: alices.chat_id,
    chat_id: alices.chat_id,
    additional_messages: [{ ...user('Hi'), id: alices.message_id, conversation_id: alices.conversation_id }],
  });
  const { data } = (await response.json()) as { data: Wire };
  expect(data.conversation_id).not.toBe(alices.conversation_id);
  expect(data.id).not.toBe(alices.chat_id);
  // Of two in a query, the first counts.
  const twice = `${own.stranger.conversation_id}&conversation_id=${alices.conversation_id}`;
  expect(await (await sendChat(stranger, 'Hi', { ...more, conversation_id: twice })).json()).toMatchObject({
    code: 0,
    data: { conversation_id: own.stranger.conversation_id },
  });
});

describe('ids of the other surface', () => {
  const uuids = async (): Promise<CozeThings> => {
    const conversation = await store
      .selectFrom('conversations')
      .select('id')
      .where('name', '=', CANARY)
      .where('app_id', '=', 'chat')
      .executeTakeFirstOrThrow();
    const turn = await store
      .selectFrom('messages')
      .select(['id', 'run_id'])
      .where('conversation_id', '=', conversation.id)
      .executeTakeFirstOrThrow();
    const file = await store
      .selectFrom('message_files')
      .select('file_id')
      .where('message_id', '=', turn.id)
      .executeTakeFirstOrThrow();
    return {
      ...alices,
      conversation_id: conversation.id,
      chat_id: turn.id,
      message_id: turn.id,
      file_id: String(file.file_id),
    };
  };

  test.each(calls)('UUIDs of one’s own things are no ids for %s', async (_, route, method) => {
    const real = await uuids();
    for (const key of namedBy(route)) {
      if (key === 'bot_id') continue;
      const { code, text } = await ask(
        coze,
        requestFor(route, method, ownBeside(alices, key, real[key])),
        `Bearer ${TOKENS.alice}`,
      );
      expect(code, text).toBeGreaterThanOrEqual(4000);
      expect(code, text).toBeLessThan(4300);
    }
  });

  const withIds = difyRoutes.filter(({ path }) => path.includes(':'));
  test.each(withIds.map((route) => [`${route.method} ${route.path}`, route] as const))(
    'decimals are no ids for %s',
    async (_, route) => {
      const { conversation_id, message_id, file_id, chat_id } = alices;
      const { path, init } = difyRequestFor(route, alices.user, {
        ...{ conversation_id, message_id, file_id, task_id: chat_id },
        ...{ end_user_id: chat_id, variable_id: chat_id, workflow_id: chat_id, workflow_run_id: chat_id },
        finish: async () => true,
      });
      const headers = new Headers(init.headers);
      headers.set('authorization', `Bearer ${coze.parley.key('chat')}`);
      const response = await fetch(`${coze.parley.url}/v1${path}`, { ...init, headers });
      const text = await response.text();
      expect(response.status, text).toBeLessThan(500);
      expect(text).not.toContain(CANARY);
      // A stop of what is not there says success (`facts/dify-wire.md` §4).
      if (!path.includes('/stop')) expect(response.status, text).toBeGreaterThanOrEqual(400);
    },
  );

  test('uploads stay on the surface, and with the account, that they came by', async () => {
    const image = { name: 'a.png', type: 'image/png', data: 'data' };
    const theirs = (await (await difyUpload(coze.parley, image, { user: alices.user })).json()) as {
      id: string;
    };
    const mine = await upload(coze, TOKENS.alice);
    const row = (await store.selectFrom('files').select('id').execute()).find(
      ({ id }) => decimalId(id) === mine,
    );
    const files = [{ type: 'image', transfer_method: 'local_file', upload_file_id: row?.id }];
    const sent = await sendDifyChat(coze.parley, { user: alices.user, files });
    expect(await sent.json()).toMatchObject({ code: 'invalid_param', message: 'Invalid upload file' });
    const preview = await coze.parley.request('chat', 'GET', `/files/${row?.id}/preview?user=${alices.user}`);
    expect(preview.status).toBe(404);
    const retrieved = (id: string) =>
      as(coze, TOKENS.alice).request('GET', `/v1/files/retrieve?file_id=${id}`);
    expect(await (await retrieved(decimalId(theirs.id))).json()).toMatchObject({ code: 4200 });
    expect(await (await retrieved(mine)).json()).toMatchObject({ code: 0 });
  });
});
