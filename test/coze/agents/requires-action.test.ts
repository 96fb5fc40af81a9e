import { ChatEventType, ChatStatus, type StreamChatData } from '@coze/api';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Store } from '../../../src/store/open-store.ts';
import { type MockProvider, startMockProvider } from '../../support/mock-provider/start-mock-provider.ts';
import { agentApp } from '../../support/parley/apps.ts';
import { readFrames, startCoze, type TestCoze } from '../../support/parley/coze.ts';
import { openTestStore } from '../../support/parley/open-test-store.ts';
import {
  botId,
  chatOf,
  deltasOf,
  endOf,
  messagesOf,
  namesOf,
  retrieve,
  streamChat,
  user,
  type Wire,
} from '../chats.ts';
import { callsOf, DEVICE, locate, locateCall, outputsFor, rounds, streamOn, submit } from './device.ts';

let provider: MockProvider;
let coze: TestCoze;
let store: Store;

beforeAll(async () => {
  provider = await startMockProvider();
  coze = await startCoze({
    apps: { agent: agentApp([locate]) },
    provider: provider.baseUrl,
    config: { tools: [DEVICE] },
  });
  store = await openTestStore(coze.parley);
});
afterAll(async () => {
  await store.destroy();
  await coze.close();
  await provider.close();
});

const request = {
  bot_id: botId('agent'),
  user_id: 'u1',
  additional_messages: [user('Where am I?') as never],
};
const ask = { tokens: ['Let me see.'], toolCalls: [{ ...locateCall, id: 'call_where' }] };
const action = {
  type: 'submit_tool_outputs',
  submit_tool_outputs: {
    tool_calls: [
      {
        id: 'call_where',
        type: 'function',
        function: { name: 'get_location', arguments: '{"precise": true}' },
      },
    ],
  },
};
const typesOf = (messages: readonly Wire[]) => messages.map(({ type }) => type);

/** Ends the server and starts another: nothing that it had in memory is left. */
const restart = async () => {
  await coze.parley.restart();
};

async function collect(stream: AsyncIterable<StreamChatData>): Promise<{ event: string; data: Wire }[]> {
  const events: { event: string; data: Wire }[] = [];
  for await (const { event, data } of stream) events.push({ event, data: data as unknown as Wire });
  return events;
}

test('polled: the chat waits with its calls, a restart does not hurt it, and outputs bring it to its end', async () => {
  provider.reply(rounds(ask, { tokens: ['You are', ' in Rome.'] }));
  const { chat, messages } = await coze.client.chat.createAndPoll({
    ...request,
    meta_data: { from: 'poll' },
  });
  expect(chat).toMatchObject({
    status: ChatStatus.REQUIRES_ACTION,
    completed_at: null,
    failed_at: null,
    last_error: { code: 0, msg: '' },
    meta_data: { from: 'poll' },
    usage: { token_count: 11, output_count: 1, input_count: 10 },
    required_action: action,
  });
  expect(messages?.map(({ type }) => type)).toEqual(['function_call']);
  const { conversation_id, id: chat_id } = chat;
  expect(await coze.client.chat.retrieve(conversation_id, chat_id)).toEqual(chat);

  await restart();
  expect(await coze.client.chat.retrieve(conversation_id, chat_id)).toEqual(chat);
  expect(await coze.client.chat.messages.list(conversation_id, chat_id)).toEqual(messages);

  const tool_outputs = [{ tool_call_id: 'call_where', output: '{"city":"Rome"}' }];
  const submitted = await coze.client.chat
    .submitToolOutputs({ conversation_id, chat_id, tool_outputs, stream: false })
    .next();
  expect(submitted.done).toBe(true);
  expect(submitted.value).toMatchObject({
    id: chat_id,
    conversation_id,
    status: 'in_progress',
    meta_data: { from: 'poll' },
    required_action: { type: '', submit_tool_outputs: { tool_calls: [] } },
  });
  const ended = await endOf(coze, chat as unknown as Wire);
  expect(ended).toMatchObject({
    status: 'completed',
    created_at: chat.created_at,
    meta_data: { from: 'poll' },
    required_action: { type: '', submit_tool_outputs: { tool_calls: [] } },
    usage: { token_count: 23, output_count: 3, input_count: 20 },
  });
  const listed = await messagesOf(coze, ended);
  expect(typesOf(listed)).toEqual(['function_call', 'tool_response', 'answer', 'verbose']);
  expect(listed[1]?.content).toBe('{"city":"Rome"}');
  expect(listed[2]?.content).toBe('Let me see.\nYou are in Rome.');
  expect(provider.requests.at(-1)?.messages.slice(-3)).toEqual([
    { role: 'user', content: 'Where am I?' },
    {
      role: 'assistant',
      content: 'Let me see.',
      tool_calls: [{ ...action.submit_tool_outputs.tool_calls[0] }],
    },
    { role: 'tool', tool_call_id: 'call_where', content: '{"city":"Rome"}' },
  ]);
});

