import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type MockProvider, startMockProvider } from '../../support/mock-provider/start-mock-provider.ts';
import { agentApp } from '../../support/parley/apps.ts';
import { startCoze, type TestCoze } from '../../support/parley/coze.ts';
import {
  beginChat,
  cancel,
  codeOf,
  dataOf,
  type Envelope,
  endOf,
  messagesOf,
  namesOf,
  retrieve,
  sendChat,
  streamChat,
  type Wire,
  wholeChat,
} from '../chats.ts';
import {
  DEVICE,
  locate,
  locateCall,
  outputsFor,
  resume,
  rounds,
  submit,
  waitingChat,
  weekday,
  weekdayCall,
} from './device.ts';

let provider: MockProvider;
let coze: TestCoze;

beforeAll(async () => {
  provider = await startMockProvider();
  coze = await startCoze({
    apps: { agent: agentApp([locate, weekday]), narrow: agentApp([locate]) },
    provider: provider.baseUrl,
    config: { tools: [DEVICE], app_settings: { narrow: { max_concurrency: 1 } } },
  });
});
afterAll(async () => {
  await coze.close();
  await provider.close();
});

const open = () => provider.nextRequest((request) => !request.isOver);
const asked = () => provider.requests.at(-1)?.messages ?? [];

/** A chat that waits, and whose answer will be "Rome." */
function waiting(text = 'Where am I?', more: Record<string, unknown> = {}): Promise<Wire> {
  provider.reply(rounds({ tokens: ['Let me see.'], toolCalls: [locateCall] }, { tokens: ['Rome.'] }));
  return waitingChat(coze, text, more);
}

describe('another chat of its conversation', () => {
  test('may begin, and hears nothing of the one that waits; later ones hear of both', async () => {
    const chat = await waiting();
    const { conversation_id } = chat;
    provider.reply({ tokens: ['Hello.'] });
    const next = await wholeChat(coze, 'Hi', { app: 'agent', conversation_id });
    expect(next).toMatchObject({ status: 'completed', conversation_id });
    expect(asked()).toEqual([{ role: 'user', content: 'Hi' }]);
    expect(await retrieve(coze, chat)).toEqual(chat);

    provider.reply({ tokens: ['Rome.'] });
    await resume(coze, chat, 'Rome');
    expect(await endOf(coze, chat)).toMatchObject({ status: 'completed' });
    expect(
      asked()
        .slice(-3)
        .map(({ role }) => role),
    ).toEqual(['user', 'assistant', 'tool']);
    expect(asked().filter(({ content }) => content === 'Where am I?')).toHaveLength(1);

    await wholeChat(coze, 'Thanks', { app: 'agent', conversation_id });
    expect(asked().map(({ content }) => content)).toEqual([
      ...['Where am I?', 'Let me see.', 'Rome', 'Rome.', 'Hi', 'Hello.', 'Thanks'],
    ]);
  });

  test('keeps it from going on while it runs: 4016, and nothing is lost', async () => {
    const chat = await waiting();
    const { conversation_id } = chat;
    provider.reply({ gate: true });
    const running = await beginChat(coze, 'Hi', { app: 'agent', conversation_id });
    const upstream = await open();
    for (const stream of [false, true])
      expect(await codeOf(submit(coze, chat, outputsFor(chat), { stream }))).toBe(4016);
    expect(await retrieve(coze, chat)).toEqual(chat);
    upstream.finish();
    await endOf(coze, running);
    provider.reply({ tokens: ['Rome.'] });
    await resume(coze, chat);
    expect(await endOf(coze, chat)).toMatchObject({ status: 'completed' });
  });

  test('that is not kept does the same', async () => {
    const chat = await waiting();
    const { conversation_id } = chat;
    provider.reply({ gate: true });
    const reader = await streamChat(coze, 'Hi', { app: 'agent', conversation_id, auto_save_history: false });
    const upstream = await open();
    expect(await codeOf(submit(coze, chat, outputsFor(chat)))).toBe(4016);
    upstream.finish();
    await reader.rest();
    provider.reply({ tokens: ['Rome.'] });
    await resume(coze, chat);
    expect(await endOf(coze, chat)).toMatchObject({ status: 'completed' });
  });

  test('is refused once this one goes on, and a canceled one that still runs is in nobody’s way', async () => {
    const chat = await waiting();
    const { conversation_id } = chat;
    provider.reply({ gate: true });
    const given = await beginChat(coze, 'Never mind', { app: 'agent', conversation_id });
    const left = await open();
    await dataOf(cancel(coze, given));
    await resume(coze, chat);
    const upstream = await open();
    expect(await codeOf(sendChat(coze, 'Hi', { app: 'agent', conversation_id }))).toBe(4016);
    expect(await codeOf(submit(coze, chat, outputsFor(chat)))).toBe(4000);
    left.finish();
    upstream.finish();
    await endOf(coze, chat);
  });

  test('without a message has nothing to answer: what waits is not asked again', async () => {
    const { conversation_id } = await waiting();
    const more = { app: 'agent', conversation_id, additional_messages: [] };
    expect(await codeOf(sendChat(coze, '', more))).toBe(4000);
  });
});

