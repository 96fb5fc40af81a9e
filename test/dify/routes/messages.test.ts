import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Store } from '../../../src/store/open-store.ts';
import { type MockProvider, startMockProvider } from '../../support/mock-provider/start-mock-provider.ts';
import { chatApp, completionApp } from '../../support/parley/apps.ts';
import { openTestStore } from '../../support/parley/open-test-store.ts';
import { startParley, type TestParley } from '../../support/parley/start-parley.ts';
import { answered, firstEvent, sendChat, sendCompletion, streamChat } from '../../support/parley/turns.ts';
import { upload } from '../../support/parley/upload.ts';
import { failure, readAnswer } from './read-answer.ts';

const NIL = '00000000-0000-0000-0000-000000000000';
const UNKNOWN = '11111111-1111-4111-8111-111111111111';

let provider: MockProvider;
let parley: TestParley;
let store: Store;

beforeAll(async () => {
  provider = await startMockProvider();
  const chat = chatApp({
    suggested_questions_after_answer: { enabled: true },
    file_upload: { enabled: true, allowed_file_types: [], number_limits: 5 },
    user_input_form: [{ 'text-input': { label: 'Name', variable: 'name', required: false } }],
  });
  parley = await startParley({
    apps: { chat, other: chat, plain: chatApp(), completion: completionApp() },
    provider: provider.baseUrl,
  });
  store = await openTestStore(parley);
});
afterAll(async () => {
  await store.destroy();
  await parley.close();
  await provider.close();
});
beforeEach(() => provider.reply());

const get = (path: string, app = 'chat') => readAnswer(parley.request(app, 'GET', path));
const post = (path: string, body: unknown, app = 'chat') =>
  readAnswer(parley.request(app, 'POST', path, body));