test('streamed: the events up to the pause, a restart, and those of the second stream', async () => {
  provider.reply(rounds(ask, { tokens: ['You are', ' in Rome.'] }));
  const first = await collect(coze.client.chat.stream(request));
  expect(namesOf(first)).toEqual([
    ...['chat.created', 'chat.in_progress', 'message.delta', 'message.completed'],
    ...['chat.requires_action', 'done'],
  ]);
  expect(first[3]?.data).toMatchObject({ type: 'function_call' });
  const waiting = first.find(({ event }) => event === ChatEventType.CONVERSATION_CHAT_REQUIRES_ACTION)
    ?.data as Wire;
  expect(waiting).toMatchObject({
    status: 'requires_action',
    completed_at: null,
    required_action: action,
    usage: { token_count: 11, output_count: 1, input_count: 10 },
  });
  expect(await retrieve(coze, waiting)).toEqual(waiting);

  await restart();
  const second = await collect(
    coze.client.chat.submitToolOutputs({
      conversation_id: waiting.conversation_id,
      chat_id: waiting.id,
      tool_outputs: outputsFor(waiting, 'Rome'),
      stream: true,
    }),
  );
  expect(namesOf(second)).toEqual([
    ...['chat.created', 'chat.in_progress', 'message.completed'],
    ...['message.delta', 'message.delta', 'message.delta'],
    ...['message.completed', 'message.completed', 'chat.completed', 'done'],
  ]);
  const [created, inProgress, response] = second.map(({ data }) => data);
  const { id, conversation_id } = waiting;
  expect(created).toMatchObject({ id, conversation_id, status: 'created', created_at: waiting.created_at });
  expect(inProgress).toMatchObject({ id, conversation_id, status: 'in_progress' });
  expect(response).toMatchObject({ type: 'tool_response', content: 'Rome', chat_id: id });
  expect(second.at(-2)?.data).toEqual(await retrieve(coze, waiting));

  // Both streams together tell each message once, and the answer piece by piece.
  const all = [...first, ...second];
  const told = all.filter(({ event }) => event === 'conversation.message.completed').map(({ data }) => data);
  const listed = await messagesOf(coze, waiting);
  expect(told.map(({ id, type, content }) => [id, type, content])).toEqual(
    listed.map(({ id, type, content }) => [id, type, content]),
  );
  expect(deltasOf(all).content).toBe('Let me see.\nYou are in Rome.');
  expect(new Set(all.filter(({ event }) => /delta/.test(event)).map(({ data }) => data.id))).toEqual(
    new Set([told.find(({ type }) => type === 'answer')?.id]),
  );
});

test('to the byte, the pause ends its stream as any other', async () => {
  provider.reply(rounds({ tokens: ['a <thi'], toolCalls: [locateCall] }, { tokens: ['b'] }));
  const events = await (await streamChat(coze, 'Hi', { app: 'agent' })).rest();
  const waiting = events.at(-2)?.data as Wire;
  const said = deltasOf(events).content;
  const response = await submit(coze, waiting, outputsFor(waiting), { stream: true });
  expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
  expect(response.headers.get('x-tt-logid')).toMatch(/^\d{14}/);
  const frames = readFrames(await response.text());
  expect(frames.at(-1)).toEqual({ event: 'done', data: '"[DONE]"' });
  // What may have become a tag is told before the pause.
  expect(said).toBe('a <thi');
  const answer = frames
    .map(({ data }) => JSON.parse(data))
    .find(({ created_at, type }) => created_at && type === 'answer');
  expect(answer).toMatchObject({ content: 'a <thi\nb' });
});

test('a stream goes on where a poll waited, and the other way round', async () => {
  provider.reply(rounds(ask, { toolCalls: [locateCall] }, { tokens: ['Rome.'] }));
  const { chat } = await coze.client.chat.createAndPoll(request);
  const events = await (await streamOn(coze, chat as unknown as Wire)).rest();
  expect(namesOf(events)).toEqual([
    ...['chat.created', 'chat.in_progress', 'message.completed', 'message.completed'],
    ...['chat.requires_action', 'done'],
  ]);
  expect(events.slice(2, 4).map(({ data }) => data.type)).toEqual(['tool_response', 'function_call']);
  await restart();
  const waiting = await retrieve(coze, chatOf(events));
  expect(waiting).toEqual(events.at(-2)?.data);
  expect(callsOf(waiting)).toHaveLength(1);
  await submit(coze, waiting, outputsFor(waiting));
  expect(await endOf(coze, waiting)).toMatchObject({ status: 'completed' });
  expect(typesOf(await messagesOf(coze, waiting))).toEqual([
    ...['function_call', 'tool_response', 'function_call', 'tool_response', 'answer', 'verbose'],
  ]);
});

test('a chat that waits is no running one: the next start ends nothing, and nothing of it changes', async () => {
  provider.reply(rounds(ask, { tokens: ['Rome.'] }));
  const { chat } = await coze.client.chat.createAndPoll(request);
  const rows = async () => ({
    runs: await store.selectFrom('runs').selectAll().where('status', '=', 'paused').execute(),
    messages: await store.selectFrom('messages').selectAll().where('status', '=', 'paused').execute(),
    thoughts: await store.selectFrom('thoughts').selectAll().orderBy('id').execute(),
  });
  const before = await rows();
  expect(before.runs).toHaveLength(1);
  expect(before.messages).toMatchObject([{ answer: 'Let me see.' }]);
  await restart();
  await restart();
  expect(await rows()).toEqual(before);
  expect(await retrieve(coze, chat as unknown as Wire)).toEqual(chat);
});
