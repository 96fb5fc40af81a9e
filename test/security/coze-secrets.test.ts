import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { hashKey } from '../../src/apps/hash-key.ts';
import { createAccessToken } from '../../src/apps/token-ring.ts';
import type { Store } from '../../src/store/open-store.ts';
import { namedId } from '../../src/surfaces/coze/ids.ts';
import { sendChat } from '../coze/chats.ts';
import { type MockProvider, startMockProvider } from '../support/mock-provider/start-mock-provider.ts';
import { chatApp } from '../support/parley/apps.ts';
import { startCoze, type TestCoze } from '../support/parley/coze.ts';
import { openTestStore } from '../support/parley/open-test-store.ts';
import { ask, calls, requestFor } from './coze-ask.ts';
import { everything, settledRows } from './coze-rows.ts';
import { as, type CozeThings, makeThings, unlike } from './coze-victim.ts';

/** Of no form that a pattern could know: it is redacted because it is configured. */
const PROVIDER_KEY = 'canary7provider8key9of4f1b9c';
const APP_KEY = 'app-canaryappkey00000000000000';
const TOKEN = 'pat_canarytoken0000000000000000';
const PROMPT = 'canary-of-the-prompt-of-the-other-bot';
/** In all that clients say. */
const WORDS = 'canary-of-what-clients-say';
const ANSWER = 'canary-of-the-answer';

let provider: MockProvider;
let coze: TestCoze;
let store: Store;
/** A token of the store, as `parley key create --coze` makes them. */
let stored: string;
/** Everything that clients were told, bodies and headers. */
const told: string[] = [];

beforeAll(async () => {
  provider = await startMockProvider();
  const config = {
    user_input_form: [{ paragraph: { label: 's', variable: 'secret', required: false, default: '' } }],
    file_upload: { image: { enabled: true, number_limits: 3, transfer_methods: ['local_file'] } },
    suggested_questions_after_answer: { enabled: true },
  };
  coze = await startCoze({
    apps: { chat: chatApp(config), other: chatApp({ pre_prompt: PROMPT, opening_statement: PROMPT }) },
    config: {
      providers: { openai: { api_key: PROVIDER_KEY, base_url: provider.baseUrl } },
      keys: [
        { key: TOKEN, bots: ['chat'] },
        { key: APP_KEY, app: 'other' },
      ],
    },
  });
  store = await openTestStore(coze.parley);
  stored = await createAccessToken(store, { apps: ['chat'], scopes: 'all' });
});
afterAll(async () => {
  await store.destroy();
  await coze.close();
  await provider.close();
});

/** The house as this token sees it; what it is told is remembered. */
function hearing(token: string): TestCoze {
  const plain = as(coze, token);
  return {
    ...plain,
    async request(method, path, body) {
      const response = await plain.request(method, path, body);
      told.push(JSON.stringify([...response.headers]), await response.clone().text());
      return response;
    },
  };
}

const failures = [
  { status: 401, error: { message: `Incorrect API key provided: ${PROVIDER_KEY}`, code: 'invalid_api_key' } },
  { status: 400, error: { message: `bad request with ${PROVIDER_KEY} in it` } },
  { status: 500, error: `Bearer ${PROVIDER_KEY}`, headers: { 'retry-after': '0' } },
  { tokens: [], error: { message: `stream broke for ${PROVIDER_KEY}` } },
  { tokens: [], malformed: `data: {"error": {"message": "${PROVIDER_KEY}"}}\n\n` },
  { cutAfter: 0 },
  { raw: ['data: {"choices":[{"index":0,"delta":{"content":{"not":"text"}}}]}\n\n', 'data: [DONE]\n\n'] },
];

/** Asks every route, as one who may and about what there is not, and lets chats fail in every way. */
async function walk(token: string): Promise<void> {
  const mine = hearing(token);
  provider.reply({ tokens: [ANSWER], reasoning: [ANSWER] });
  const other = { bot_id: namedId('bot', 'other') };
  for (const [, route, method] of calls) {
    const things: CozeThings = await makeThings(coze, 'chat', token, WORDS);
    for (const named of [{ ...things, ...other }, unlike(things), things])
      told.push((await ask(coze, requestFor(route, method, named), `Bearer ${token}`)).text);
  }
  const fields = { user_id: WORDS, meta_data: { [WORDS]: WORDS }, custom_variables: { secret: WORDS } };
  for (const reply of failures) {
    provider.reply(reply);
    for (const stream of [true, false]) {
      const response = await sendChat(mine, WORDS, { ...fields, stream });
      if (stream) continue;
      const { data } = (await response.json()) as { data: { id: string; conversation_id: string } };
      await settledRows(store);
      for (const path of ['retrieve', 'message/list'])
        await mine.request(
          'GET',
          `/v3/chat/${path}?conversation_id=${data.conversation_id}&chat_id=${data.id}`,
        );
    }
  }
  provider.reply();
  await mine.request('GET', `/v1/users/me?token=${token}&q=${WORDS}`);
  await mine.request('GET', `/${WORDS}?access_token=${token}`);
  await mine.request('PUT', '/v3/chat', { content: WORDS });
  for (const wrong of [`Bearer ${token}x`, `Basic ${token}`, token]) {
    const response = await fetch(`${coze.url}/v1/users/me`, { headers: { authorization: wrong } });
    told.push(JSON.stringify([...response.headers]), await response.text());
  }
}

/** Every file of the data folder, as text. */
async function kept(): Promise<string> {
  const entries = await readdir(coze.parley.dataDir, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  return (
    await Promise.all(files.map(({ parentPath, name }) => readFile(join(parentPath, name), 'latin1')))
  ).join();
}

test('after all of it, no secret is where it does not belong', async () => {
  await walk(TOKEN);
  await walk(stored);
  expect(provider.requests.every(({ headers }) => headers.authorization === `Bearer ${PROVIDER_KEY}`)).toBe(
    true,
  );

  const heard = told.join('\n');
  expect(heard).toContain('Incorrect API key provided');
  expect(heard).toContain(ANSWER);
  for (const secret of [PROVIDER_KEY, APP_KEY, TOKEN, stored, PROMPT]) expect(heard).not.toContain(secret);
  expect(heard).not.toMatch(/\bat .*\.ts:\d+|node_modules|TypeError|SQLITE|violates|select "/);

  const lines = coze.parley.log.map((line) => JSON.stringify(line)).join('\n');
  expect(lines).toContain('"route":"/coze/v1/conversation/message/modify"');
  expect(lines).toContain('run failed');
  for (const secret of [PROVIDER_KEY, APP_KEY, TOKEN, stored, PROMPT, WORDS, ANSWER])
    expect(lines).not.toContain(secret);

  const rows = await everything(store);
  expect(rows).toContain(WORDS);
  expect(rows).toContain(hashKey(stored));
  const files = await kept();
  expect(files.length).toBeGreaterThan(0);
  for (const secret of [PROVIDER_KEY, APP_KEY, TOKEN, stored, stored.slice(0, 12)]) {
    expect(rows).not.toContain(secret);
    expect(files).not.toContain(secret);
  }

  const asked = provider.requests.map(({ headers, rawBody }) => JSON.stringify(headers) + rawBody).join('\n');
  for (const secret of [APP_KEY, TOKEN, stored, PROMPT]) expect(asked).not.toContain(secret);
});