describe('GET /messages', () => {
  test('items carry every field', async () => {
    provider.reply({ tokens: ['Hello', ' you'], usage: { prompt_tokens: 10, completion_tokens: 2 } });
    const turn = await answered(sendChat(parley, { query: 'Hi', inputs: { name: 'Ann' }, user: 'fields' }));
    const { status, body } = await get(`/messages?conversation_id=${turn.conversation_id}&user=fields`);
    expect(status).toBe(200);
    expect(body).toEqual({
      limit: 20,
      has_more: false,
      data: [
        {
          id: turn.message_id,
          conversation_id: turn.conversation_id,
          parent_message_id: NIL,
          inputs: { name: 'Ann' },
          query: 'Hi',
          answer: 'Hello you',
          feedback: null,
          retriever_resources: [],
          created_at: turn.created_at,
          agent_thoughts: [],
          message_files: [],
          status: 'normal',
          error: null,
          extra_contents: [],
          message_tokens: 10,
          answer_tokens: 2,
          total_tokens: 12,
          provider_response_latency: expect.any(Number),
          total_price: expect.stringMatching(/^\d+(\.\d+)?$/),
          currency: 'USD',
        },
      ],
    });
  });

  test('pages go back without skipping or repeating, also among equal times', async () => {
    const ids: string[] = [];
    let conversation_id: string | undefined;
    for (const query of ['1', '2', '3', '4', '5', '6', '7']) {
      const turn = await answered(
        sendChat(parley, { query, user: 'pages', ...(conversation_id ? { conversation_id } : {}) }),
      );
      conversation_id = turn.conversation_id;
      ids.push(turn.message_id);
    }
    await store
      .updateTable('messages')
      .set({ created_at: 1_700_000_000_000 })
      .where('id', 'in', ids.slice(1, 6))
      .execute();
    await store
      .updateTable('messages')
      .set({ created_at: 1_600_000_000_000 })
      .where('id', '=', ids[0] as string)
      .execute();
    const pages: string[][] = [];
    let first = '';
    for (let more = true; more; ) {
      const { body } = await get(
        `/messages?conversation_id=${conversation_id}&user=pages&limit=3&first_id=${first}`,
      );
      expect(body.limit).toBe(3);
      pages.unshift(body.data.map((item: { id: string }) => item.id));
      first = pages[0]?.[0] as string;
      more = body.has_more;
    }
    expect(pages.map((page) => page.length)).toEqual([1, 3, 3]);
    expect(pages.flat()).toEqual(ids);
  });

  test('files of a message have freshly signed addresses', async () => {
    const file = (await readAnswer(upload(parley, { name: 'a.txt', type: 'text/plain', data: 'hey' }))).body;
    const mapping = { type: 'document', transfer_method: 'local_file', upload_file_id: file.id };
    const remote = { type: 'image', transfer_method: 'remote_url', url: 'https://img.example/cat.png' };
    const turn = await answered(sendChat(parley, { files: [mapping, remote] }));
    const path = `/messages?conversation_id=${turn.conversation_id}&user=u1`;
    const [item] = (await get(path)).body.data;
    const address = expect.stringContaining(`${parley.url}/files/${file.id}/file-preview?timestamp=`);
    expect(item.message_files).toEqual([
      {
        id: expect.stringMatching(/^[0-9a-f-]{36}$/),
        filename: 'a.txt',
        type: 'document',
        url: address,
        mime_type: 'text/plain',
        size: 3,
        transfer_method: 'local_file',
        belongs_to: 'user',
        upload_file_id: file.id,
      },
      {
        id: expect.any(String),
        filename: 'cat.png',
        type: 'image',
        url: remote.url,
        mime_type: 'image/png',
        size: -1,
        transfer_method: 'remote_url',
        belongs_to: 'user',
        upload_file_id: null,
      },
    ]);
    const [again] = (await get(path)).body.data;
    expect(again.message_files[0].url).not.toBe(item.message_files[0].url);
  });

  test('a running turn is listed with what is known; a failed one with its error', async () => {
    provider.reply({ gate: true });
    const reader = await streamChat(parley, { user: 'running' });
    const upstream = await provider.nextRequest((request) => request.startedAt > 0 && !request.isOver);
    upstream.send('part');
    const { conversation_id, message_id } = await firstEvent(reader);
    const running = await get(`/messages?conversation_id=${conversation_id}&user=running`);
    expect(running.body.data).toMatchObject([{ id: message_id, answer: '', status: 'normal', error: null }]);
    upstream.cut();
    const events = await reader.readAll();
    const error = events.at(-1);
    expect(error?.event).toBe('error');
    const failed = await get(`/messages?conversation_id=${conversation_id}&user=running`);
    expect(failed.body.data).toMatchObject([{ answer: 'part', status: 'error', error: error?.message }]);
  });

  test('an empty conversation_id is an empty page; a missing or malformed one is refused', async () => {
    expect(await get('/messages?conversation_id=&user=u1')).toEqual({
      status: 200,
      body: { limit: 20, has_more: false, data: [] },
    });
    const missing = await get('/messages?user=u1');
    expect(missing).toEqual(failure(400, 'invalid_param', expect.any(String)));
    expect(missing.body.message).toBe(
      [
        '1 validation error for MessageListQuery',
        'conversation_id',
        "  Field required [type=missing, input_value={'user': 'u1'}, input_type=dict]",
        '    For further information visit https://errors.pydantic.dev/2.12/v/missing',
      ].join('\n'),
    );
    for (const query of ['conversation_id=x', `conversation_id=${UNKNOWN}&first_id=x`]) {
      expect((await get(`/messages?${query}`)).body.message).toContain('Value error, must be a valid UUID');
    }
  });

  test.each([
    ['0', 'Input should be greater than or equal to 1 [type=greater_than_equal'],
    ['101', 'Input should be less than or equal to 100 [type=less_than_equal'],
    ['abc', 'unable to parse string as an integer [type=int_parsing'],
    ['', 'unable to parse string as an integer [type=int_parsing'],
  ])('limit=%s is refused', async (limit, message) => {
    const answer = await get(`/messages?conversation_id=${UNKNOWN}&limit=${limit}`);
    expect(answer).toEqual(failure(400, 'invalid_param', expect.stringContaining(message)));
  });

  test('conversations and first messages of others are unknown', async () => {
    const turn = await answered(sendChat(parley, { user: 'mine' }));
    const elsewhere = await answered(sendChat(parley, { user: 'mine' }));
    const conversation = `/messages?conversation_id=${turn.conversation_id}`;
    const none = failure(404, 'not_found', 'Conversation Not Exists.');
    expect(await get(`/messages?conversation_id=${UNKNOWN}&user=mine`)).toEqual(none);
    expect(await get(`${conversation}&user=you`)).toEqual(none);
    expect(await get(conversation)).toEqual(none);
    expect(await get(`${conversation}&user=mine`, 'other')).toEqual(none);
    for (const first of [UNKNOWN, elsewhere.message_id]) {
      expect(await get(`${conversation}&user=mine&first_id=${first}`)).toEqual(
        failure(404, 'not_found', 'First Message Not Exists.'),
      );
    }
    const upper = turn.conversation_id.toUpperCase();
    expect((await get(`/messages?conversation_id=${upper}&user=mine`)).body.data).toHaveLength(1);
  });

  test('the key of a completion app is refused before the query is looked at', async () => {
    expect(await get('/messages?limit=0', 'completion')).toEqual(
      failure(400, 'not_chat_app', 'Please check if your app mode matches the right API route.'),
    );
  });
});

