import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type MockProvider, startMockProvider } from '../support/mock-provider/start-mock-provider.ts';
import { chatApp } from '../support/parley/apps.ts';
import { startParley, type TestParley } from '../support/parley/start-parley.ts';
import { sendChat } from '../support/parley/turns.ts';
import { type Belongings, CANARY, makeBelongings, secretFlow } from './victim.ts';

let provider: MockProvider;
let parley: TestParley;
let things: Belongings;

beforeAll(async () => {
  provider = await startMockProvider();
  const config = {
    user_input_form: [{ paragraph: { label: 's', variable: 'secret', required: false, default: '' } }],
    file_upload: {
      image: { enabled: true, number_limits: 3, transfer_methods: ['local_file', 'remote_url'] },
    },
    text_to_speech: { enabled: true, voice: 'nova', language: '', autoPlay: 'disabled' },
  };
  parley = await startParley({
    apps: { chat: chatApp(config), other: chatApp(config), workflow: secretFlow() },
    provider: provider.baseUrl,
  });
  things = await makeBelongings(parley, provider);
});
afterAll(async () => {
  await things.finish();
  await parley.close();
  await provider.close();
});

const strangers = [
  ['another user', 'chat', 'mallory'],
  ['another app, same user name', 'other', 'alice'],
] as const;

describe.each(strangers)('%s', (_, app, user) => {
  test('cannot go on with a conversation', async () => {
    for (const response_mode of ['streaming', 'blocking']) {
      const response = await sendChat(
        parley,
        { user, conversation_id: things.conversation_id, response_mode },
        app,
      );
      expect(response.status).toBe(404);
      expect(await response.json()).toEqual({
        code: 'not_found',
        message: 'Conversation Not Exists.',
        status: 404,
      });
    }
  });

  test('cannot send a file on, under any of its names', async () => {
    for (const name of ['upload_file_id', 'id', 'reference', 'related_id']) {
      for (const id of [things.file_id, things.file_id.toUpperCase()]) {
        const files = [{ type: 'image', transfer_method: 'local_file', [name]: id }];
        const response = await sendChat(parley, { user, files }, app);
        expect(response.status).toBe(400);
        expect(await response.json()).toMatchObject({
          code: 'invalid_param',
          message: 'Invalid upload file',
        });
      }
    }
    const files = [
      { type: 'image', transfer_method: 'remote_url', url: 'http://x/', upload_file_id: things.file_id },
    ];
    expect((await sendChat(parley, { user, files }, app)).status).toBe(400);
  });

  test('cannot page by foreign ids in a query', async () => {
    for (const path of [
      `/messages?user=${user}&conversation_id=${things.conversation_id}`,
      `/conversations?user=${user}&last_id=${things.conversation_id}`,
      `/conversations/${things.conversation_id}/variables?user=${user}`,
    ]) {
      const response = await parley.request(app, 'GET', path);
      expect(response.status, path).toBe(404);
      expect(await response.text()).not.toContain(CANARY);
    }
  });

  test('cannot have a foreign message spoken', async () => {
    const before = provider.requests.length;
    const response = await parley.request(app, 'POST', '/text-to-audio', {
      user,
      message_id: things.message_id,
    });
    // As Dify says it of a message that it does not find (`facts/dify-wire.md` §10).
    expect(await response.text()).toBe('null');
    expect(JSON.stringify(provider.requests.slice(before).map(({ body }) => body))).not.toContain(CANARY);
  });
});

test('a user sent twice in a query is one user, the first', async () => {
  const path = `/messages?user=mallory&user=alice&conversation_id=${things.conversation_id}`;
  expect((await parley.request('chat', 'GET', path)).status).toBe(404);
});

test('fields that only the server sets are ignored', async () => {
  const response = await sendChat(parley, {
    user: 'mallory',
    app_id: 'other',
    end_user_id: things.end_user_id,
    message_id: things.message_id,
    task_id: things.task_id,
    parent_message_id: things.message_id,
    created_at: 1,
  });
  const body = (await response.json()) as Record<string, unknown>;
  expect(response.status).toBe(200);
  expect(body.message_id).not.toBe(things.message_id);
  expect(body.task_id).not.toBe(things.task_id);
  expect(body.created_at).toBeGreaterThan(1_000_000_000);
});
