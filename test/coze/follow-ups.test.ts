import { afterAll, beforeAll, expect, test } from 'vitest';
import type { MockReply } from '../support/mock-provider/mock-reply.ts';
import { type MockProvider, startMockProvider } from '../support/mock-provider/start-mock-provider.ts';
import { chatApp } from '../support/parley/apps.ts';
import { startCoze, type TestCoze } from '../support/parley/coze.ts';
import { answered, sendChat as sendDifyChat } from '../support/parley/turns.ts';
import { cancel, chatOf, dataOf, messagesOf, namesOf, retrieve, streamChat, wholeChat } from './chats.ts';

let provider: MockProvider;
let coze: TestCoze;

beforeAll(async () => {
  provider = await startMockProvider();
  coze = await startCoze({
    apps: {
      chat: chatApp({ suggested_questions_after_answer: { enabled: true } }),
      plain: chatApp({ suggested_questions_after_answer: { enabled: false } }),
    },
    provider: provider.baseUrl,
  });
});
afterAll(async () => {
  await coze.close();
  await provider.close();
});

const asksForQuestions = ({ body }: { readonly body: unknown }) =>
  JSON.stringify(body).includes('questions that the human would most likely ask');
const suggestions = () => provider.requests.filter(asksForQuestions).length;

/** Answers `Yes.`, and `suggesting` where questions are asked for. */
function suggest(suggesting: MockReply): void {
  provider.reply((request) => (asksForQuestions(request) ? suggesting : { tokens: ['Yes.'] }));
}

test('they come after verbose and before the end of the chat, and are listed', async () => {
  suggest({ tokens: ['["What else?", "Why \\u2028?", "Who?", "A fourth?"]'] });
  const events = await (await streamChat(coze, 'Is it?')).rest();
  expect(namesOf(events)).toEqual([
    ...['chat.created', 'chat.in_progress', 'message.delta'],
    ...Array.from({ length: 5 }, () => 'message.completed'),
    ...['chat.completed', 'done'],
  ]);
  const messages = events.slice(3, 8).map(({ data }) => data);
  const chat = chatOf(events);
  const said = { role: 'assistant', content_type: 'text', chat_id: chat.id, meta_data: {} };
  expect(messages).toMatchObject([
    { ...said, type: 'answer', content: 'Yes.' },
    { ...said, type: 'verbose' },
    { ...said, type: 'follow_up', content: 'What else?' },
    { ...said, type: 'follow_up', content: 'Why \u2028?' },
    { ...said, type: 'follow_up', content: 'Who?' },
  ]);
  const untimed = (list: readonly object[]) =>
    list.map((message) => ({ ...message, created_at: 0, updated_at: 0 }));
  expect(untimed(await messagesOf(coze, chat))).toEqual(untimed(messages));
  expect(new Set(messages.map(({ id }) => id)).size).toBe(5);
});

test('answer and verbose do not wait for them; the chat is in progress until they are there', async () => {
  suggest({ tokens: ['["What else?"]'], hold: 0 });
  const reader = await streamChat(coze, 'Is it?');
  const chat = await reader.until('conversation.chat.created');
  expect(await reader.until('conversation.message.completed')).toMatchObject({
    type: 'answer',
    content: 'Yes.',
  });
  expect(await reader.until('conversation.message.completed')).toMatchObject({ type: 'verbose' });
  const asked = await provider.nextRequest((request) => !request.isOver && asksForQuestions(request));
  expect((await retrieve(coze, chat)).status).toBe('in_progress');
  asked.release();
  expect(namesOf(await reader.rest())).toEqual(['message.completed', 'chat.completed', 'done']);
});

test('a chat that is not streamed has them too', async () => {
  suggest({ tokens: ['["What else?"]'] });
  const chat = await wholeChat(coze, 'Is it?');
  expect(chat.status).toBe('completed');
  expect(await messagesOf(coze, chat)).toMatchObject([
    { type: 'answer' },
    { type: 'verbose' },
    { type: 'follow_up', content: 'What else?' },
  ]);
});

const failures: readonly (readonly [string, MockReply])[] = [
  ['fails', { status: 400, error: { message: 'no' } }],
  ['hangs up', { tokens: ['["What'], cutAfter: 1 }],
  ['writes none', { tokens: ['I cannot think of any.'] }],
];

test.each(failures)('a model that %s: none, and the chat is completed', async (_, reply) => {
  suggest(reply);
  const events = await (await streamChat(coze, 'Is it?')).rest();
  expect(namesOf(events)).toEqual([
    ...['chat.created', 'chat.in_progress', 'message.delta', 'message.completed', 'message.completed'],
    ...['chat.completed', 'done'],
  ]);
  expect(events.at(-2)?.data).toMatchObject({ status: 'completed', last_error: { code: 0, msg: '' } });
  expect(await messagesOf(coze, chatOf(events))).toHaveLength(2);
});

test('they are asked for once, with the conversation before them, and are no context themselves', async () => {
  suggest({ tokens: ['["A suggested question?"]'] });
  const before = suggestions();
  const { conversation_id } = await wholeChat(coze, 'First words');
  await wholeChat(coze, 'Second words', { conversation_id });
  expect(suggestions()).toBe(before + 2);
  const [last] = provider.requests.filter(asksForQuestions).slice(-1);
  const prompt = String(last?.body?.messages?.[0]?.content);
  expect(prompt).toMatch(/^Human: First words\nAssistant: Yes\.\nHuman: Second words\nAssistant: Yes\.\n/);
  expect(prompt).not.toContain('A suggested question?');
  const turn = provider.requests.findLast((request) => !asksForQuestions(request));
  expect(turn?.body?.messages).toEqual([
    { role: 'user', content: 'First words' },
    { role: 'assistant', content: 'Yes.' },
    { role: 'user', content: 'Second words' },
  ]);
});

test('nobody asks for them where the app has none, where nothing was answered, and on the Dify surface', async () => {
  suggest({ tokens: ['["What else?"]'] });
  const before = suggestions();
  expect(await messagesOf(coze, await wholeChat(coze, 'Is it?', { app: 'plain' }))).toHaveLength(2);
  await answered(sendDifyChat(coze.parley));
  provider.reply({ tokens: [] });
  await wholeChat(coze, 'Is it?');
  provider.reply({ tokens: ['Half'], cutAfter: 1 });
  expect((await wholeChat(coze, 'Is it?')).status).toBe('failed');
  expect(suggestions()).toBe(before);
});

test('a chat that is canceled while they are made is canceled, with its answer and what comes', async () => {
  suggest({ tokens: ['["What else?"]'], hold: 0 });
  const reader = await streamChat(coze, 'Is it?');
  const chat = await reader.until('conversation.chat.created');
  const asked = await provider.nextRequest((request) => !request.isOver && asksForQuestions(request));
  expect((await dataOf(cancel(coze, chat))).status).toBe('canceled');
  asked.release();
  const rest = await reader.rest();
  expect(rest.at(-2)).toMatchObject({ event: 'conversation.chat.completed', data: { status: 'canceled' } });
  expect(rest.at(-3)?.data).toMatchObject({ type: 'follow_up', content: 'What else?' });
});
