import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { parse, stringify } from 'yaml';
import { chatApp, completionApp } from '../support/parley/apps.ts';
import { startCoze, type TestCoze, TOKEN } from '../support/parley/coze.ts';
import { botId, codeOf, dataOf, type Envelope } from './chats.ts';
import { lacking, type Required } from './required.ts';

const ONE_BOT = 'pat_test-token-of-one-bot';
const NO_SCOPE = 'pat_test-token-that-only-chats';
const UNKNOWN = '7379462189365198898';

/** `facts/coze-wire.md` §20, with what cozepy demands of parts that are there (§13). */
const required = {
  bot: { bot_id: 'string' },
  prompt: { prompt: 'string' },
  model: { model_id: 'string' },
  suggestions: { reply_mode: 'string' },
  variable: {
    keyword: 'string',
    default_value: 'string',
    variable_type: 'string',
    channel: 'string',
    description: 'string',
    enable: 'boolean',
    prompt_enable: 'boolean',
  },
  published: {
    bot_id: 'string',
    bot_name: 'string',
    description: 'string',
    icon_url: 'string',
    publish_time: 'string',
  },
  listed: {
    id: 'string',
    name: 'string',
    description: 'string',
    icon_url: 'string',
    is_published: 'boolean',
    updated_at: 'number',
    owner_user_id: 'string',
  },
  user: { user_id: 'string', user_name: 'string', nick_name: 'string', avatar_url: 'string' },
  workspace: {
    id: 'string',
    name: 'string',
    icon_url: 'string',
    role_type: 'string',
    workspace_type: 'string',
    enterprise_id: 'string',
  },
} satisfies Record<string, Required>;

/** The same app with another icon. */
function withIcon(dsl: string, icon_type: string, icon: string): string {
  const document = parse(dsl);
  return stringify({ ...document, app: { ...document.app, icon_type, icon } });
}

const rich = chatApp({
  model: {
    provider: 'openai',
    name: 'mock-model',
    mode: 'chat',
    completion_params: { temperature: 0.4, top_p: 0.8, max_tokens: 512, top_k: 2.5, response_format: 'x' },
  },
  pre_prompt: 'You are {{role}}.',
  opening_statement: 'Hello! What shall we do?',
  suggested_questions: ['Sing?', 'Dance?'],
  suggested_questions_after_answer: { enabled: true },
  user_input_form: [
    { 'text-input': { label: 'Role', variable: 'role', required: true, max_length: 20, default: 'a bard' } },
    { number: { label: 'Verses', variable: 'verses', required: false, default: 3 } },
  ],
});
const advanced = chatApp({
  prompt_type: 'advanced',
  chat_prompt_config: {
    prompt: [
      { role: 'system', text: 'Be brief.' },
      { role: 'user', text: '{{#query#}}' },
    ],
  },
});

let coze: TestCoze;

beforeAll(async () => {
  coze = await startCoze({
    apps: {
      chat: withIcon(rich, 'link', 'https://img.example/bard.png'),
      completion: completionApp(),
      plain: withIcon(advanced, 'link', 'javascript:alert(1)'),
    },
    config: {
      keys: [
        { key: ONE_BOT, bots: ['plain'] },
        { key: NO_SCOPE, scopes: ['chat'] },
      ],
    },
  });
});
afterAll(() => coze.close());

type Bot = Readonly<Record<string, unknown>> & { readonly [part: string]: unknown };
const get = (path: string, token = TOKEN) => coze.request('GET', path, undefined, { token });
const bot = (app: string) => dataOf<Bot>(get(`/v1/bots/${botId(app)}`));

