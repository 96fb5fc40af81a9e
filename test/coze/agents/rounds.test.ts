import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { MockReply } from '../../support/mock-provider/mock-reply.ts';
import type { MockRequest } from '../../support/mock-provider/mock-request.ts';
import { type MockProvider, startMockProvider } from '../../support/mock-provider/start-mock-provider.ts';
import { agentApp, chatApp } from '../../support/parley/apps.ts';
import { startCoze, type TestCoze } from '../../support/parley/coze.ts';
import {
  beginChat,
  endOf,
  messagesOf,
  namesOf,
  retrieve,
  streamChat,
  type Wire,
  wholeChat,
} from '../chats.ts';
import {
  callsOf,
  DEVICE,
  locate,
  locateCall,
  outputsFor,
  resume,
  ring,
  ringCall,
  rounds,
  streamOn,
  submit,
  waitingChat,
  weekday,
  weekdayCall,
} from './device.ts';

let provider: MockProvider;
let coze: TestCoze;

const helper = { type: 'workflow', provider: 'helper', tool: 'helper' };
const tools = [weekday, locate, ring, helper];

beforeAll(async () => {
  provider = await startMockProvider();
  coze = await startCoze({
    apps: {
      agent: agentApp(tools),
      short: agentApp(tools, { agent: { max_iteration: 2 } }),
      asking: agentApp(tools, { suggested_questions_after_answer: { enabled: true } }),
      react: agentApp([locate], { agent: { strategy: 'react' } }),
      helper: chatApp({ pre_prompt: 'The helper' }),
    },
    provider: provider.baseUrl,
    config: { tools: [DEVICE] },
  });
});
afterAll(async () => {
  await coze.close();
  await provider.close();
});

const typesOf = (messages: readonly Wire[]) => messages.map(({ type }) => type);
const lastMessages = () => provider.requests.at(-1)?.messages ?? [];
const isHelper = ({ messages }: MockRequest) => messages[0]?.content === 'The helper';

test('several calls in one round are asked for together, and told to the model in their order', async () => {
  const twice = { ...locateCall, id: 'again', arguments: '{}' };
  provider.reply(rounds({ toolCalls: [ringCall, locateCall, twice] }, { tokens: ['All done.'] }));
  const waiting = await waitingChat(coze, 'Do it');
  expect(callsOf(waiting).map(({ function: called }) => [called.name, called.arguments])).toEqual([
    ['ring', '{"seconds": 3}'],
    ['get_location', '{"precise": true}'],
    ['get_location', '{}'],
  ]);
  const outputs = callsOf(waiting).map(({ id }, n) => ({ tool_call_id: id, output: `output ${n}` }));
  // In whatever order they come.
  await submit(coze, waiting, outputs.toReversed());
  expect(await endOf(coze, waiting)).toMatchObject({ status: 'completed' });
  expect(lastMessages().slice(-3)).toEqual(
    outputs.map(({ tool_call_id, output }) => ({ role: 'tool', tool_call_id, content: output })),
  );
  const responses = (await messagesOf(coze, waiting)).filter(({ type }) => type === 'tool_response');
  expect(responses.map(({ content }) => content)).toEqual(['output 0', 'output 1', 'output 2']);
});

test('an output may be empty, and may be anything a text can be', async () => {
  provider.reply(rounds({ toolCalls: [ringCall, locateCall] }, { tokens: ['Hm.'] }));
  const waiting = await waitingChat(coze, 'Do it');
  const odd = '{"a":\u2028"日本🎉"}\u0000\r\n';
  const events = await (await streamOn(coze, waiting, { ring: '', get_location: odd })).rest();
  const told = odd.replace('\0', '');
  expect(events.slice(2, 4).map(({ data }) => [data.type, data.content])).toEqual([
    ['tool_response', ''],
    ['tool_response', told],
  ]);
  expect(
    lastMessages()
      .slice(-2)
      .map(({ content }) => content),
  ).toEqual(['', told]);
});

