import { afterAll, beforeAll, expect, test } from 'vitest';
import { type MockProvider, startMockProvider } from '../support/mock-provider/start-mock-provider.ts';
import { chatApp } from '../support/parley/apps.ts';
import { startCoze, type TestCoze } from '../support/parley/coze.ts';
import { chatOf, deltasOf, messagesOf, namesOf, streamChat } from './chats.ts';

let provider: MockProvider;
let coze: TestCoze;

beforeAll(async () => {
  provider = await startMockProvider();
  const on = (preset_response: string) => ({ enabled: true, preset_response });
  const off = { enabled: false, preset_response: '' };
  const keywords = (config: object) =>
    chatApp({
      sensitive_word_avoidance: { enabled: true, type: 'keywords', config: { keywords: 'bomb', ...config } },
    });
  coze = await startCoze({
    apps: {
      input: keywords({ inputs_config: on('Not with me.'), outputs_config: off }),
      output: keywords({ inputs_config: off, outputs_config: on('Let us change the subject.') }),
    },
    provider: provider.baseUrl,
  });
});
afterAll(async () => {
  await coze.close();
  await provider.close();
});

test('a question that is refused is answered so, and the model is not asked', async () => {
  provider.reply({ tokens: ['never'] });
  const asked = provider.requests.length;
  const events = await (await streamChat(coze, 'a bomb?', { app: 'input' })).rest();
  expect(deltasOf(events).content).toBe('Not with me.');
  expect(namesOf(events).at(-2)).toBe('chat.completed');
  expect(await messagesOf(coze, chatOf(events))).toMatchObject([{ content: 'Not with me.' }, {}]);
  expect(provider.requests).toHaveLength(asked);
});

test('an answer that is taken back: the completed message has what stands in its place', async () => {
  provider.reply({ tokens: ['Take a <', 'bomb', ' and', ' <think'] });
  const events = await (await streamChat(coze, 'Hi', { app: 'output' })).rest();
  const completed = events.filter(({ event }) => event === 'conversation.message.completed');
  expect(completed.map(({ data }) => data.content)).toEqual([
    'Let us change the subject.',
    expect.stringContaining('generate_answer_finish'),
  ]);
  // Nothing of it is said piece by piece after what it replaces.
  expect(deltasOf(events).content).toMatch(/^Take a /);
  expect(deltasOf(events).content).not.toContain('subject');
  expect(events.at(-2)?.data.status).toBe('completed');
  expect(await messagesOf(coze, chatOf(events))).toMatchObject([
    { type: 'answer', content: 'Let us change the subject.' },
    { type: 'verbose' },
  ]);
});
