import type { Readable } from 'node:stream';
import { ChatClient, CompletionClient } from 'dify-client';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type MockProvider, startMockProvider } from '../../support/mock-provider/start-mock-provider.ts';
import { chatApp, completionApp } from '../../support/parley/apps.ts';
import { startParley, type TestParley } from '../../support/parley/start-parley.ts';
import { textOf } from '../../support/parley/turns.ts';

/** The official npm client, version 2.3: by its types a user is an object, by its code it is a string. */
const user = 'client-user' as never;

let provider: MockProvider;
let parley: TestParley;
let chat: ChatClient;
let completion: CompletionClient;

beforeAll(async () => {
  provider = await startMockProvider({ reply: { tokens: ['Hello', ' client'] } });
  parley = await startParley({
    apps: { chat: chatApp(), completion: completionApp() },
    provider: provider.baseUrl,
  });
  chat = new ChatClient(parley.key('chat'), `${parley.url}/v1`);
  completion = new CompletionClient(parley.key('completion'), `${parley.url}/v1`);
});
afterAll(async () => {
  await parley.close();
  await provider.close();
});

/** As `webapp-conversation` reads a stream: line by line, what begins with `data: `. */
async function read(stream: Readable): Promise<Record<string, unknown>[]> {
  let text = '';
  for await (const chunk of stream.setEncoding('utf8')) text += chunk;
  return text
    .split('\n')
    .filter((line) => line.startsWith('data: '))
    .map((line) => JSON.parse(line.slice(6)) as Record<string, unknown>);
}

test('chat, blocking and continued', async () => {
  const first = await chat.createChatMessage({}, 'Hi', user);
  expect(first.data).toMatchObject({ event: 'message', mode: 'chat', answer: 'Hello client' });
  const second = await chat.createChatMessage({}, 'More', user, false, first.data.conversation_id);
  expect(second.data.conversation_id).toBe(first.data.conversation_id);
});

test('chat, streaming', async () => {
  const { data, headers } = await chat.createChatMessage({}, 'Hi', user, true);
  expect(headers['content-type']).toMatch(/^text\/event-stream/);
  const events = await read(data);
  expect(textOf(events)).toBe('Hello client');
  expect(events.at(-1)?.event).toBe('message_end');
});

test('completion, blocking and streaming', async () => {
  const { data } = await completion.createCompletionMessage({ text: 'x' }, user);
  expect(data).toMatchObject({ mode: 'completion', answer: 'Hello client' });
  const events = await read((await completion.createCompletionMessage({ text: 'x' }, user, true)).data);
  expect(textOf(events)).toBe('Hello client');
});

test('conversations: messages, rename, list, feedback, delete', async () => {
  const { data: turn } = await chat.createChatMessage({}, 'Remember me', user);
  const messages = await chat.getConversationMessages(user, turn.conversation_id);
  expect(messages.data).toMatchObject({
    has_more: false,
    data: [{ id: turn.message_id, query: 'Remember me' }],
  });
  expect((await chat.renameConversation(turn.conversation_id, 'New name', user)).data).toMatchObject({
    name: 'New name',
  });
  const list = await chat.getConversations(user);
  expect(list.data.data[0]).toMatchObject({ id: turn.conversation_id, name: 'New name' });
  expect((await chat.messageFeedback(turn.message_id, 'like' as never, user)).data).toEqual({
    result: 'success',
  });
  expect((await chat.deleteConversation(turn.conversation_id, user)).status).toBe(204);
  await expect(chat.getConversationMessages(user, turn.conversation_id)).rejects.toMatchObject({
    response: { status: 404, data: { code: 'not_found', message: 'Conversation Not Exists.' } },
  });
});

test('parameters, with the user in the query', async () => {
  expect((await chat.getApplicationParameters(user)).data).toMatchObject({ user_input_form: [] });
});

test('errors come as its users know them', async () => {
  const stranger = new ChatClient('app-wrong', `${parley.url}/v1`);
  await expect(stranger.createChatMessage({}, 'Hi', user)).rejects.toMatchObject({
    response: { status: 401, data: { code: 'unauthorized' } },
  });
});
