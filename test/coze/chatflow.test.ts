import type { StreamChatData } from '@coze/api';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { MockReply } from '../support/mock-provider/mock-reply.ts';
import type { MockRequest } from '../support/mock-provider/mock-request.ts';
import { type MockProvider, startMockProvider } from '../support/mock-provider/start-mock-provider.ts';
import { startCoze, type TestCoze } from '../support/parley/coze.ts';
import { answered, sendChat as sendDifyChat } from '../support/parley/turns.ts';
import { answerNode, endNode, graphApp, llmNode, startNode } from '../workflow/graph-app.ts';
import {
  beginChat,
  botId,
  cancel,
  chatOf,
  codeOf,
  dataOf,
  deltasOf,
  endOf,
  messagesOf,
  namesOf,
  retrieve,
  sendChat,
  streamChat,
  user,
  type Wire,
  wholeChat,
} from './chats.ts';

const memory = { window: { enabled: false, size: 10 }, query_prompt_template: '{{#sys.query#}}' };
const system = (text: string) => ({ prompt_template: [{ role: 'system', text }], memory });
const set = (name: string, operation: string, value: readonly string[] | number) => ({
  ...{ variable_selector: ['conversation', name], operation, value },
  input_type: typeof value === 'number' ? 'constant' : 'variable',
});

let provider: MockProvider;
let coze: TestCoze;

beforeAll(async () => {
  provider = await startMockProvider();
  coze = await startCoze({
    provider: provider.baseUrl,
    apps: {
      // Two models, the second of which is not heard; a text before and after the first.
      flow: graphApp(
        'advanced-chat',
        {
          start: startNode({ variable: 'name', type: 'text-input', default: 'friend' }),
          note: {
            ...{ type: 'assigner', version: '2' },
            items: [set('last', 'over-write', ['sys', 'query']), set('turns', '+=', 1)],
          },
          say: llmNode('', system('Turn {{#conversation.turns#}} of {{#start.name#}}.')),
          judge: llmNode('Judge {{#say.text#}}'),
          answer: answerNode('{{#conversation.turns#}}: {{#say.text#}}!'),
        },
        {
          name: 'A chatflow',
          conversation_variables: [
            { id: 'v1', name: 'last', value_type: 'string', value: 'nothing', description: '' },
            { id: 'v2', name: 'turns', value_type: 'number', value: 0, description: '' },
          ],
          features: { opening_statement: 'Welcome!', suggested_questions: ['What now?'] },
        },
      ),
      // Speaks before its model fails.
      failing: graphApp('advanced-chat', {
        start: startNode(),
        first: answerNode('Before. '),
        say: llmNode('{{#sys.query#}}'),
        answer: answerNode('{{#say.text#}}'),
      }),
      // A workflow talks with nobody.
      work: graphApp('workflow', {
        start: startNode('text'),
        end: endNode({ text: ['start', 'text'] }),
      }),
    },
  });
});
beforeEach(() => provider.reply(replies));
afterAll(async () => {
  await coze.close();
  await provider.close();
});

function replies({ messages }: MockRequest): MockReply {
  const judges = String(messages[0]?.content).startsWith('Judge');
  return judges
    ? { tokens: ['Good'], usage: { prompt_tokens: 7, completion_tokens: 1 } }
    : { tokens: ['Hel', 'lo'], usage: { prompt_tokens: 100, completion_tokens: 20 } };
}
const isSaying = ({ messages, isOver }: MockRequest) => messages[0]?.role === 'system' && !isOver;
const FLOW = { app: 'flow' };
const USED = { token_count: 128, output_count: 21, input_count: 107 };