describe('canceled', () => {
  test('while it waits: 4104, and it waits on', async () => {
    const chat = await waiting();
    const response = await cancel(coze, chat);
    expect([response.status, await codeOf(response)]).toEqual([200, 4104]);
    await expect(coze.client.chat.cancel(chat.conversation_id, chat.id)).rejects.toMatchObject({
      code: 4104,
    });
    expect(await retrieve(coze, chat)).toEqual(chat);
    await resume(coze, chat);
    expect(await endOf(coze, chat)).toMatchObject({ status: 'completed' });
  });

  test('before it comes to its calls: it never waits, and its stream says so', async () => {
    provider.reply({ tokens: ['Let me see.'], hold: 1, toolCalls: [locateCall] });
    const reader = await streamChat(coze, 'Where?', { app: 'agent' });
    const chat = await reader.until('conversation.chat.created');
    await reader.until('conversation.message.delta');
    const upstream = await open();
    const canceled = await dataOf(cancel(coze, chat));
    upstream.release();
    const rest = await reader.rest();
    expect(namesOf(rest)).toEqual([
      ...['message.completed', 'message.completed', 'message.completed', 'chat.completed', 'done'],
    ]);
    expect(rest.map(({ data }) => data.type).slice(0, 3)).toEqual(['function_call', 'answer', 'verbose']);
    const nothing = { type: '', submit_tool_outputs: { tool_calls: [] } };
    expect(rest[3]?.data).toMatchObject({ status: 'canceled', required_action: nothing });
    const now = await retrieve(coze, chat);
    expect(now).toMatchObject({ ...canceled, usage: { input_count: 10, output_count: 1 } });
    expect((await messagesOf(coze, chat)).map(({ id, content }) => [id, content])).toEqual(
      rest.slice(0, 3).map(({ data }) => [data.id, data.content]),
    );
    expect(await codeOf(submit(coze, chat, [{ tool_call_id: 'call_1', output: 'x' }]))).toBe(4000);
    expect(await codeOf(cancel(coze, chat))).toBe(0);
    provider.reply({ tokens: ['Hello.'] });
    await wholeChat(coze, 'Hi', { app: 'agent', conversation_id: chat.conversation_id });
    expect(asked()).toEqual([{ role: 'user', content: 'Hi' }]);
  });

  test('when it goes on again: as any running chat', async () => {
    const chat = await waiting();
    const { conversation_id } = chat;
    provider.reply({ gate: true });
    await resume(coze, chat);
    const upstream = await open();
    expect(await dataOf(cancel(coze, chat))).toMatchObject({ id: chat.id, status: 'canceled' });
    provider.reply({ tokens: ['Hello.'] });
    await wholeChat(coze, 'Hi', { app: 'agent', conversation_id });
    expect(asked()).toEqual([{ role: 'user', content: 'Hi' }]);
    upstream.send('Rome.');
    upstream.finish();
    await expect.poll(async () => (await messagesOf(coze, chat)).length, { timeout: 5000 }).toBe(4);
    expect(await retrieve(coze, chat)).toMatchObject({ status: 'canceled' });
  });
});

