import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse, stringify } from 'yaml';
import { chatApp, completionApp } from '../../support/parley/apps.ts';
import { startParley, type TestParley } from '../../support/parley/start-parley.ts';
import { answered, sendChat } from '../../support/parley/turns.ts';
import { failure, readAnswer } from './read-answer.ts';

let parley: TestParley;

beforeAll(async () => {
  const named = parse(
    chatApp({ opening_statement: 'Hi!', suggested_questions: ['a?'], speech_to_text: { enabled: true } }),
  );
  const pictured = parse(chatApp());
  Object.assign(named.app, { name: 'Assistant ✨', use_icon_as_answer_icon: true, icon: '😀' });
  Object.assign(pictured.app, {
    icon_type: 'link',
    icon: 'https://img.example/icon.png',
    icon_background: null,
  });
  parley = await startParley({
    apps: {
      chat: stringify(named),
      other: chatApp(),
      pictured: stringify(pictured),
      completion: completionApp({
        user_input_form: [
          { select: { label: 'L', variable: 'l', required: false, options: ['a', 'b'], default: '' } },
        ],
      }),
    },
  });
});
afterAll(() => parley.close());

const get = (path: string, app = 'chat') => readAnswer(parley.request(app, 'GET', path));

describe('what the app is', () => {
  test('GET /info', async () => {
    const { status, body } = await get('/info?user=ignored');
    expect(status).toBe(200);
    expect(body).toEqual({
      name: 'Assistant ✨',
      description: 'For tests',
      tags: [],
      mode: 'chat',
      author_name: '',
    });
    expect((await get('/info', 'completion')).body.mode).toBe('completion');
  });

  test('GET /parameters', async () => {
    const { status, body } = await get('/parameters?user=ignored');
    expect(status).toBe(200);
    expect(body).toMatchObject({
      opening_statement: 'Hi!',
      suggested_questions: ['a?'],
      suggested_questions_after_answer: { enabled: false },
      speech_to_text: { enabled: true },
      text_to_speech: { enabled: false, voice: '', language: '', autoPlay: 'disabled' },
      retriever_resource: { enabled: true },
      annotation_reply: { enabled: false },
      more_like_this: { enabled: false },
      user_input_form: [],
      sensitive_word_avoidance: { enabled: false, type: '', configs: [] },
      file_upload: {
        image: {
          enabled: false,
          number_limits: 3,
          detail: 'high',
          transfer_methods: ['remote_url', 'local_file'],
        },
      },
      system_parameters: {
        image_file_size_limit: 10,
        video_file_size_limit: 100,
        audio_file_size_limit: 50,
        file_size_limit: 15,
        workflow_file_upload_limit: 10,
      },
    });
    expect((await get('/parameters', 'completion')).body.user_input_form).toEqual([
      { select: { label: 'L', variable: 'l', required: false, options: ['a', 'b'], default: '' } },
    ]);
  });

  test('GET /meta', async () => {
    expect(await get('/meta')).toEqual({ status: 200, body: { tool_icons: {} } });
  });

  test('GET /site', async () => {
    const { status, body } = await get('/site');
    expect(status).toBe(200);
    expect(body).toEqual({
      title: 'Assistant ✨',
      chat_color_theme: '',
      chat_color_theme_inverted: false,
      icon_type: 'emoji',
      icon: '😀',
      icon_background: '#FFEAD5',
      description: 'For tests',
      copyright: '',
      privacy_policy: '',
      input_placeholder: '',
      custom_disclaimer: '',
      default_language: 'en-US',
      show_workflow_steps: true,
      use_icon_as_answer_icon: true,
      icon_url: null,
    });
    expect((await get('/site', 'pictured')).body).toMatchObject({
      icon_type: 'link',
      icon_url: 'https://img.example/icon.png',
    });
  });
});

describe('GET /end-users/:id', () => {
  const none = failure(404, 'end_user_not_found', 'End user not found.');
  const upload = async (user: string) => {
    const form = new FormData();
    form.append('file', new Blob(['x'], { type: 'text/plain' }), 'a.txt');
    form.append('user', user);
    const headers = { authorization: `Bearer ${parley.key('chat')}` };
    return readAnswer(fetch(`${parley.url}/v1/files/upload`, { method: 'POST', headers, body: form }));
  };

  test('is the `user` of requests, under an id of its own', async () => {
    const id = (await upload('Ünï-1')).body.created_by;
    const iso = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d$/);
    const { status, body } = await get(`/end-users/${id}`);
    expect(status).toBe(200);
    expect(body).toEqual({
      id,
      tenant_id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      app_id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      type: 'service-api',
      external_user_id: 'Ünï-1',
      name: null,
      is_anonymous: false,
      session_id: 'Ünï-1',
      created_at: iso,
      updated_at: iso,
    });
    expect((await upload('Ünï-1')).body.created_by).toBe(id);
    expect(await get(`/end-users/${id}`, 'other')).toEqual(none);
  });

  test('is unknown by any other id', async () => {
    expect(await get('/end-users/11111111-1111-4111-8111-111111111111')).toEqual(none);
    expect((await get('/end-users/u1')).status).toBe(404);
  });
});

describe('acceptance vectors of facts/dify-wire.md §17', () => {
  const chat = (body: object, app = 'chat') =>
    readAnswer(parley.request(app, 'POST', '/chat-messages', body));

  test('5 to 11: user, then mode, then body', async () => {
    expect(await chat({})).toEqual(failure(400, 'invalid_param', 'Arg user must be provided.'));
    expect((await chat({ user: 'u' }, 'completion')).body.code).toBe('not_chat_app');
    expect((await chat({ user: 'u' })).body.message).toMatch(/^2 validation errors for ChatRequestPayload\n/);
    const text = await fetch(`${parley.url}/v1/chat-messages`, {
      method: 'POST',
      headers: { authorization: `Bearer ${parley.key('chat')}`, 'content-type': 'text/plain' },
      body: '{}',
    });
    expect((await readAnswer(text)).body).toMatchObject({ code: 'unsupported_media_type', status: 415 });
    expect(await chat({ user: 'u', inputs: {}, query: '', response_mode: 'blocking' })).toEqual(
      failure(400, 'invalid_param', 'query is required'),
    );
    const { conversation_id } = await answered(sendChat(parley, { user: 'u' }));
    expect(await chat({ user: 'v', inputs: {}, query: 'Hi', conversation_id })).toEqual(
      failure(404, 'not_found', 'Conversation Not Exists.'),
    );
  });

  test('16, 17: stopping what is not there', async () => {
    const stop = (path: string) => readAnswer(parley.request('chat', 'POST', path, { user: 'u' }));
    expect(await stop('/chat-messages/nothing/stop')).toEqual({ status: 200, body: { result: 'success' } });
    expect((await stop('/completion-messages/nothing/stop')).body.code).toBe('app_unavailable');
  });

  test('35: preflight without a key', async () => {
    const response = await fetch(`${parley.url}/v1/files/upload`, {
      method: 'OPTIONS',
      headers: { origin: 'https://app.example', 'access-control-request-method': 'POST' },
    });
    expect([response.status, response.headers.get('access-control-allow-origin')]).toEqual([200, '*']);
  });

  test('36: an unknown route', async () => {
    const { status, body } = await get('/nope');
    expect([status, body.code]).toEqual([404, 'not_found']);
  });
});
