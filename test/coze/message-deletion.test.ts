import type { ChatV3Message } from '@coze/api';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { MockProvider } from '../support/mock-provider/start-mock-provider.ts';
import type { TestCoze } from '../support/parley/coze.ts';
import { codeOf, dataOf, messagesOf, user, wholeChat } from './chats.ts';
import {
  ANSWER,
  contents,
  difyTurns,
  feedback,
  IMAGE,
  listed,
  messagesApi,
  modify,
  newConversation,
  oneTurn,
  put,
  remove,
  retrieve,
  startTalking,
  suggest,
  told,
} from './message-calls.ts';

let coze: TestCoze;
let provider: MockProvider;

beforeAll(async () => {
  ({ coze, provider } = await startTalking());
});
afterAll(async () => {
  await coze.close();
  await provider.close();
});
beforeEach(() => provider.reply());

describe('delete', () => {
  test('answers the message that it deletes; nothing finds it again', async () => {
    const { id, question, answer } = await oneTurn(coze);
    const note = await put(coze, id, 'Note');
    for (const message of [note, answer, question]) {
      const deleted =
        message === note
          ? await messagesApi(coze).delete(id, note.id)
          : await dataOf(remove(coze, id, message.id));
      // The times of a turn's halves are one: the last change of either.
      expect(deleted).toEqual({ ...message, updated_at: expect.any(Number) });
      expect(await codeOf(retrieve(coze, id, message.id))).toBe(4005);
      expect(await codeOf(modify(coze, id, message.id, { content: 'x' }))).toBe(4005);
      expect(await codeOf(remove(coze, id, message.id))).toBe(4005);
    }
    expect(await listed(coze, id)).toEqual([]);
    await wholeChat(coze, 'Again', { conversation_id: id });
    expect(told(provider)).toEqual(['user: Again']);
  });

  test('an answer goes with what came with it; the question stays, and is asked again by a chat without words', async () => {
    suggest(provider);
    const { id, chat, question, answer } = await oneTurn(coze, 'Sing', 'curious');
    await feedback(coze, 'POST', id, answer.id, { feedback_type: 'like' });
    const said = await messagesOf(coze, chat);
    expect(said.map(({ type }) => type)).toEqual(['answer', 'verbose', 'follow_up']);
    await remove(coze, id, answer.id);
    expect(await messagesOf(coze, chat)).toEqual([]);
    for (const message of said) expect(await codeOf(retrieve(coze, id, message.id))).toBe(4005);
    expect(await listed(coze, id)).toEqual([{ ...question, updated_at: expect.any(Number) }]);
    const feedbacks = await coze.parley.request('curious', 'GET', '/app/feedbacks');
    expect(await feedbacks.json()).toEqual({ data: [] });

    provider.reply({ tokens: ['La la'] });
    await wholeChat(coze, '', { conversation_id: id, app: 'curious', additional_messages: [] });
    expect(
      provider.requests.find(({ body }) => body?.messages?.some(({ content }) => content === 'Sing')),
    ).toBeDefined();
    expect(await contents(coze, id)).toEqual(['Sing', 'La la']);
  });

  test('a question that is asked again is told once, before and after', async () => {
    const { id, answer } = await oneTurn(coze, 'Sing');
    await remove(coze, id, answer.id);
    await wholeChat(coze, '', { conversation_id: id, additional_messages: [] });
    expect(told(provider)).toEqual(['user: Sing']);
    await wholeChat(coze, 'More', { conversation_id: id });
    expect(told(provider)).toEqual(['user: Sing', `assistant: ${ANSWER}`, 'user: More']);
    expect(await contents(coze, id)).toEqual(['Sing', ANSWER, 'More', ANSWER]);
  });

  test('a question that failed is asked again with its files and pairs, and then told of', async () => {
    provider.reply({ status: 500 });
    const content = JSON.stringify([
      { type: 'text', text: 'See' },
      { type: 'image', file_url: IMAGE },
    ]);
    const asked = { role: 'user', content, content_type: 'object_string', meta_data: { a: 'b' } };
    const failed = await wholeChat(coze, '', { additional_messages: [asked] });
    expect(failed.status).toBe('failed');
    const id = failed.conversation_id;
    provider.reply();
    await wholeChat(coze, '', { conversation_id: id, additional_messages: [] });
    const seen = { role: 'user', content: [expect.anything(), { type: 'text', text: 'See' }] };
    expect(told(provider)).toEqual([seen]);
    expect(await listed(coze, id)).toMatchObject([{ content, meta_data: { a: 'b' } }, { content: ANSWER }]);
    await wholeChat(coze, 'More', { conversation_id: id });
    expect(told(provider)).toEqual([seen, `assistant: ${ANSWER}`, 'user: More']);
  });

  test('a question goes with its files; the answer stays and is told of', async () => {
    const { id, question, answer } = await oneTurn(coze, 'forget me');
    await messagesApi(coze).update(id, question.id, {
      content: [
        { type: 'text', text: 'secret' },
        { type: 'image', file_url: IMAGE },
      ],
      content_type: 'object_string',
    } as never);
    await remove(coze, id, question.id);
    expect(await listed(coze, id)).toEqual([expect.objectContaining({ id: answer.id })]);
    await wholeChat(coze, 'Next', { conversation_id: id });
    expect(told(provider)).toEqual([`assistant: ${ANSWER}`, 'user: Next']);
    const turns = await difyTurns(coze, 'user of forget me');
    expect(turns).toMatchObject([{ query: '', answer: ANSWER, message_files: [] }, { query: 'Next' }]);
    await remove(coze, id, answer.id);
    expect(await difyTurns(coze, 'user of forget me')).toMatchObject([{ query: 'Next' }]);
  });

  test('a query that stood alone is gone from its turn too; its answer’s end does not bring it back', async () => {
    const id = await newConversation(coze);
    const note = await put(coze, id, 'Do tell');
    await wholeChat(coze, '', { conversation_id: id, additional_messages: [], user_id: 'teller' });
    const [, answer] = await listed(coze, id);
    await remove(coze, id, answer?.id as string);
    expect(await difyTurns(coze, 'teller')).toMatchObject([{ query: 'Do tell', answer: '' }]);
    await remove(coze, id, note.id);
    expect(await difyTurns(coze, 'teller')).toEqual([]);
    expect(await listed(coze, id)).toEqual([]);
  });

  test('context that came with a query', async () => {
    const context = [user('One'), { role: 'assistant', content: 'Two', content_type: 'text' }, user('Hi')];
    const chat = await wholeChat(coze, '', { additional_messages: context });
    const id = chat.conversation_id;
    const [one, two] = (await listed(coze, id)) as [ChatV3Message, ChatV3Message];
    expect(await dataOf(remove(coze, id, one.id))).toEqual(one);
    expect(await messagesApi(coze).update(id, two.id, { content: 'Three' })).toMatchObject({
      type: 'answer',
    });
    await wholeChat(coze, 'More', { conversation_id: id });
    expect(told(provider)).toEqual(['assistant: Three', 'user: Hi', `assistant: ${ANSWER}`, 'user: More']);
  });
});