describe('a chatflow is a bot', () => {
  test('listed and described; a workflow is neither', async () => {
    const { items } = await coze.client.bots.listNew({});
    expect(items.map(({ id }) => id).toSorted()).toEqual([botId('flow'), botId('failing')].toSorted());
    const bot = await coze.client.bots.retrieveNew(botId('flow'));
    expect(bot).toMatchObject({
      name: 'A chatflow',
      onboarding_info: { prologue: 'Welcome!', suggested_questions: ['What now?'] },
    });
    const unknown = '7379462189365198898';
    for (const id of [botId('work'), unknown]) {
      await expect(coze.client.bots.retrieveNew(id)).rejects.toMatchObject({ code: 4200 });
      for (const stream of [true, false]) {
        const response = await sendChat(coze, 'Hi', { bot_id: id, stream });
        expect(response.headers.get('content-type')).toMatch(/^application\/json/);
        expect(await codeOf(response)).toBe(4200);
      }
      await expect(coze.client.conversations.list({ bot_id: id })).rejects.toMatchObject({ code: 4200 });
    }
  });

  test('streamed by the official client: the events of a chat, the text as it is made, all tokens', async () => {
    const events: StreamChatData[] = [];
    for await (const event of coze.client.chat.stream({
      bot_id: botId('flow'),
      user_id: 'streamer',
      additional_messages: [user('Hi') as never],
    }))
      events.push(event);
    const told = events as unknown as { event: string; data: Wire }[];
    expect(namesOf(told)).toEqual([
      'chat.created',
      'chat.in_progress',
      ...Array(5).fill('message.delta'),
      'message.completed',
      'message.completed',
      'chat.completed',
      'done',
    ]);
    const deltas = told.filter(({ event }) => event.endsWith('delta')).map(({ data }) => data.content);
    expect(deltas).toEqual(['1', ': ', 'Hel', 'lo', '!']);
    const [answer, verbose] = told.filter(({ event }) => event.endsWith('message.completed'));
    expect(answer?.data).toMatchObject({ type: 'answer', role: 'assistant', content: '1: Hello!' });
    expect(verbose?.data).toMatchObject({
      type: 'verbose',
      content: expect.stringContaining('"finish_reason'),
    });
    expect(told.at(-2)?.data).toMatchObject({
      ...{ status: 'completed', usage: USED, last_error: { code: 0, msg: '' } },
    });
  });

  test('a piece arrives before the model has said the next', async () => {
    provider.reply((request) => (isSaying(request) ? { gate: true } : replies(request)));
    const reader = await streamChat(coze, 'Hi', FLOW);
    const upstream = await provider.nextRequest(isSaying);
    upstream.send('One');
    let said = '';
    while (!said.endsWith('One')) said += (await reader.until('conversation.message.delta')).content;
    expect(said).toBe('1: One');
    upstream.send(' two');
    expect((await reader.until('conversation.message.delta')).content).toBe(' two');
    upstream.finish();
    expect(namesOf(await reader.rest()).at(-1)).toBe('done');
  });

  test('not streamed: in progress, then completed, with its messages', async () => {
    const request = { bot_id: botId('flow'), user_id: 'poller', additional_messages: [user('Hi') as never] };
    const { chat, messages } = await coze.client.chat.createAndPoll(request);
    expect(chat).toMatchObject({ status: 'completed', usage: USED });
    expect(messages).toMatchObject([{ type: 'answer', content: '1: Hello!' }, { type: 'verbose' }]);
    const list = await coze.client.conversations.messages.list(chat.conversation_id, { order: 'asc' });
    expect(list.data.map(({ role, content }) => `${role}: ${content}`)).toEqual([
      'user: Hi',
      'assistant: 1: Hello!',
    ]);

    provider.reply((request) => (isSaying(request) ? { gate: true } : replies(request)));
    const second = await beginChat(coze, 'More', { ...FLOW, conversation_id: chat.conversation_id });
    expect(second.status).toBe('in_progress');
    expect(await retrieve(coze, second)).toMatchObject({ status: 'in_progress' });
    const upstream = await provider.nextRequest(isSaying);
    expect(upstream.messages).toEqual([
      { role: 'system', content: 'Turn 2 of friend.' },
      ...[user('Hi'), { role: 'assistant', content: '1: Hello!' }, user('More')].map(({ role, content }) => ({
        role,
        content,
      })),
    ]);
    upstream.send('Bye');
    upstream.finish();
    expect(await endOf(coze, second)).toMatchObject({ status: 'completed' });
    expect(await messagesOf(coze, second)).toMatchObject([{ content: '2: Bye!' }, { type: 'verbose' }]);
  });

  test('variables of the chat fill the form of the start node', async () => {
    await wholeChat(coze, 'Hi', { ...FLOW, custom_variables: { name: 'Ada' } });
    const asked = provider.requests.findLast(({ messages }) => messages[0]?.role === 'system');
    expect(asked?.messages[0]?.content).toBe('Turn 1 of Ada.');
  });
});

describe('cancel', () => {
  test('gives up the turn at once, and a new chat may begin that knows nothing of it', async () => {
    provider.reply((request) => (isSaying(request) ? { gate: true } : replies(request)));
    const reader = await streamChat(coze, 'Forget me', FLOW);
    const chat = await reader.until('conversation.chat.created');
    const upstream = await provider.nextRequest(isSaying);
    upstream.send('Half');
    let said = '';
    while (!said.endsWith('Half')) said += (await reader.until('conversation.message.delta')).content;
    const canceled = await coze.client.chat.cancel(chat.conversation_id, chat.id);
    expect(canceled).toMatchObject({ id: chat.id, status: 'canceled' });
    expect(await retrieve(coze, chat)).toMatchObject({ status: 'canceled' });

    const next = await streamChat(coze, 'What now?', { ...FLOW, conversation_id: chat.conversation_id });
    const second = await provider.nextRequest(isSaying);
    expect(second.messages.slice(1)).toEqual([{ role: 'user', content: 'What now?' }]);
    second.send('Next');
    second.finish();
    expect(await next.until('conversation.chat.completed')).toMatchObject({ status: 'completed' });

    // By Coze's contract the canceled one streams on to its end.
    upstream.finish();
    const rest = await reader.rest();
    expect(namesOf(rest).slice(-2)).toEqual(['chat.completed', 'done']);
    expect(rest.at(-2)?.data).toMatchObject({ status: 'canceled' });
    expect(await codeOf(cancel(coze, chat))).toBe(0);
  });

  test('with `cancel: interrupt` it reaches the model, and nothing begins after it', async () => {
    const app = graphApp('advanced-chat', {
      start: startNode(),
      say: llmNode('{{#sys.query#}}'),
      judge: llmNode('Judge {{#say.text#}}'),
      answer: answerNode('{{#say.text#}}'),
    });
    const strict = await startCoze({
      apps: { flow: app },
      provider: provider.baseUrl,
      config: { coze: { cancel: 'interrupt' } },
    });
    const before = provider.requests.length;
    provider.reply({ tokens: ['Half'], hold: 1 });
    const reader = await streamChat(strict, 'Interrupt me', FLOW);
    const chat = await reader.until('conversation.chat.created');
    const upstream = await provider.nextRequest(({ messages }) => messages[0]?.content === 'Interrupt me');
    await reader.until('conversation.message.delta');
    await dataOf(cancel(strict, chat));
    await upstream.aborted();
    const rest = await reader.rest();
    expect(rest.at(-2)?.data).toMatchObject({ status: 'canceled' });
    expect(provider.requests).toHaveLength(before + 1);
    await strict.close();
  });
});

