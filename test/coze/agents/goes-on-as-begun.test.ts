import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type MockProvider, startMockProvider } from '../../support/mock-provider/start-mock-provider.ts';
import { agentApp, chatApp } from '../../support/parley/apps.ts';
import { startCoze, type TestCoze } from '../../support/parley/coze.ts';
import {
  assistant,
  botId,
  codeOf,
  dataOf,
  type Envelope,
  endOf,
  messagesOf,
  retrieve,
  user,
  type Wire,
  wholeChat,
} from '../chats.ts';
import { DEVICE, locate, locateCall, outputsFor, resume, rounds, submit, waitingChat } from './device.ts';

const config = {
  pre_prompt: 'You are {{role}}.',
  user_input_form: [
    { 'text-input': { label: 'Role', variable: 'role', required: false, default: 'nobody' } },
  ],
  file_upload: { image: { enabled: true, number_limits: 3, transfer_methods: ['local_file'] } },
};
const definition = agentApp([locate], config);

let provider: MockProvider;
let coze: TestCoze;

beforeAll(async () => {
  provider = await startMockProvider();
  coze = await startCoze({
    apps: { agent: definition },
    provider: provider.baseUrl,
    config: { tools: [DEVICE] },
  });
});
beforeEach(() =>
  provider.reply(rounds({ tokens: ['Wait.'], toolCalls: [locateCall] }, { tokens: ['Rome.'] })),
);
afterAll(async () => {
  await coze.close();
  await provider.close();
});

const asked = () => provider.requests.at(-1)?.messages ?? [];
const contents = () => asked().map(({ content }) => content);
const system = () => contents()[0];

/** Lets it go on, to its end. */
async function goOn(chat: Wire): Promise<Wire> {
  await resume(coze, chat, 'Rome');
  return endOf(coze, chat);
}

const setRole = (name: string, value: string) =>
  coze.client.variables.update({
    bot_id: botId('agent'),
    connector_uid: name,
    data: [{ keyword: 'role', value }],
  });

describe('variables', () => {
  test('of its end user: as they were when it began; the next chat has those of now', async () => {
    await setRole('bard-like', 'a bard');
    const chat = await waitingChat(coze, 'Who?', { user_id: 'bard-like' });
    expect(system()).toBe('You are a bard.');
    await setRole('bard-like', 'a monk');
    expect(await goOn(chat)).toMatchObject({ status: 'completed' });
    expect(system()).toBe('You are a bard.');
    provider.reply({ tokens: ['Me.'] });
    const { conversation_id } = chat;
    await wholeChat(coze, 'Who?', { app: 'agent', user_id: 'bard-like', conversation_id });
    expect(system()).toBe('You are a monk.');
  });

  test('of its request, over a restart', async () => {
    const chat = await waitingChat(coze, 'Who?', { custom_variables: { role: 'a smith' } });
    await coze.parley.restart();
    await goOn(chat);
    expect(system()).toBe('You are a smith.');
  });
});

describe('what was said', () => {
  test('before it, and with it, is told again, once and in its order', async () => {
    provider.reply({ tokens: ['Hello.'] });
    const { conversation_id } = await wholeChat(coze, 'Hi', { app: 'agent' });
    provider.reply(rounds({ toolCalls: [locateCall] }, { tokens: ['Rome.'] }));
    const additional_messages = [user('Before'), assistant('Reply'), user('Where?')];
    const chat = await waitingChat(coze, '', { conversation_id, additional_messages });
    const before = contents();
    expect(before).toEqual(['You are nobody.', 'Hi', 'Hello.', 'Before', 'Reply', 'Where?']);
    await coze.parley.restart();
    await goOn(chat);
    expect(contents()).toEqual([...before, '', 'Rome']);
  });

  test('a message that waited in the conversation is its query still', async () => {
    const { id } = await dataOf(
      coze.request('POST', '/v1/conversation/create', {
        bot_id: botId('agent'),
        messages: [assistant('Ask me.'), user('Where am I?')],
      }),
    );
    const chat = await waitingChat(coze, '', { conversation_id: id, additional_messages: [] });
    const before = contents();
    await goOn(chat);
    expect(before).toEqual(['You are nobody.', 'Ask me.', 'Where am I?']);
    expect(contents()).toEqual([...before, 'Wait.', 'Rome']);
  });

  test('files of the query stay the question’s; the model has seen them, and is told that', async () => {
    const form = new FormData();
    form.append('file', new Blob(['data'], { type: 'image/png' }), 'a.png');
    const { id: file_id } = await dataOf(
      fetch(`${coze.url}/v1/files/upload`, {
        method: 'POST',
        headers: { authorization: `Bearer ${coze.client.token}` },
        body: form,
      }),
    );
    const picture = {
      role: 'user',
      content_type: 'object_string',
      content: JSON.stringify([
        { type: 'text', text: 'Where is this?' },
        { type: 'image', file_id },
      ]),
    };
    const chat = await waitingChat(coze, '', { additional_messages: [picture] });
    expect(asked()[1]?.content).toMatchObject([
      { type: 'image_url' },
      { type: 'text', text: 'Where is this?' },
    ]);
    const { data: before } = await coze.client.conversations.messages.list(chat.conversation_id);
    await coze.parley.restart();
    await goOn(chat);
    expect(asked()[1]?.content).toBe('[image]\nWhere is this?');
    const { data } = await coze.client.conversations.messages.list(chat.conversation_id);
    expect(data.map(({ type }) => type)).toEqual(['answer', 'question']);
    const files = (content: unknown) => JSON.parse(String(content)).map(({ type }: { type: string }) => type);
    expect(files(data[1]?.content)).toEqual(files(before[0]?.content));
    expect(files(data[1]?.content)).toContain('image');
  });
});

