import type { Readable } from 'node:stream';
import { ChatClient } from 'dify-client';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { inTurn } from '../support/mock-provider/in-turn.ts';
import { type MockProvider, startMockProvider } from '../support/mock-provider/start-mock-provider.ts';
import { kindsOf, saidIn, thoughtsIn } from '../support/parley/agent-events.ts';
import { agentApp } from '../support/parley/apps.ts';
import { startParley, type TestParley } from '../support/parley/start-parley.ts';

/** The official npm client, version 2.3: by its types a user is an object, by its code it is a string. */
const user = 'client-user' as never;
const CALL = { name: 'weekday', arguments: '{"year": 2024, "month": 1, "day": 5}' };

let provider: MockProvider;
let parley: TestParley;
let client: ChatClient;

beforeAll(async () => {
  provider = await startMockProvider();
  parley = await startParley({
    provider: provider.baseUrl,
    apps: { agent: agentApp([{ provider: 'time', tool: 'weekday' }]) },
  });
  client = new ChatClient(parley.key('agent'), `${parley.url}/v1`);
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

test('an agent answers the official client: stream, list, meta, a next turn, and a stop', async () => {
  provider.reply(inTurn({ tokens: ['I look.'], toolCalls: [CALL] }, { tokens: ['A Friday.'] }));
  const events = await read((await client.createChatMessage({}, 'Which day?', user, true)).data);
  expect(kindsOf(events)).toEqual([
    ...['agent_thought', 'agent_message', 'agent_thought', 'agent_thought'],
    ...['agent_thought', 'agent_message', 'agent_thought', 'message_end'],
  ]);
  expect(saidIn(events)).toBe('I look.\nA Friday.');
  const conversation = String(events[0]?.conversation_id);
  const { data } = await client.getConversationMessages(user, conversation);
  expect(data.data).toMatchObject([
    {
      answer: 'I look.\nA Friday.',
      agent_thoughts: thoughtsIn(events).map(({ id, thought, observation }) => ({
        id,
        thought,
        observation,
      })),
    },
  ]);
  const meta = await client.sendRequest('GET', '/meta', null, { user });
  expect(meta.data).toMatchObject({ tool_icons: { weekday: { content: expect.any(String) } } });

  provider.reply({ tokens: ['Yes.', ' Indeed.'], hold: 1 });
  const next = await client.createChatMessage({}, 'Sure?', user, true, conversation);
  const upstream = await provider.nextRequest(({ isOver }) => !isOver);
  expect(upstream.messages.map(({ role }) => role)).toEqual([
    'user',
    'assistant',
    'tool',
    'assistant',
    'user',
  ]);
  let text = '';
  for await (const chunk of (next.data as Readable).setEncoding('utf8')) {
    text += chunk;
    const task = /"task_id":"([^"]+)".*"answer":"Yes\."/.exec(text)?.[1];
    if (task && !upstream.wasAborted)
      await client.sendRequest('POST', `/chat-messages/${task}/stop`, { user });
  }
  expect(text).toContain('"event":"message_end"');
  await upstream.aborted();
});

test('a blocking request is refused as the client knows refusals', async () => {
  await expect(client.createChatMessage({}, 'Hi', user, false)).rejects.toMatchObject({
    response: {
      ...{ status: 400 },
      data: { code: 'invalid_param', message: 'Agent Chat App does not support blocking mode' },
    },
  });
});