describe('its conversation', () => {
  test('deleted: there is nothing left to go on with', async () => {
    const chat = await waiting();
    const { conversation_id } = chat;
    const from = provider.requests.length;
    await dataOf(coze.request('DELETE', `/v1/conversations/${conversation_id}`));
    const query = `?conversation_id=${conversation_id}&chat_id=${chat.id}`;
    expect(await codeOf(submit(coze, chat, outputsFor(chat)))).toBe(4002);
    expect(await codeOf(coze.request('GET', `/v3/chat/retrieve${query}`))).toBe(4002);
    expect(await codeOf(coze.request('GET', `/v3/chat/message/list${query}`))).toBe(4002);
    expect(provider.requests).toHaveLength(from);
  });

  test('cleared: it goes on with what it had heard, and is no context of what comes then', async () => {
    provider.reply({ tokens: ['Hello.'] });
    const { conversation_id } = await wholeChat(coze, 'Hi', { app: 'agent' });
    const chat = await waiting('Where am I?', { conversation_id });
    await dataOf(coze.request('POST', `/v1/conversations/${conversation_id}/clear`));
    await resume(coze, chat, 'Rome');
    const ended = await endOf(coze, chat);
    expect(ended).toMatchObject({ status: 'completed', section_id: chat.section_id });
    expect(asked().map(({ content }) => content)).toEqual([
      'Hi',
      'Hello.',
      'Where am I?',
      'Let me see.',
      'Rome',
    ]);
    await wholeChat(coze, 'Anew', { app: 'agent', conversation_id });
    expect(asked()).toEqual([{ role: 'user', content: 'Anew' }]);
  });

  test('lists what was asked; the answer is no message of it before the chat has ended', async () => {
    const chat = await waiting();
    const { conversation_id } = chat;
    const list = async () =>
      (await coze.client.conversations.messages.list(conversation_id, { order: 'asc' })).data;
    const [question, ...others] = await list();
    expect([question?.type, others]).toEqual(['question', []]);
    const answerId = (BigInt(String(question?.id)) + 1n).toString();
    const query = `?conversation_id=${conversation_id}&message_id=${answerId}`;
    expect(await codeOf(coze.request('GET', `/v1/conversation/message/retrieve${query}`))).toBe(4005);
    await resume(coze, chat);
    await endOf(coze, chat);
    expect((await list()).map(({ id, type }) => [id, type])).toEqual([
      [question?.id, 'question'],
      [answerId, 'answer'],
    ]);
  });

  test('what was asked is deleted: there is nothing left to answer', async () => {
    const chat = await waiting();
    const { conversation_id } = chat;
    const { data } = await coze.client.conversations.messages.list(conversation_id);
    await coze.client.conversations.messages.delete(conversation_id, String(data[0]?.id));
    const from = provider.requests.length;
    const refused = (await (await submit(coze, chat, outputsFor(chat))).json()) as Envelope;
    expect([refused.code, refused.msg]).toEqual([4000, expect.stringMatching(/has been deleted/)]);
    expect(provider.requests).toHaveLength(from);
    // It may be asked anew, and the conversation goes on.
    expect(await wholeChat(coze, 'Hi', { app: 'agent', conversation_id })).toMatchObject({ conversation_id });
  });
});

describe('a chat that is not kept (auto_save_history false)', () => {
  test('is offered no functions of the caller’s, and never waits', async () => {
    provider.reply(rounds({ toolCalls: [weekdayCall, locateCall] }, { tokens: ['So.'] }));
    const events = await (await streamChat(coze, 'Hi', { app: 'agent', auto_save_history: false })).rest();
    expect(provider.requests.at(-1)?.tools.map(({ name }) => name)).toEqual(['weekday']);
    expect(events.map(({ data }) => data.type).filter(Boolean)).toEqual([
      ...['function_call', 'function_call', 'tool_response', 'tool_response'],
      ...['answer', 'answer', 'verbose'],
    ]);
    expect(events.at(-2)?.data.status).toBe('completed');
    const chat = events.at(-2)?.data as Wire;
    expect(await codeOf(submit(coze, chat, [{ tool_call_id: 'call_2', output: 'x' }]))).toBe(4001);
  });

  test('takes no outputs: 5000 while it runs', async () => {
    provider.reply({ gate: true });
    const reader = await streamChat(coze, 'Hi', { app: 'agent', auto_save_history: false });
    const chat = await reader.until('conversation.chat.created');
    const upstream = await open();
    for (const stream of [false, true]) {
      const response = await submit(coze, chat, [{ tool_call_id: 'call_1', output: 'x' }], { stream });
      expect([response.status, await codeOf(response)]).toEqual([200, 5000]);
    }
    upstream.finish();
    await reader.rest();
  });
});

test('waiting, it holds no place among the running chats of its app; going on, it needs one', async () => {
  const chat = await waiting('Where?', { app: 'narrow' });
  // Nor do outputs that are refused take one.
  expect(await codeOf(submit(coze, chat, [{ tool_call_id: 'nothing', output: 'x' }]))).toBe(4000);
  provider.reply({ gate: true });
  const running = await beginChat(coze, 'Hi', { app: 'narrow' });
  const upstream = await open();
  const refused = await submit(coze, chat, outputsFor(chat));
  expect([refused.status, await codeOf(refused)]).toEqual([429, 4009]);
  expect(await codeOf(submit(coze, chat, outputsFor(chat), { stream: true }))).toBe(4009);
  upstream.finish();
  await endOf(coze, running);
  provider.reply({ tokens: ['Rome.'] });
  await resume(coze, chat);
  await endOf(coze, chat);
  // The place is free again.
  expect(await wholeChat(coze, 'Hi', { app: 'narrow' })).toMatchObject({ status: 'completed' });
});

test('over Dify, where nobody could, no functions of the caller’s are offered', async () => {
  provider.reply({ tokens: ['No.'] });
  const response = await coze.parley.request('agent', 'POST', '/chat-messages', {
    inputs: {},
    query: 'Where?',
    user: 'u1',
    response_mode: 'streaming',
  });
  await response.text();
  const offered = provider.requests.findLast(({ messages }) => messages.at(-1)?.content === 'Where?');
  expect(offered?.tools.map(({ name }) => name)).toEqual(['weekday']);
});
