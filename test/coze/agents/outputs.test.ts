import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Store } from '../../../src/store/open-store.ts';
import { allRows } from '../../security/coze-rows.ts';
import { type MockProvider, startMockProvider } from '../../support/mock-provider/start-mock-provider.ts';
import { agentApp } from '../../support/parley/apps.ts';
import { startCoze, type TestCoze, TOKEN } from '../../support/parley/coze.ts';
import { openTestStore } from '../../support/parley/open-test-store.ts';
import {
  beginChat,
  botId,
  cancel,
  codeOf,
  dataOf,
  type Envelope,
  endOf,
  messagesOf,
  retrieve,
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
  submit,
  waitingChat,
} from './device.ts';

const OTHER_BOT = 'pat_of-another-bot';
const ONLY_CHATS = 'pat_that-only-chats';
const ONLY_SUBMITS = 'pat_that-only-submits';

let provider: MockProvider;
let coze: TestCoze;
let store: Store;

beforeAll(async () => {
  provider = await startMockProvider();
  coze = await startCoze({
    apps: { agent: agentApp([locate, ring]), other: agentApp([locate]) },
    provider: provider.baseUrl,
    config: {
      tools: [DEVICE],
      keys: [
        { key: OTHER_BOT, bots: ['other'] },
        { key: ONLY_CHATS, scopes: ['chat', 'getChat', 'cancelChat', 'listMessage'] },
        { key: ONLY_SUBMITS, scopes: ['submitToolChat'] },
      ],
    },
  });
  store = await openTestStore(coze.parley);
});
afterAll(async () => {
  await store.destroy();
  await coze.close();
  await provider.close();
});

/** A chat that waits for two outputs. */
function waiting(text = 'Do it'): Promise<Wire> {
  provider.reply(rounds({ toolCalls: [locateCall, ringCall] }, { tokens: ['Done.'] }));
  return waitingChat(coze, text);
}

/** Everything that clients have, thoughts included. */
const rows = async () => [
  ...(await allRows(store)),
  ...(await store.selectFrom('thoughts').selectAll().orderBy('id').execute()).map((row) =>
    JSON.stringify(row),
  ),
];

describe('outputs that are refused leave the chat waiting', () => {
  let chat: Wire;
  let before: string[];
  beforeAll(async () => {
    chat = await waiting();
    before = await rows();
  });
  const one = { tool_call_id: 'call_1', output: 'Rome' };
  const two = { tool_call_id: 'call_2', output: 'rung' };

  test.each<[string, unknown, RegExp]>([
    ['none', [], /tool_outputs/],
    ['not given', undefined, /tool_outputs/],
    ['null', null, /tool_outputs/],
    ['no list', { call_1: 'Rome' }, /tool_outputs/],
    ['one of two', [one], /missing for call_2/],
    [
      'of other ids',
      [
        { ...one, tool_call_id: 'call_7' },
        { ...two, tool_call_id: 'call_8' },
      ],
      /call_1, call_2/,
    ],
    ['one too many', [one, two, { ...one, tool_call_id: 'call_3' }], /do not wait/],
    ['one twice, though all are there', [one, two, { ...two, output: 'again' }], /more than one/],
    ['without an output', [one, { tool_call_id: 'call_2' }], /output/],
    ['null as output', [one, { ...two, output: null }], /output/],
    ['an object as output', [one, { ...two, output: { rung: true } }], /output/],
    ['a number as id', [one, { ...two, tool_call_id: 2 }], /tool_call_id/],
    ['more than a chat can wait for', Array.from({ length: 129 }, () => one), /tool_outputs/],
    ['one that is longer than a message', [one, { ...two, output: 'x'.repeat(2_000_001) }], /output/],
  ])('%s', async (_, outputs, problem) => {
    for (const more of [{}, { stream: true }]) {
      const response = await submit(coze, chat, outputs, more);
      expect(response.status).toBe(200);
      expect(response.headers.get('content-type')).toBe('application/json; charset=utf-8');
      const text = await response.text();
      // Clients that stream read one line without an end (`facts/coze-wire.md` §1 rule 10).
      expect(text).not.toContain('\n');
      const { code, msg } = JSON.parse(text) as Envelope;
      expect([code, msg]).toEqual([4000, expect.stringMatching(/^Request parameter error: /)]);
      expect(msg).toMatch(problem);
      expect(msg.length).toBeLessThan(1000);
    }
    expect(await retrieve(coze, chat)).toEqual(chat);
  });

  test.each<[string, (chat: Wire, other: Wire) => Partial<Wire>, number]>([
    ['no chat', () => ({ id: '' }), 4000],
    ['no conversation', () => ({ conversation_id: '' }), 4000],
    ['a chat that there is none of', () => ({ id: '2238752913773439744' }), 4001],
    ['what is no id', () => ({ id: 'chat' }), 4001],
    ['a message', () => ({ id: (BigInt(chat.id) + 102n).toString() }), 4001],
    ['a chat of another conversation', (_, { id }) => ({ id }), 4001],
    ['another conversation', (_, { conversation_id }) => ({ conversation_id }), 4001],
    ['a conversation that there is none of', () => ({ conversation_id: '2238752913773439744' }), 4002],
  ])('for %s', async (_, named, code) => {
    const elsewhere = await waiting('Elsewhere');
    const wrong = { ...chat, ...named(chat, elsewhere) };
    const outputs = outputsFor(chat);
    expect(await codeOf(submit(coze, wrong, outputs))).toBe(code);
    expect(await codeOf(submit(coze, wrong, outputs, { stream: true }))).toBe(code);
    expect(await retrieve(coze, elsewhere)).toEqual(elsewhere);
  });

  test.each([
    ['of another bot', OTHER_BOT, 4002],
    ['without the permission', ONLY_CHATS, 4101],
    ['that is none', 'pat_wrong', 4101],
  ])('with a token %s', async (_, token, code) => {
    for (const stream of [false, true]) {
      const response = await submit(coze, chat, outputsFor(chat), { token, stream });
      expect(response.status).toBe(200);
      expect(await codeOf(response)).toBe(code);
    }
  });

  test('all that time nothing of it changed, and the right outputs are taken', async () => {
    const now = new Set(await rows());
    expect(before.filter((row) => !now.has(row))).toEqual([]);
    await dataOf(submit(coze, chat, outputsFor(chat), { token: ONLY_SUBMITS }));
    expect(await endOf(coze, chat)).toMatchObject({ status: 'completed' });
  });
});