describe('GET /messages/:message_id/suggested', () => {
  const suggest = (id: string, query = '?user=u1', app = 'chat') =>
    get(`/messages/${id}/suggested${query}`, app);

  test('answers the questions of the model', async () => {
    const { message_id } = await answered(sendChat(parley));
    provider.reply({ tokens: ['Sure: ["a?", ', '"b?", "c?", "d?"]'] });
    expect(await suggest(message_id)).toEqual({
      status: 200,
      body: { result: 'success', data: ['a?', 'b?', 'c?'] },
    });
    provider.reply({ tokens: ['no list'] });
    expect(await suggest(message_id)).toEqual({ status: 200, body: { result: 'success', data: [] } });
  });

  test('refuses in order: user, mode, id, message, feature; a model that fails is a 500', async () => {
    const { message_id } = await answered(sendChat(parley));
    const plain = await answered(sendChat(parley, {}, 'plain'));
    expect(await suggest('x', '', 'completion')).toEqual(
      failure(400, 'invalid_param', 'Arg user must be provided.'),
    );
    expect(await suggest('x', '?user=', 'chat')).toEqual(
      failure(400, 'invalid_param', 'Arg user must be provided.'),
    );
    expect((await suggest('x', '?user=u1', 'completion')).body.code).toBe('not_chat_app');
    expect((await suggest('x')).status).toBe(404);
    const none = failure(404, 'not_found', 'Message Not Exists.');
    expect(await suggest(UNKNOWN)).toEqual(none);
    expect(await suggest(message_id, '?user=u2')).toEqual(none);
    expect(await suggest(message_id, '?user=u1', 'other')).toEqual(none);
    expect(await suggest(UNKNOWN, '?user=u1', 'plain')).toEqual(none);
    expect(await suggest(plain.message_id, '?user=u1', 'plain')).toEqual(
      failure(400, 'bad_request', 'Suggested Questions Is Disabled.'),
    );
    provider.reply({ status: 401 });
    expect(await suggest(message_id)).toEqual(
      failure(
        500,
        'internal_server_error',
        expect.stringMatching(/^The server encountered an internal error/),
      ),
    );
  });
});

