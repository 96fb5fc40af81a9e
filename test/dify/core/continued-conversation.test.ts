import { afterAll, beforeAll, expect, test } from 'vitest';
import { type MockProvider, startMockProvider } from '../../support/mock-provider/start-mock-provider.ts';
import { chatApp } from '../../support/parley/apps.ts';
import { startParley, type TestParley } from '../../support/parley/start-parley.ts';
import { answered, firstEvent, sendChat, stop, streamChat } from '../../support/parley/turns.ts';

let provider: MockProvider;
let parley: TestParley;

const form = [
  { 'text-input': { label: 'Name', variable: 'name', required: true, max_length: 48, default: '' } },
];

beforeAll(async () => {
  provider = await startMockProvider();
  parley = await startParley({
    apps: {
      chat: chatApp(),
      form: chatApp({
        pre_prompt: 'You serve {{name}}.',
        user_input_form: form,
        opening_statement: 'Welcome, {{name}}!',
      }),
    },
    provider: provider.baseUrl,
  });
});
afterAll(async () => {
  await parley.close();
  await provider.close();
});

function lastMessages(): unknown {
  return provider.requests.at(-1)?.body?.messages;
}

test('the model reads the earlier turns, oldest first, then the query', async () => {
  provider.reply({ tokens: ['Paris', '.'] });
  const { conversation_id } = await answered(sendChat(parley, { query: 'Capital of France?' }));
  expect(lastMessages()).toEqual([{ role: 'user', content: 'Capital of France?' }]);
  provider.reply({ tokens: ['Rome.'] });
  const reader = await streamChat(parley, { query: 'And of Italy?', conversation_id });
  expect((await reader.readAll()).every((event) => event.conversation_id === conversation_id)).toBe(true);
  expect(lastMessages()).toEqual([
    { role: 'user', content: 'Capital of France?' },
    { role: 'assistant', content: 'Paris.' },
    { role: 'user', content: 'And of Italy?' },
  ]);
  await answered(sendChat(parley, { query: 'Third?', conversation_id }));
  expect(lastMessages()).toHaveLength(5);
});

test('another conversation of the same user is not read', async () => {
  await answered(sendChat(parley, { query: 'one' }));
  await answered(sendChat(parley, { query: 'two' }));
  expect(lastMessages()).toEqual([{ role: 'user', content: 'two' }]);
});

test('a turn that failed without an answer is left out; a stopped one counts with what it said', async () => {
  provider.reply({ tokens: ['fine'] });
  const { conversation_id } = await answered(sendChat(parley, { query: 'first' }));
  provider.reply({ status: 400, error: { message: 'no' } });
  expect((await sendChat(parley, { query: 'failing', conversation_id })).status).toBe(400);
  provider.reply({ tokens: ['half', ' more'], hold: 1 });
  const reader = await streamChat(parley, { query: 'stopped', conversation_id });
  const { task_id } = await firstEvent(reader);
  await stop(parley, task_id);
  await reader.readAll();
  provider.reply();
  await answered(sendChat(parley, { query: 'last', conversation_id }));
  expect(lastMessages()).toEqual([
    { role: 'user', content: 'first' },
    { role: 'assistant', content: 'fine' },
    { role: 'user', content: 'stopped' },
    { role: 'assistant', content: 'half' },
    { role: 'user', content: 'last' },
  ]);
});

test('each turn needs its inputs again and uses those of its own request', async () => {
  provider.reply();
  const turn = { query: 'q', inputs: { name: 'Ada' } };
  const { conversation_id } = await answered(sendChat(parley, turn, 'form'));
  const refused = await sendChat(parley, { query: 'q', conversation_id }, 'form');
  expect(refused.status).toBe(400);
  expect(await refused.json()).toMatchObject({
    code: 'invalid_param',
    message: 'name is required in input form',
  });
  await answered(sendChat(parley, { query: 'q', inputs: { name: 'Bob' }, conversation_id }, 'form'));
  expect(lastMessages()).toMatchObject([{ role: 'system', content: 'You serve Bob.' }, {}, {}, {}]);
});

test('the opening statement is shown to people and never sent to the model', async () => {
  await answered(sendChat(parley, { query: 'q', inputs: { name: 'Ada' } }, 'form'));
  expect(JSON.stringify(lastMessages())).not.toContain('Welcome');
});
