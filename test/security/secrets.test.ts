import { afterAll, beforeAll, expect, test } from 'vitest';
import { type MockProvider, startMockProvider } from '../support/mock-provider/start-mock-provider.ts';
import { chatApp } from '../support/parley/apps.ts';
import { startParley, type TestParley } from '../support/parley/start-parley.ts';
import { sendChat } from '../support/parley/turns.ts';

/** Of no form that a pattern could know: it is redacted because it is configured. */
const PROVIDER_KEY = 'canary7provider8key9of4f1b9c';
const APP_KEY = 'app-canaryappkey00000000000000';
const PROMPT = 'canary-of-the-system-prompt';
const QUERY = 'canary-of-the-query';
const ANSWER = 'canary-of-the-answer';

let provider: MockProvider;
let parley: TestParley;
/** Everything that clients were told, bodies and headers. */
const told: string[] = [];

beforeAll(async () => {
  provider = await startMockProvider();
  parley = await startParley({
    apps: { chat: chatApp({ pre_prompt: PROMPT, suggested_questions_after_answer: { enabled: true } }) },
    config: {
      providers: { openai: { api_key: PROVIDER_KEY, base_url: provider.baseUrl } },
      keys: [{ key: APP_KEY, app: 'chat' }],
    },
  });
});
afterAll(async () => {
  await parley.close();
  await provider.close();
});

async function tell(path: string, init: RequestInit = {}): Promise<void> {
  const response = await fetch(`${parley.url}${path}`, {
    ...init,
    headers: { authorization: `Bearer ${APP_KEY}`, 'content-type': 'application/json', ...init.headers },
  });
  told.push(JSON.stringify([...response.headers]), await response.text());
}

test('keys appear in no answer, error or log line; texts in no log line', async () => {
  const failures = [
    { tokens: [ANSWER] },
    {
      status: 401,
      error: { message: `Incorrect API key provided: ${PROVIDER_KEY}`, code: 'invalid_api_key' },
    },
    { status: 400, error: { message: `bad request with ${PROVIDER_KEY} in it` } },
    { status: 500, error: `Bearer ${PROVIDER_KEY}`, headers: { 'retry-after': '0' } },
    { tokens: [], error: { message: `stream broke for ${PROVIDER_KEY}` } },
    { tokens: [], malformed: `data: {"error": {"message": "${PROVIDER_KEY}"}}\n\n` },
    { cutAfter: 0 },
  ];
  for (const reply of failures) {
    provider.reply(reply);
    for (const response_mode of ['streaming', 'blocking']) {
      const body = { inputs: {}, query: QUERY, user: 'u1', response_mode, auto_generate_name: false };
      await tell('/v1/chat-messages', { method: 'POST', body: JSON.stringify(body) });
    }
  }
  expect(provider.requests.every(({ headers }) => headers.authorization === `Bearer ${PROVIDER_KEY}`)).toBe(
    true,
  );
  provider.reply();
  for (const path of [
    '/v1/parameters',
    '/v1/info',
    '/v1/meta',
    '/v1/site',
    '/metrics',
    '/',
    '/docs',
    '/openapi.json',
    '/health',
  ]) {
    await tell(path);
  }
  await tell('/v1/messages?user=u1&conversation_id=');
  await tell('/v1/conversations?user=u1');
  await tell('/v1/chat-messages', { method: 'POST', body: '{' });
  await tell('/v1/nope?key=x');
  await tell(`/v1/info?api_key=${APP_KEY}`, { headers: { authorization: 'Bearer wrong' } });

  const heard = told.join('\n');
  expect(heard).toContain('Incorrect API key provided');
  expect(heard).not.toContain(PROVIDER_KEY);
  expect(heard).not.toContain(APP_KEY);
  expect(heard).not.toContain(PROMPT);

  const lines = parley.log.map((line) => JSON.stringify(line)).join('\n');
  expect(lines).toContain('"route":"/v1/chat-messages"');
  for (const secret of [PROVIDER_KEY, APP_KEY, PROMPT, QUERY, ANSWER]) expect(lines).not.toContain(secret);
});

test('an app that fails unexpectedly tells nothing of how', async () => {
  provider.reply({
    raw: ['data: {"choices":[{"index":0,"delta":{"content":{"not":"text"}}}]}\n\n', 'data: [DONE]\n\n'],
  });
  const text = await (await sendChat(parley, { response_mode: 'streaming' })).text();
  expect(text).not.toMatch(/\bat .*\.ts:\d+|node_modules|TypeError/);
});