describe('feedback', () => {
  const rate = (id: string, body: object, app = 'chat') =>
    post(`/messages/${id}/feedbacks`, { user: 'rater', ...body }, app);
  const shown = async (conversation: string, user = 'rater') =>
    (await get(`/messages?conversation_id=${conversation}&user=${user}`)).body.data[0].feedback;

  test('is set, changed and taken back, and shown with the message', async () => {
    const turn = await answered(sendChat(parley, { user: 'rater' }));
    expect(await rate(turn.message_id, { rating: 'like' })).toEqual({
      status: 200,
      body: { result: 'success' },
    });
    expect(await shown(turn.conversation_id)).toEqual({ rating: 'like' });
    await rate(turn.message_id, { rating: 'dislike', content: 'no' });
    expect(await shown(turn.conversation_id)).toEqual({ rating: 'dislike' });
    expect((await rate(turn.message_id, { rating: null })).status).toBe(200);
    expect(await shown(turn.conversation_id)).toBeNull();
    const gone = failure(400, 'invalid_param', 'rating cannot be None when feedback not exists');
    expect(await rate(turn.message_id, { rating: null })).toEqual(gone);
    expect(await rate(turn.message_id, {})).toEqual(gone);
  });

  test('works for completions', async () => {
    const turn = await answered(sendCompletion(parley, { user: 'rater' }));
    expect((await rate(turn.message_id, { rating: 'like' }, 'completion')).status).toBe(200);
    const { body } = await get('/app/feedbacks', 'completion');
    expect(body.data).toMatchObject([{ message_id: turn.message_id, conversation_id: NIL }]);
  });

  test('refuses other ratings, and messages of others', async () => {
    const { message_id } = await answered(sendChat(parley, { user: 'rater' }));
    const literal = await rate(message_id, { rating: 'great' });
    expect(literal).toEqual(failure(400, 'invalid_param', expect.any(String)));
    expect(literal.body.message).toContain(
      "rating\n  Input should be 'like' or 'dislike' [type=literal_error, input_value='great', input_type=str]",
    );
    expect((await rate(message_id, { rating: 'like', content: 1 })).body.message).toContain('string_type');
    expect(await rate(message_id, { rating: 'like', user: '' })).toEqual(
      failure(400, 'invalid_param', 'Arg user must be provided.'),
    );
    const none = failure(404, 'not_found', 'Message Not Exists.');
    expect(await rate(UNKNOWN, { rating: 'like' })).toEqual(none);
    expect(await rate(message_id, { rating: 'like', user: 'u2' })).toEqual(none);
    expect(await rate(message_id, { rating: 'like' }, 'other')).toEqual(none);
  });

  test('of everybody is listed for the app, newest first', async () => {
    const ids: string[] = [];
    for (const user of ['f1', 'f2', 'f3']) {
      const { message_id } = await answered(sendChat(parley, { user }, 'plain'));
      await post(`/messages/${message_id}/feedbacks`, { user, rating: 'like', content: user }, 'plain');
      ids.unshift(message_id);
      await store
        .updateTable('feedbacks')
        .set({
          created_at: Date.UTC(2025, 3, 24, 9, 24, 30 + ids.length),
          updated_at: Date.UTC(2025, 3, 24, 9, 24, 38),
        })
        .where('message_id', '=', message_id)
        .execute();
    }
    const { status, body } = await get('/app/feedbacks', 'plain');
    expect(status).toBe(200);
    expect(body.data.map((item: { message_id: string }) => item.message_id)).toEqual(ids);
    expect(body).toEqual({ data: expect.any(Array) });
    expect(body.data[0]).toEqual({
      id: expect.any(String),
      app_id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      conversation_id: expect.any(String),
      message_id: ids[0],
      rating: 'like',
      content: 'f3',
      from_source: 'user',
      from_end_user_id: expect.any(String),
      from_account_id: null,
      created_at: '2025-04-24T09:24:33',
      updated_at: '2025-04-24T09:24:38',
    });
    const second = await get('/app/feedbacks?page=2&limit=2', 'plain');
    expect(second.body.data.map((item: { message_id: string }) => item.message_id)).toEqual([ids[2]]);
    expect((await get('/app/feedbacks?page=3&limit=2', 'plain')).body).toEqual({ data: [] });
    expect((await get('/app/feedbacks?limit=101', 'plain')).status).toBe(200);
    for (const query of ['page=0', 'limit=0', 'limit=102', 'page=x']) {
      expect(await get(`/app/feedbacks?${query}`, 'plain'), query).toEqual(
        failure(400, 'invalid_param', expect.stringContaining('for FeedbackListQuery')),
      );
    }
  });
});