describe('a bot', () => {
  test('is the app, with everything complete that is there', async () => {
    const bard = await bot('chat');
    expect(bard).toEqual({
      bot_id: botId('chat'),
      name: 'Test chat',
      description: 'For tests',
      icon_url: 'https://img.example/bard.png',
      create_time: expect.any(Number),
      update_time: expect.any(Number),
      version: expect.stringMatching(/^\d{5,15}$/),
      prompt_info: { prompt: 'You are {{role}}.' },
      onboarding_info: { prologue: 'Hello! What shall we do?', suggested_questions: ['Sing?', 'Dance?'] },
      bot_mode: 0,
      model_info: {
        model_id: expect.stringMatching(/^\d{15,19}$/),
        model_name: 'mock-model',
        temperature: 0.4,
        top_p: 0.8,
        max_tokens: 512,
      },
      plugin_info_list: [],
      workflow_info_list: [],
      knowledge: { dataset_ids: [], knowledge_infos: [] },
      shortcut_commands: [],
      suggest_reply_info: { reply_mode: 'enable' },
      background_image_info: {},
      variables: [
        {
          keyword: 'role',
          default_value: 'a bard',
          variable_type: 'KVVariable',
          channel: 'custom',
          description: 'Role',
          enable: true,
          prompt_enable: true,
        },
        expect.objectContaining({ keyword: 'verses', default_value: '3' }),
      ],
      voice_info_list: [],
      default_user_input_type: 'text',
      owner_user_id: expect.stringMatching(/^\d+$/),
      folder_id: '',
    });
    expect(String(bard.create_time)).toMatch(/^\d{10}$/);
  });

  test.each(['chat', 'completion', 'plain'])('%s is complete for cozepy', async (app) => {
    const got = await bot(app);
    expect(lacking(required.bot, got)).toEqual([]);
    expect(lacking(required.prompt, got.prompt_info)).toEqual([]);
    expect(lacking(required.model, got.model_info)).toEqual([]);
    expect(lacking(required.suggestions, got.suggest_reply_info)).toEqual([]);
    for (const variable of got.variables as object[])
      expect(lacking(required.variable, variable)).toEqual([]);
  });

  test('without settings: no model parameters, no suggestions, no picture that is none', async () => {
    const got = await bot('plain');
    expect(got).toMatchObject({
      icon_url: '',
      prompt_info: { prompt: 'Be brief.' },
      onboarding_info: { prologue: '', suggested_questions: [] },
      suggest_reply_info: { reply_mode: 'disable' },
      variables: [],
    });
    expect(Object.keys(got.model_info as object).sort()).toEqual(['model_id', 'model_name']);
    expect(await bot('completion')).toMatchObject({
      icon_url: '',
      prompt_info: { prompt: 'Translate: {{text}}' },
      variables: [{ keyword: 'text' }],
    });
  });

  test('is the same by both paths, by the app’s own id, and as the official client reads it', async () => {
    const expected = await bot('chat');
    expect(await coze.client.bots.retrieve({ bot_id: botId('chat') })).toEqual(expected);
    expect(await coze.client.bots.retrieveNew(botId('chat'))).toEqual(expected);
    expect(await coze.client.bots.retrieveNew(botId('chat'), { is_published: false })).toEqual(expected);
    expect(await dataOf(get('/v1/bots/chat'))).toEqual(expected);
  });

  test('that is unknown or not the token’s is 4200', async () => {
    for (const path of [`/v1/bots/${UNKNOWN}`, `/v1/bot/get_online_info?bot_id=${UNKNOWN}`, '/v1/bots/nope'])
      expect(await codeOf(get(path)), path).toBe(4200);
    const body = (await (await get(`/v1/bots/${botId('chat')}`, ONE_BOT)).json()) as Envelope;
    expect(body).toMatchObject({ code: 4200, msg: expect.stringContaining(`bot_id=${botId('chat')}`) });
    expect(await codeOf(get(`/v1/bots/${botId('plain')}`, ONE_BOT))).toBe(0);
    expect(await codeOf(get('/v1/bot/get_online_info'))).toBe(4000);
    await expect(coze.client.bots.retrieve({ bot_id: UNKNOWN })).rejects.toMatchObject({
      code: 4200,
      status: 404,
    });
  });

  test('has another version when its app has changed', async () => {
    const before = await bot('plain');
    await writeFile(join(coze.parley.appsDir, 'plain.yml'), chatApp({ pre_prompt: 'New' }));
    await vi.waitFor(
      async () => {
        const now = await bot('plain');
        expect(now).toMatchObject({ bot_id: before.bot_id, prompt_info: { prompt: 'New' } });
        expect(now.version).not.toBe(before.version);
      },
      { timeout: 5000 },
    );
  });
});

