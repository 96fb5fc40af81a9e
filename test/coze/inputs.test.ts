import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type MockProvider, startMockProvider } from '../support/mock-provider/start-mock-provider.ts';
import { chatApp, completionApp } from '../support/parley/apps.ts';
import { startCoze, type TestCoze } from '../support/parley/coze.ts';
import { answered, sendCompletion, sendChat as sendDifyChat } from '../support/parley/turns.ts';
import { messagesOf, sendChat, wholeChat } from './chats.ts';

const form = [
  { 'text-input': { label: 'Name', variable: 'name', required: false, default: 'nobody' } },
  { number: { label: 'Age', variable: 'age', required: false } },
  { select: { label: 'Kind', variable: 'kind', required: false, options: ['cat', 'dog'] } },
  { checkbox: { label: 'Loud', variable: 'loud', required: false } },
];
const prompt = 'I am {{name}}, {{age}}, a {{kind}}; loud: {{loud}}. {{city}}';

let provider: MockProvider;
let coze: TestCoze;

beforeAll(async () => {
  provider = await startMockProvider();
  coze = await startCoze({
    apps: {
      chat: chatApp(),
      form: chatApp({ pre_prompt: prompt, user_input_form: form }),
      advanced: chatApp({
        prompt_type: 'advanced',
        user_input_form: form,
        chat_prompt_config: {
          prompt: [
            { role: 'system', text: prompt },
            { role: 'user', text: 'Once {{name}} said' },
            { role: 'assistant', text: 'Indeed' },
          ],
        },
      }),
      strict: chatApp({
        pre_prompt: 'For {{name}}',
        user_input_form: [
          { 'text-input': { label: 'Name', variable: 'name', required: true, max_length: 5 } },
        ],
      }),
      completion: completionApp(),
      'completion-query': completionApp({ pre_prompt: 'Say: {{query}} {{name}}', user_input_form: form }),
    },
    provider: provider.baseUrl,
  });
});
afterAll(async () => {
  await coze.close();
  await provider.close();
});

/** What the model was asked last, and how. */
const asked = () => provider.requests.at(-1)?.body;

describe.each(['chat', 'form', 'advanced'])('app %s', (app) => {
  test.each([
    ['no inputs', {}, {}],
    ['text', { name: 'Ann "A"', kind: 'cat', city: 'dropped' }, { name: 'Ann "A"', kind: 'cat' }],
    ['numbers and flags, which are text on this wire', { age: '7', loud: 'true' }, { age: 7, loud: true }],
  ])('%s: prompt and answer are those of the Dify surface, also in a second turn', async (_, coze_, dify) => {
    provider.reply({ tokens: ['Answer', ' one'] });
    const first = await wholeChat(coze, 'Question one', { app, custom_variables: coze_ });
    const one = asked();
    provider.reply({ tokens: ['Answer', ' two'] });
    const { conversation_id } = first;
    const second = await wholeChat(coze, 'Question two', { app, custom_variables: coze_, conversation_id });
    const two = asked();
    expect(JSON.stringify(two?.messages)).toContain('Answer one');

    provider.reply({ tokens: ['Answer', ' one'] });
    const turn = await answered(sendDifyChat(coze.parley, { query: 'Question one', inputs: dify }, app));
    expect(one).toEqual(asked());
    provider.reply({ tokens: ['Answer', ' two'] });
    const next = await answered(
      sendDifyChat(
        coze.parley,
        { query: 'Question two', inputs: dify, conversation_id: turn.conversation_id },
        app,
      ),
    );
    expect(two).toEqual(asked());
    expect((await messagesOf(coze, first))[0]?.content).toBe(turn.answer);
    expect((await messagesOf(coze, second))[0]?.content).toBe(next.answer);
  });
});

const system = () => asked()?.messages?.[0]?.content;

test('parameters fill the form too, with values of any type; custom_variables go over them', async () => {
  await wholeChat(coze, 'Hi', {
    app: 'form',
    parameters: { name: 'Bob', age: 3, loud: true, kind: 'dog' },
    custom_variables: { name: 'Ann', kind: 'cat' },
  });
  expect(system()).toBe('I am Ann, 3, a cat; loud: True. {{city}}');
});

test('what the form does not take is 4000, before there is a chat', async () => {
  const before = provider.requests.length;
  for (const [app, custom_variables] of [
    ['strict', {}],
    ['strict', { name: null }],
    ['strict', { name: 'too long' }],
    ['form', { kind: 'bird' }],
    ['form', { age: 'old' }],
  ] as const) {
    const response = await sendChat(coze, 'Hi', { app, custom_variables });
    const body = (await response.json()) as { code: number; msg: string };
    expect(body.code, body.msg).toBe(4000);
    expect(body.msg).toMatch(/^Request parameter error: .*(name|kind|age)/);
  }
  expect(provider.requests).toHaveLength(before);
});

describe('a completion app as a bot', () => {
  test('what the user says is its first required text: prompt and answer as over the Dify surface', async () => {
    provider.reply({ tokens: ['Hola'] });
    const chat = await wholeChat(coze, 'Hello', { app: 'completion' });
    const over = asked();
    const turn = await answered(sendCompletion(coze.parley, { inputs: { text: 'Hello' } }));
    expect(over).toEqual(asked());
    expect(over?.messages).toEqual([{ role: 'user', content: 'Translate: Hello' }]);
    expect(await messagesOf(coze, chat)).toMatchObject([{ type: 'answer', content: turn.answer }, {}]);
    const listed = await coze.client.conversations.messages.list(chat.conversation_id, { order: 'asc' });
    expect(listed.data).toMatchObject([{ type: 'question', content: 'Hello' }, { type: 'answer' }]);
  });

  test('a text that is given by name leaves the words to be its query', async () => {
    provider.reply({ tokens: ['ok'] });
    await wholeChat(coze, 'Hello', { app: 'completion', custom_variables: { text: 'Adieu' } });
    const over = asked();
    await answered(sendCompletion(coze.parley, { inputs: { text: 'Adieu' }, query: 'Hello' }));
    expect(over).toEqual(asked());
    expect(JSON.stringify(over?.messages)).toContain('Translate: Adieu');
  });

  test('one whose form asks for no text has its query', async () => {
    provider.reply({ tokens: ['ok'] });
    await wholeChat(coze, 'Hello', { app: 'completion-query', custom_variables: { name: 'Ann' } });
    const over = asked();
    await answered(
      sendCompletion(coze.parley, { inputs: { name: 'Ann' }, query: 'Hello' }, 'completion-query'),
    );
    expect(over).toEqual(asked());
    expect(JSON.stringify(over?.messages)).toContain('Hello');
  });

  test('each chat stands alone, whatever its conversation holds', async () => {
    provider.reply({ tokens: ['Hola'] });
    const { conversation_id } = await wholeChat(coze, 'Hello', { app: 'completion' });
    const second = await wholeChat(coze, 'Bye', { app: 'completion', conversation_id });
    expect(second.conversation_id).toBe(conversation_id);
    expect(asked()?.messages).toEqual([{ role: 'user', content: 'Translate: Bye' }]);
  });
});