describe('a chatflow that fails', () => {
  const FAILING = { app: 'failing' };
  beforeEach(() => provider.reply({ status: 400, error: { message: 'I am broken' } }));

  test('is a failed chat with the reason; what it had said is kept', async () => {
    const events = await (await streamChat(coze, 'Hi', FAILING)).rest();
    expect(namesOf(events)).toEqual([
      'chat.created',
      'chat.in_progress',
      'message.delta',
      'chat.failed',
      'done',
    ]);
    expect(deltasOf(events).content).toBe('Before. ');
    const failed = events.at(-2)?.data as Wire;
    expect(failed).toMatchObject({
      status: 'failed',
      last_error: { msg: expect.stringMatching(/^Run failed: .*I am broken/) },
    });
    expect((failed.last_error as { code: number }).code).toBe(5000);
    expect(await retrieve(coze, chatOf(events))).toEqual({ ...failed, failed_at: expect.any(Number) });
    expect(await messagesOf(coze, chatOf(events))).toMatchObject([{ type: 'answer', content: 'Before. ' }]);
  });

  test('polled, the same; and the conversation goes on', async () => {
    const { chat, messages } = await coze.client.chat.createAndPoll({
      bot_id: botId('failing'),
      user_id: 'u1',
      additional_messages: [user('Hi') as never],
    });
    expect(chat).toMatchObject({ status: 'failed', last_error: { msg: expect.stringContaining('broken') } });
    expect(messages).toMatchObject([{ content: 'Before. ' }]);
    provider.reply({ tokens: ['Well'] });
    const { conversation_id } = chat;
    const next = await wholeChat(coze, 'Again', { ...FAILING, conversation_id });
    expect(next).toMatchObject({ status: 'completed', conversation_id });
    expect(await messagesOf(coze, next)).toMatchObject([{ content: 'Before. Well' }, { type: 'verbose' }]);
  });
});

describe('a conversation shared with Dify', () => {
  const dify = async (path: string) =>
    (await (await coze.parley.request('flow', 'GET', path)).json()) as { data: Record<string, unknown>[] };
  const variablesOf = async (conversation: string) => {
    const { data } = await dify(`/conversations/${conversation}/variables?user=shared`);
    return Object.fromEntries(data.map(({ name, value }) => [name, value]));
  };

  test('conversation variables go on from turn to turn, whoever asks', async () => {
    const first = await wholeChat(coze, 'From Coze', { ...FLOW, user_id: 'shared' });
    const [conversation] = (await dify('/conversations?user=shared')).data;
    const conversation_id = String(conversation?.id);
    expect(await variablesOf(conversation_id)).toMatchObject({ last: 'From Coze', turns: '1' });

    const turn = { query: 'From Dify', user: 'shared', conversation_id };
    expect(await answered(sendDifyChat(coze.parley, turn, 'flow'))).toMatchObject({ answer: '2: Hello!' });
    expect(await variablesOf(conversation_id)).toMatchObject({ last: 'From Dify', turns: '2' });

    const third = await wholeChat(coze, 'Coze again', {
      ...FLOW,
      ...{ user_id: 'shared', conversation_id: first.conversation_id },
    });
    expect(await messagesOf(coze, third)).toMatchObject([{ content: '3: Hello!' }, { type: 'verbose' }]);
    expect(await variablesOf(conversation_id)).toMatchObject({ last: 'Coze again', turns: '3' });
    const { data } = await dify(`/messages?user=shared&conversation_id=${conversation_id}`);
    expect(data.map(({ query, answer }) => `${query} ${answer}`)).toEqual([
      'From Coze 1: Hello!',
      'From Dify 2: Hello!',
      'Coze again 3: Hello!',
    ]);
  });
});
