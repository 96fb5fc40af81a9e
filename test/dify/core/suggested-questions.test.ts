import { afterAll, beforeAll, expect, test } from 'vitest';
import { type MockProvider, startMockProvider } from '../../support/mock-provider/start-mock-provider.ts';
import { chatApp } from '../../support/parley/apps.ts';
import { startParley, type TestParley } from '../../support/parley/start-parley.ts';
import { answered, sendChat } from '../../support/parley/turns.ts';

let provider: MockProvider;
let parley: TestParley;

beforeAll(async () => {
  provider = await startMockProvider();
  parley = await startParley({
    apps: { chat: chatApp({ suggested_questions_after_answer: { enabled: true } }) },
    provider: provider.baseUrl,
  });
});
afterAll(async () => {
  await parley.close();
  await provider.close();
});

test.each([
  ['["a?", "b?"]', ['a?', 'b?']],
  ['Sure: ["What is [x]?", "b"]', ['What is [x]?', 'b']],
  ['Sure: ["What is ]?", "[b"]', ['What is ]?', '[b']],
  ['Three [1]: ["a?", "b \\"c\\" [d]?"] [2]', ['a?', 'b "c" [d]?']],
  ['As asked [by you]: ["a?"]', ['a?']],
  ['```json\n[\n  "a?",\n  "b?"\n]\n```\nDo they fit?', ['a?', 'b?']],
  ['["a?", "b?"] I hope these [three] help.', ['a?', 'b?']],
  ['["a?", 1, null, " ", "b?", "c?", "d?"]', ['a?', 'b?', 'c?']],
  ['["a?", "b', []],
  ['[]', []],
  ['{"questions": "none"}', []],
])('%s', async (written, questions) => {
  provider.reply({ tokens: ['ok'] });
  const { message_id } = await answered(sendChat(parley));
  provider.reply({ tokens: [written] });
  const response = await parley.request('chat', 'GET', `/messages/${message_id}/suggested?user=u1`);
  expect(response.status).toBe(200);
  expect(await response.json()).toEqual({ result: 'success', data: questions });
});