describe('lists of bots', () => {
  const apps = ['chat', 'completion', 'plain'];

  test('GET /v1/space/published_bots_list', async () => {
    const { total, space_bots: bots } = await coze.client.bots.list({ space_id: '1' });
    expect(total).toBe(3);
    expect(bots.map((bot) => bot.bot_id)).toEqual(apps.map(botId));
    for (const bot of bots) {
      expect(lacking(required.published, bot)).toEqual([]);
      expect(bot.publish_time).toMatch(/^\d{10}$/);
    }
  });

  test('GET /v1/bots', async () => {
    const { total, items } = await coze.client.bots.listNew({ workspace_id: '1' });
    expect(total).toBe(3);
    expect(items.map((bot) => bot.id)).toEqual(apps.map(botId));
    for (const bot of items) expect(lacking(required.listed, bot)).toEqual([]);
    expect(items[0]).toMatchObject({
      name: 'Test chat',
      is_published: true,
      published_at: expect.any(Number),
    });
  });

  test('of what the token opens', async () => {
    expect(await coze.clientOf(ONE_BOT).bots.list({ space_id: '1' })).toMatchObject({
      total: 1,
      space_bots: [{ bot_id: botId('plain') }],
    });
    expect((await coze.clientOf(ONE_BOT).bots.listNew({})).items.map((bot) => bot.id)).toEqual([
      botId('plain'),
    ]);
    expect((await coze.client.bots.listNew({ publish_status: 'unpublished_draft' })).items).toEqual([]);
  });

  test('page by page, with empty pages behind the end', async () => {
    const pages = [1, 2, 3].map(async (page_index) => {
      const page = await coze.client.bots.list({ space_id: '1', page_index, page_size: 2 });
      expect(page.total).toBe(3);
      return page.space_bots.map((bot) => bot.bot_id);
    });
    expect(await Promise.all(pages)).toEqual([[botId('chat'), botId('completion')], [botId('plain')], []]);
    const second = await coze.client.bots.listNew({ page_num: 2, page_size: 2 });
    expect(second.items.map((bot) => bot.id)).toEqual([botId('plain')]);
    expect(await codeOf(get('/v1/bots?page_num=-1'))).toBe(4000);
    expect(await codeOf(get('/v1/bots?page_size=x'))).toBe(4000);
    expect(await codeOf(get('/v1/bots?page_num=&page_size=0&publish_status=&workspace_id='))).toBe(0);
  });

  test('need their permissions', async () => {
    for (const path of [
      `/v1/bots/${botId('chat')}`,
      `/v1/bot/get_online_info?bot_id=${botId('chat')}`,
      '/v1/bots',
      '/v1/space/published_bots_list?space_id=1',
      '/v1/workspaces',
    ])
      expect(await codeOf(get(path, NO_SCOPE)), path).toBe(4101);
    expect(await codeOf(get('/v1/users/me', NO_SCOPE))).toBe(0);
  });
});

describe('workspaces and users', () => {
  test('there is one workspace', async () => {
    const { workspaces, total_count } = await coze.client.workspaces.list();
    expect([workspaces.length, total_count]).toEqual([1, 1]);
    expect(lacking(required.workspace, workspaces[0])).toEqual([]);
    expect(workspaces[0]).toMatchObject({ role_type: 'owner', workspace_type: 'personal' });
    expect(await coze.client.workspaces.list({ page_num: 2, page_size: 20 })).toEqual({
      total_count: 1,
      workspaces: [],
    });
  });

  test('users/me owns the bots', async () => {
    const me = await coze.client.users.me();
    expect(lacking(required.user, me)).toEqual([]);
    expect(me.user_id).toMatch(/^\d{15,19}$/);
    expect((await bot('chat')).owner_user_id).toBe(me.user_id);
  });
});
