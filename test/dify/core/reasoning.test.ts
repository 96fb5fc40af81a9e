import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Store } from '../../../src/store/open-store.ts';
import type { MockReply } from '../../support/mock-provider/mock-reply.ts';
import type { MockRequest } from '../../support/mock-provider/mock-request.ts';
import { type MockProvider, startMockProvider } from '../../support/mock-provider/start-mock-provider.ts';
import { chatApp, completionApp } from '../../support/parley/apps.ts';
import { openTestStore } from '../../support/parley/open-test-store.ts';
import { startParley, type TestParley } from '../../support/parley/start-parley.ts';
import { storedTurn } from '../../support/parley/stored-runs.ts';
import {
  answered,
  firstEvent,
  readStream,
  sendChat,
  sendCompletion,
  stop,
  streamChat,
  textOf,
} from '../../support/parley/turns.ts';

const THOUGHT = 'The human wants a colour. Which one? I take blue.';
const ANSWER = 'Blue is what I would take here. It suits you well. ';
const WHOLE = `<think>\n${THOUGHT}\n</think>${ANSWER}`;

/** The same answer as providers send it: thoughts apart, or inside the text in whatever pieces. */
const replies: [string, MockReply][] = [
  ['apart', { reasoning: [THOUGHT], tokens: [ANSWER] }],
  ['inside the text', { tokens: [`<think>\n${THOUGHT}`, `\n</think>${ANSWER}`] }],
  ['inside the text, character by character', { tokens: [...WHOLE] }],
];

let provider: MockProvider;
let parley: TestParley;
let store: Store;

beforeAll(async () => {
  provider = await startMockProvider();
  parley = await startParley({
    apps: {
      chat: chatApp({ suggested_questions_after_answer: { enabled: true } }),
      completion: completionApp(),
      spoken: chatApp({
        text_to_speech: { enabled: true, voice: 'nova', language: 'en-US', autoPlay: 'enabled' },
      }),
    },
    provider: provider.baseUrl,
  });
  store = await openTestStore(parley);
});
afterAll(async () => {
  await store.destroy();
  await parley.close();
  await provider.close();
});

const isSpeech = (request: MockRequest) => request.path.includes('speech');
const isTitle = (request: MockRequest) =>
  JSON.stringify(request.body?.messages).includes('Write a short title');

function lastMessages(): unknown {
  return provider.requests.at(-1)?.body?.messages;
}

describe('reasoning of a model', () => {
  test('is streamed as it comes, between tags, before the answer; what is stored has it too', async () => {
    provider.reply({ gate: true });
    const reader = await streamChat(parley);
    const upstream = await provider.nextRequest((request) => !request.isOver);
    const piece = async () => (await firstEvent(reader)).answer;
    upstream.sendReasoning('Let me');
    expect(await piece()).toBe('<think>\nLet me');
    upstream.sendReasoning(' think.');
    expect(await piece()).toBe(' think.');
    upstream.send('Bl');
    expect(await piece()).toBe('\n</think>Bl');
    upstream.send('ue');
    const last = await firstEvent(reader);
    expect(last.answer).toBe('ue');
    upstream.finish();
    expect((await reader.readAll()).map(({ event }) => event)).toEqual(['message_end']);
    expect((await storedTurn(store, last.message_id)).answer).toBe('<think>\nLet me think.\n</think>Blue');
  });

  test('is in blocking answers and in completions', async () => {
    provider.reply({ reasoning: ['Let me', ' think.'], tokens: ['Blue'] });
    const whole = '<think>\nLet me think.\n</think>Blue';
    expect((await answered(sendChat(parley))).answer).toBe(whole);
    expect((await answered(sendCompletion(parley))).answer).toBe(whole);
    const stream = await readStream(await sendCompletion(parley, { response_mode: 'streaming' }));
    expect(textOf(await stream.readAll())).toBe(whole);
  });

  test('without an answer it is closed', async () => {
    provider.reply({ reasoning: ['Hm.'], tokens: [] });
    expect((await answered(sendChat(parley))).answer).toBe('<think>\nHm.\n</think>');
  });
});

describe.each(replies)('thoughts %s', (_, reply) => {
  test('are not sent back to the model', async () => {
    provider.reply(reply);
    const { answer, conversation_id } = await answered(sendChat(parley, { query: 'Which colour?' }));
    expect(answer).toBe(WHOLE);
    await answered(sendChat(parley, { query: 'Why?', conversation_id }));
    expect(lastMessages()).toEqual([
      { role: 'user', content: 'Which colour?' },
      { role: 'assistant', content: ANSWER },
      { role: 'user', content: 'Why?' },
    ]);
  });

  test('are not spoken', async () => {
    provider.reply((request) => (isSpeech(request) ? {} : reply));
    const before = provider.requests.length;
    const events = await (await streamChat(parley, {}, 'spoken')).readAll();
    expect(textOf(events)).toBe(WHOLE);
    const said = provider.requests.slice(before).filter(isSpeech);
    expect(
      said
        .map(({ body }) => body?.input)
        .join('')
        .trim(),
    ).toBe(ANSWER.trim());
    const aloud = provider.requests.length;
    const { message_id } = events[0] as { message_id: string };
    const spoken = await parley.request('spoken', 'POST', '/text-to-audio', { message_id, user: 'u1' });
    expect(spoken.status).toBe(200);
    expect(provider.requests.slice(aloud).map(({ body }) => body?.input)).toEqual([ANSWER]);
  });

  test('are neither read nor written when questions are suggested', async () => {
    provider.reply(reply);
    const { message_id } = await answered(sendChat(parley, { query: 'Which colour?' }));
    provider.reply({
      ...reply,
      tokens: [...(reply.tokens ?? []).slice(0, -1), `${reply.tokens?.at(-1)}["Why [this]?"]`],
    });
    const response = await parley.request('chat', 'GET', `/messages/${message_id}/suggested?user=u1`);
    expect(await response.json()).toEqual({ result: 'success', data: ['Why [this]?'] });
    expect(JSON.stringify(lastMessages())).toContain(ANSWER);
    expect(JSON.stringify(lastMessages())).not.toContain(THOUGHT);
  });

  test('are no part of a title', async () => {
    provider.reply((request) => (isTitle(request) ? reply : { tokens: ['ok'] }));
    const { conversation_id } = await answered(sendChat(parley, { auto_generate_name: true }));
    const name = async () =>
      (
        await store
          .selectFrom('conversations')
          .select('name')
          .where('id', '=', conversation_id)
          .executeTakeFirst()
      )?.name;
    await expect.poll(name, { interval: 5, timeout: 5000 }).not.toBe('Hi');
    expect(await name()).toBe(ANSWER.trim());
  });
});

test('a turn that was stopped while the model still thought is no turn to remember', async () => {
  provider.reply({ gate: true });
  const reader = await streamChat(parley, { query: 'first' });
  const upstream = await provider.nextRequest((request) => !request.isOver);
  upstream.sendReasoning('Well');
  const { task_id, conversation_id } = await firstEvent(reader);
  await stop(parley, task_id);
  await reader.readAll();
  provider.reply();
  await answered(sendChat(parley, { query: 'second', conversation_id }));
  expect(lastMessages()).toEqual([{ role: 'user', content: 'second' }]);
  const { message_id } = await answered(sendChat(parley, { query: 'third', conversation_id }));
  provider.reply({ tokens: ['[]'] });
  await parley.request('chat', 'GET', `/messages/${message_id}/suggested?user=u1`);
  expect(JSON.stringify(lastMessages())).toContain('Human: second');
  expect(JSON.stringify(lastMessages())).not.toContain('Human: first');
});