describe('its app', () => {
  const file = () => join(coze.parley.appsDir, 'agent.yml');
  const info = () => coze.request('GET', `/v1/bot/get_online_info?bot_id=${botId('agent')}`);
  const prompt = async () =>
    ((await (await info()).json()) as Envelope<{ prompt_info?: { prompt: string } } | undefined>).data
      ?.prompt_info?.prompt;
  /** Gives the app another definition, and waits for the server to read it. */
  const rewrite = async (dsl: string, said: string) => {
    await writeFile(file(), dsl);
    await expect.poll(prompt, { timeout: 10_000, interval: 20 }).toBe(said);
  };
  const restore = () => rewrite(definition, 'You are {{role}}.');
  const refusal = async (chat: Wire) => {
    const { code, msg } = (await (await submit(coze, chat, outputsFor(chat))).json()) as Envelope;
    expect(await codeOf(submit(coze, chat, outputsFor(chat), { stream: true }))).toBe(code);
    expect(await retrieve(coze, chat)).toEqual(chat);
    return [code, msg];
  };

  test('written anew: it goes on with the version that it began with, and that one’s tools', async () => {
    const chat = await waitingChat(coze, 'Where?');
    await rewrite(agentApp([], { pre_prompt: 'The new one.' }), 'The new one.');
    await goOn(chat);
    expect(system()).toBe('You are nobody.');
    expect(provider.requests.at(-1)?.tools.map(({ name }) => name)).toEqual(['get_location']);
    const { conversation_id } = chat;
    await wholeChat(coze, 'And now?', { app: 'agent', conversation_id });
    expect(system()).toBe('The new one.');
    expect(provider.requests.at(-1)?.tools).toEqual([]);
    await restore();
  });

  test('of another kind now: it cannot go on until that is taken back', async () => {
    const chat = await waitingChat(coze, 'Where?');
    await rewrite(chatApp({ pre_prompt: 'A chat.' }), 'A chat.');
    expect((await refusal(chat))[0]).toBe(4015);
    await restore();
    expect(await goOn(chat)).toMatchObject({ status: 'completed' });
  });

  test('taken away: it cannot go on, can be read, and waits for its return', async () => {
    const chat = await waitingChat(coze, 'Where?');
    await rm(file());
    await expect.poll(() => codeOf(info()), { timeout: 10_000, interval: 20 }).toBe(4200);
    expect(await refusal(chat)).toEqual([
      4200,
      expect.stringContaining(`bot_id=${botId('agent')} does not exist`),
    ]);
    expect((await messagesOf(coze, chat)).map(({ type }) => type)).toEqual(['function_call']);
    await restore();
    expect(await goOn(chat)).toMatchObject({ status: 'completed' });
  });

  test('without its tool at the next start: it cannot go on, unless the owner lets it run without', async () => {
    const [chat, other] = [await waitingChat(coze, 'Where?'), await waitingChat(coze, 'And where?')];
    await coze.parley.restart({ tools: [] });
    const [code, msg] = await refusal(chat);
    expect([code, msg]).toEqual([4015, expect.stringMatching(/get_location is missing/)]);
    await coze.parley.restart({ tools: [], app_settings: { agent: { missing_tools: 'ignore' } } });
    expect(await goOn(chat)).toMatchObject({ status: 'completed' });
    expect(contents().at(-1)).toBe('Rome');
    expect(provider.requests.at(-1)?.tools).toEqual([]);
    await coze.parley.restart();
    expect(await goOn(other)).toMatchObject({ status: 'completed' });
  });
});

test('as Dify shows it: a paused message with its thought, then an answered one', async () => {
  const chat = await waitingChat(coze, 'Where am I?', { user_id: 'shown' });
  const dify = async (path: string) =>
    (await coze.parley.request('agent', 'GET', path)).json() as Promise<{ data: Record<string, unknown>[] }>;
  const { data: conversations } = await dify('/conversations?user=shown');
  const list = () => dify(`/messages?user=shown&conversation_id=${conversations[0]?.id}`);
  const [paused] = (await list()).data;
  expect(paused).toMatchObject({
    status: 'paused',
    error: null,
    query: 'Where am I?',
    answer: 'Wait.',
    message_tokens: 10,
    answer_tokens: 1,
    agent_thoughts: [
      {
        position: 1,
        thought: 'Wait.',
        tool: 'get_location',
        tool_input: '{"get_location":{"precise": true}}',
        observation: '',
      },
    ],
  });
  await goOn(chat);
  const [answered] = (await list()).data;
  expect(answered).toMatchObject({
    id: paused?.id,
    status: 'normal',
    answer: 'Wait.\nRome.',
    message_tokens: 20,
    answer_tokens: 2,
    agent_thoughts: [
      { position: 1, thought: 'Wait.', observation: '{"get_location":"Rome"}' },
      { position: 2, thought: 'Rome.', tool: '', observation: '' },
    ],
  });
});