describe('with calls for the server in the same round', () => {
  test('those are answered before the chat waits, and only the others are asked for', async () => {
    const nothing = { name: 'fly', arguments: '{}' };
    provider.reply(rounds({ toolCalls: [weekdayCall, locateCall, nothing] }, { tokens: ['So.'] }));
    const first = await (await streamChat(coze, 'Do it', { app: 'agent' })).rest();
    expect(typesOf(first.slice(2, -2).map(({ data }) => data))).toEqual([
      ...Array(3).fill('function_call'),
      ...Array(2).fill('tool_response'),
    ]);
    const waiting = first.at(-2)?.data as Wire;
    expect(callsOf(waiting).map(({ function: { name } }) => name)).toEqual(['get_location']);
    const second = await (await streamOn(coze, waiting, 'Rome')).rest();
    expect(second.slice(2, 3).map(({ data }) => [data.type, data.content])).toEqual([
      ['tool_response', 'Rome'],
    ]);
    expect(
      lastMessages()
        .slice(-3)
        .map(({ content }) => content),
    ).toEqual([...['January 5, 2024 is Friday.', 'Rome', 'there is not a tool named fly']]);
    const told = [...first, ...second].filter(({ event }) => event === 'conversation.message.completed');
    expect(new Set(told.map(({ data }) => data.id))).toEqual(
      new Set((await messagesOf(coze, waiting)).map(({ id }) => id)),
    );
    expect(new Set(told.map(({ data }) => data.id)).size).toBe(told.length);
  });

  test('the chat goes on until the slowest of them is done; what it used is counted in', async () => {
    const calls = [
      { ...locateCall, id: 'mine' },
      { name: 'helper', arguments: '{"query":"Help"}' },
    ];
    const script = rounds({ toolCalls: calls }, { tokens: ['Thanks.'] });
    const usage = { prompt_tokens: 100, completion_tokens: 1 };
    provider.reply((request) => (isHelper(request) ? { gate: true, usage } : script(request)));
    const chat = await beginChat(coze, 'Do it', { app: 'agent' });
    const helping = await provider.nextRequest(isHelper);
    expect(await retrieve(coze, chat)).toMatchObject({ status: 'in_progress' });
    helping.send('Helped');
    helping.finish();
    const waiting = await endOf(coze, chat);
    expect(waiting).toMatchObject({
      status: 'requires_action',
      usage: { token_count: 111, output_count: 1, input_count: 110 },
    });
    expect(callsOf(waiting).map(({ id }) => id)).toEqual(['mine']);
    await resume(coze, waiting, 'Rome');
    expect(await endOf(coze, chat)).toMatchObject({
      status: 'completed',
      usage: { token_count: 122, output_count: 2, input_count: 120 },
    });
    expect(
      lastMessages()
        .slice(-2)
        .map(({ content }) => content),
    ).toEqual(['Rome', 'Helped']);
  });
});

describe('arguments that the caller could not take', () => {
  test.each([
    ['malformed', { ...ringCall, arguments: '{"seconds":' }, /not a JSON object/],
    ['no object', { ...ringCall, arguments: '[3]' }, /not a JSON object/],
    ['one is missing', { ...ringCall, arguments: '{}' }, /seconds/],
    ['of another type', { ...ringCall, arguments: '{"seconds":"long"}' }, /seconds/],
  ])('tell the model, and the chat does not wait: %s', async (_, call, problem) => {
    provider.reply(rounds({ toolCalls: [call] }, { tokens: ['Sorry.'] }));
    const chat = await wholeChat(coze, 'Ring', { app: 'agent' });
    expect(chat.status).toBe('completed');
    expect(lastMessages().at(-1)).toMatchObject({ role: 'tool', content: expect.stringMatching(problem) });
    expect(typesOf(await messagesOf(coze, chat))).toEqual([
      ...['function_call', 'tool_response', 'answer', 'verbose'],
    ]);
  });

  test('beside some that it can: only those are asked for', async () => {
    provider.reply(
      rounds({ toolCalls: [{ ...ringCall, arguments: 'x', id: 'bad' }, locateCall] }, { tokens: ['So.'] }),
    );
    const waiting = await waitingChat(coze, 'Do it');
    expect(callsOf(waiting).map(({ function: { name } }) => name)).toEqual(['get_location']);
    await resume(coze, waiting, 'Rome');
    await endOf(coze, waiting);
    expect(
      lastMessages()
        .slice(-2)
        .map(({ content }) => content),
    ).toEqual([expect.stringMatching(/not a JSON object/), 'Rome']);
  });
});