describe('a chat that does not wait takes none', () => {
  const refusal = async (chat: Wire) => {
    const response = await submit(coze, chat, [{ tool_call_id: 'call_1', output: 'x' }]);
    const { code, msg } = (await response.json()) as Envelope;
    return [code, msg];
  };
  const says = (status: string) => [
    4000,
    `Request parameter error: the chat waits for no tool outputs; its status is ${status}.`,
  ];

  test('one that has not come to its calls yet', async () => {
    provider.reply({ gate: true });
    const chat = await beginChat(coze, 'Hi', { app: 'agent' });
    const upstream = await provider.nextRequest((request) => !request.isOver);
    expect(await refusal(chat)).toEqual(says('in_progress'));
    upstream.finish();
    await endOf(coze, chat);
    expect(await refusal(chat)).toEqual(says('completed'));
  });

  test('one that has got its outputs', async () => {
    provider.reply(rounds({ toolCalls: [locateCall] }, { gate: true }));
    const chat = await waitingChat(coze, 'Hi');
    expect(await resume(coze, chat)).toMatchObject({ status: 'in_progress' });
    const upstream = await provider.nextRequest((request) => !request.isOver);
    expect(await refusal(chat)).toEqual(says('in_progress'));
    // What is complete of it can be read meanwhile.
    expect((await messagesOf(coze, chat)).map(({ type }) => type)).toEqual([
      'function_call',
      'tool_response',
    ]);
    upstream.finish();
    expect(await endOf(coze, chat)).toMatchObject({ status: 'completed' });
    expect(await refusal(chat)).toEqual(says('completed'));
  });

  test('one that has failed', async () => {
    provider.reply({ status: 400, error: { message: 'no' } });
    const chat = await wholeChat(coze, 'Hi', { app: 'agent' });
    expect(await refusal(chat)).toEqual(says('failed'));
  });

  test('one that was canceled', async () => {
    provider.reply({ gate: true });
    const chat = await beginChat(coze, 'Hi', { app: 'agent' });
    const upstream = await provider.nextRequest((request) => !request.isOver);
    await dataOf(cancel(coze, chat));
    expect(await refusal(chat)).toEqual(says('canceled'));
    upstream.finish();
  });
});

test('of several at once one is taken: its outputs are told, and the model is asked once', async () => {
  for (let round = 0; round < 3; round++) {
    const chat = await waiting(`At once ${round}`);
    const from = provider.requests.length;
    const answers = await Promise.all(
      Array.from({ length: 8 }, async (_, n) => {
        const response = await submit(coze, chat, outputsFor(chat, `from ${n}`), { stream: n % 2 === 1 });
        const body = await response.text();
        return { n, streamed: body.startsWith('event:'), body };
      }),
    );
    const won = answers.filter(({ streamed, body }) => streamed || (JSON.parse(body) as Envelope).code === 0);
    expect(won).toHaveLength(1);
    const lost = answers.filter((answer) => !won.includes(answer));
    for (const { body } of lost) expect([4000, 4016]).toContain((JSON.parse(body) as Envelope).code);
    expect(await endOf(coze, chat)).toMatchObject({ status: 'completed' });
    const messages = await messagesOf(coze, chat);
    const responses = messages.filter(({ type }) => type === 'tool_response');
    expect(responses.map(({ content }) => content)).toEqual(Array(2).fill(`from ${won[0]?.n}`));
    expect(provider.requests.slice(from)).toHaveLength(1);
    expect(messages.find(({ type }) => type === 'answer')?.content).toBe('Done.');
  }
});

test('the official client hears of a refusal as of any other', async () => {
  const chat = await waiting();
  const request = {
    conversation_id: chat.conversation_id,
    chat_id: chat.id,
    tool_outputs: [{ tool_call_id: 'nothing', output: 'x' }],
  };
  const refused = coze.client.chat.submitToolOutputs({ ...request, stream: false }).next();
  await expect(refused).rejects.toMatchObject({ code: 4000 });
  // A client that streams gets it as the one event of its stream.
  const events = [];
  for await (const event of coze.client.chat.submitToolOutputs({ ...request, stream: true }))
    events.push(event);
  expect(events).toMatchObject([{ event: 'error', data: { code: 4000 } }]);
});

test('a body that is none, or says nothing', async () => {
  const chat = await waiting();
  const path = `/v3/chat/submit_tool_outputs?conversation_id=${chat.conversation_id}&chat_id=${chat.id}`;
  const ask = (body: string) =>
    fetch(coze.url + path, {
      method: 'POST',
      headers: { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' },
      body,
    });
  for (const body of ['', '{', '[]', '"x"', 'null', '{"tool_outputs":"x"}'])
    expect([body, await codeOf(ask(body))]).toEqual([body, 4000]);
  expect((await coze.request('GET', path)).status).toBe(405);
  expect(callsOf(await retrieve(coze, chat))).toHaveLength(2);
  expect(chat.bot_id).toBe(botId('agent'));
});