test('a chat waits as often as its model asks, and has used what all its rounds have', async () => {
  provider.reply(
    rounds(
      { tokens: ['One.'], toolCalls: [locateCall] },
      { toolCalls: [weekdayCall] },
      { tokens: ['Two.'], toolCalls: [ringCall] },
      { toolCalls: [locateCall] },
      { tokens: ['Three.'] },
    ),
  );
  const ids = new Set<string>();
  let chat = await wholeChat(coze, 'Do it', { app: 'agent' });
  const used: number[] = [];
  for (let n = 1; n <= 3; n++) {
    expect(chat.status).toBe('requires_action');
    used.push((chat.usage as { input_count: number }).input_count);
    // Models, and the mock, count their calls from one in each answer.
    for (const { id } of callsOf(chat)) ids.add(id);
    await resume(coze, chat, `output ${n}`);
    chat = await endOf(coze, chat);
  }
  expect(ids.size).toBe(3);
  expect(used).toEqual([10, 30, 40]);
  expect(chat).toMatchObject({ status: 'completed', usage: { input_count: 50, output_count: 3 } });
  const messages = await messagesOf(coze, chat);
  expect(typesOf(messages)).toEqual([
    ...Array(4).fill(['function_call', 'tool_response']).flat(),
    ...['answer', 'verbose'],
  ]);
  expect(messages.at(-2)?.content).toBe('One.\nTwo.\nThree.');
  const responses = messages.filter(({ type }) => type === 'tool_response').map(({ content }) => content);
  expect(responses).toEqual(['output 1', 'January 5, 2024 is Friday.', 'output 2', 'output 3']);
});

test('rounds before a pause count: a chat has no more of them for having waited', async () => {
  // In the last round no tools are offered.
  provider.reply((request) =>
    request.tools.length === 0 ? { tokens: ['Enough.'] } : { toolCalls: [locateCall] },
  );
  let chat = await waitingChat(coze, 'For ever', { app: 'short' });
  const from = provider.requests.length;
  for (let n = 0; n < 2; n++) {
    await resume(coze, chat);
    chat = await endOf(coze, chat);
  }
  expect(chat.status).toBe('completed');
  expect(provider.requests.slice(from).map(({ tools: offered }) => offered.length)).toEqual([
    tools.length,
    0,
  ]);
});

test('questions are suggested when the answer is whole, and not while the chat waits', async () => {
  const isSuggestion = ({ body }: MockRequest) => JSON.stringify(body).includes('predict');
  const script = rounds({ tokens: ['Wait.'], toolCalls: [locateCall] }, { tokens: ['Rome.'] });
  provider.reply(
    (request): MockReply => (isSuggestion(request) ? { tokens: ['["And then?"]'] } : script(request)),
  );
  const from = provider.requests.length;
  const first = await (await streamChat(coze, 'Where?', { app: 'asking' })).rest();
  expect(provider.requests.slice(from).filter(isSuggestion)).toEqual([]);
  const waiting = first.at(-2)?.data as Wire;
  expect(waiting.status).toBe('requires_action');
  const second = await (await streamOn(coze, waiting)).rest();
  expect(namesOf(second).slice(-6)).toEqual([
    ...['message.delta', 'message.completed', 'message.completed', 'message.completed'],
    ...['chat.completed', 'done'],
  ]);
  expect(
    second.slice(-5, -2).map(({ data }) => [data.type, data.type === 'verbose' ? '' : data.content]),
  ).toEqual([
    ['answer', 'Wait.\nRome.'],
    ['verbose', ''],
    ['follow_up', 'And then?'],
  ]);
  // They are asked for with the whole answer.
  expect(String(lastMessages().at(-1)?.content)).toContain('Wait.\nRome.');
  expect(typesOf(await messagesOf(coze, waiting))).toEqual([
    ...['function_call', 'tool_response', 'answer', 'verbose', 'follow_up'],
  ]);
});

test('an agent that writes what it wants (react) waits too', async () => {
  provider.reply(({ messages }) => ({
    tokens: JSON.stringify(messages).includes('Observation: Rome')
      ? ['Thought: I know.\nAction:\n```\n{"action": "Final Answer", "action_input": "In Rome."}\n```']
      : ['Thought: Look.\nAction:\n```\n{"action": "get_location", "action_input": {"precise": true}}\n```'],
  }));
  const waiting = await waitingChat(coze, 'Where?', { app: 'react' });
  expect(callsOf(waiting)).toEqual([
    { id: 'react_1', type: 'function', function: { name: 'get_location', arguments: '{"precise":true}' } },
  ]);
  const events = await (await streamOn(coze, waiting, 'Rome')).rest();
  expect(typesOf(events.slice(2, -2).map(({ data }) => data))).toEqual([
    ...['tool_response', 'answer', 'answer', 'verbose'],
  ]);
  expect(events.at(-2)?.data.status).toBe('completed');
  expect((await messagesOf(coze, waiting)).at(-2)?.content).toBe('In Rome.');
  expect(outputsFor(await retrieve(coze, waiting))).toEqual([]);
});
