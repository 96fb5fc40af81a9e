import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { MockProvider } from '../support/mock-provider/start-mock-provider.ts';
import type { TestCoze } from '../support/parley/coze.ts';
import { answered, sendChat as sendDifyChat } from '../support/parley/turns.ts';
import { upload } from '../support/parley/upload.ts';
import { beginChat, botId, cancel, codeOf, messagesOf, user, type Wire, wholeChat } from './chats.ts';
import {
  ANSWER,
  contents,
  difyTurns,
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
  UNKNOWN,
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

describe('modify', () => {
  test('answers the message at the top level', async () => {
    const { id, question } = await oneTurn(coze);
    const response = await modify(coze, id, question.id, {
      content: 'Hello',
      content_type: 'text',
      meta_data: null,
    });
    expect(await response.json()).toEqual({
      code: 0,
      msg: '',
      message: { ...question, content: 'Hello', updated_at: expect.any(Number) },
      detail: { logid: expect.any(String) },
    });
  });

  test('questions, answers and others: the model is told of them as they are now', async () => {
    const { id, question, answer } = await oneTurn(coze, 'I am Ann');
    const note = await put(coze, id, 'Note');
    expect(await messagesApi(coze).update(id, question.id, { content: 'I am Bob' })).toMatchObject({
      content: 'I am Bob',
    });
    expect(await messagesApi(coze).update(id, answer.id, { content: 'Hello Bob' })).toMatchObject({
      id: answer.id,
      type: 'answer',
      content: 'Hello Bob',
    });
    expect(await messagesApi(coze).update(id, note.id, { content: 'Notes' })).toMatchObject({
      content: 'Notes',
    });
    expect(await contents(coze, id)).toEqual(['I am Bob', 'Hello Bob', 'Notes']);
    await wholeChat(coze, 'Who am I?', { conversation_id: id });
    expect(told(provider)).toEqual([
      'user: I am Bob',
      'assistant: Hello Bob',
      'user: Notes',
      'user: Who am I?',
    ]);
    expect(await difyTurns(coze, 'user of I am Ann')).toMatchObject([
      { query: 'I am Bob', answer: 'Hello Bob' },
      { query: 'Who am I?' },
    ]);
  });

  test('what is left out stays: pairs alone, content alone, nothing at all', async () => {
    const { id, question, answer } = await oneTurn(coze);
    const note = await put(coze, id, 'Note');
    for (const message of [question, answer, note]) {
      expect(await messagesApi(coze).update(id, message.id, { meta_data: { a: '1', b: '2' } })).toMatchObject(
        {
          content: message.content,
          meta_data: { a: '1', b: '2' },
        },
      );
      const empty = { content: '', content_type: '', meta_data: null };
      for (const body of [
        { content: 'Now' },
        { content: null, content_type: null, meta_data: null },
        empty,
        {},
      ]) {
        const { message: changed } = (await (await modify(coze, id, message.id, body)).json()) as {
          message: Wire;
        };
        expect(changed).toMatchObject({ id: message.id, content: 'Now', meta_data: { a: '1', b: '2' } });
      }
      expect(await messagesApi(coze).update(id, message.id, { meta_data: {} })).toMatchObject({
        meta_data: {},
      });
    }
  });

  test('files of a question: others in their place, the same kept, and text alone', async () => {
    const parts = (...files: object[]) => [{ type: 'text', text: 'See' }, ...files];
    const a = { type: 'image', file_url: IMAGE };
    const b = { type: 'file', file_url: 'https://x.example/b.pdf' };
    const { id, question } = await oneTurn(coze, 'files');
    const change = async (content: unknown, content_type?: string) => {
      const response = await modify(coze, id, question.id, { content, content_type });
      return ((await response.json()) as { message: Wire }).message;
    };
    const now = async () => (await difyTurns(coze, 'user of files'))[0]?.message_files as Wire[];

    expect(await change(JSON.stringify(parts(a)), 'object_string')).toMatchObject({
      content_type: 'object_string',
      content: JSON.stringify(parts(a)),
    });
    const [first] = await now();
    expect(first).toMatchObject({ type: 'image', url: IMAGE });
    // As the SDK sends an array, without a type: it stays what it is.
    expect(await change(parts(b, a))).toMatchObject({ content: JSON.stringify(parts(b, a)) });
    expect(await now()).toMatchObject([{ url: b.file_url }, { url: IMAGE, id: first?.id }]);
    expect(await change(JSON.stringify([a]))).toMatchObject({ content: JSON.stringify([a]) });
    await wholeChat(coze, 'And?', { conversation_id: id });
    expect(told(provider)[0]).toMatchObject({ role: 'user', content: [{ type: 'image_url' }] });
    expect(await change('Nothing to see')).toMatchObject({ content: 'Nothing to see', content_type: 'text' });
    expect(await now()).toEqual([]);
    await wholeChat(coze, 'And?', { conversation_id: id });
    expect(told(provider)[0]).toBe('user: Nothing to see');
  });

  test('files that the end user uploaded over Dify can stay, and not be taken elsewhere', async () => {
    const response = await upload(
      coze.parley,
      { name: 'a.png', type: 'image/png', data: 'x' },
      { user: 'up' },
    );
    const file = (await response.json()) as Wire;
    const files = [{ type: 'image', transfer_method: 'local_file', upload_file_id: file.id }];
    await answered(sendDifyChat(coze.parley, { user: 'up', files }));
    const { conversations } = await coze.client.conversations.list({ bot_id: botId('chat'), page_size: 1 });
    const id = conversations[0]?.id as string;
    const [question] = await listed(coze, id);
    const [, image] = JSON.parse(question?.content as string);
    const content = JSON.stringify([{ type: 'text', text: 'Other words' }, image]);
    const changed = await messagesApi(coze).update(id, question?.id as string, {
      content,
      content_type: 'object_string',
    });
    expect(changed).toMatchObject({ content });
    const note = await put(coze, id, 'Note');
    const body = { content, content_type: 'object_string' };
    expect(await codeOf(modify(coze, id, note.id, body))).toBe(4000);
    expect(
      await codeOf(modify(coze, id, note.id, { ...body, content: JSON.stringify([image, image]) })),
    ).toBe(4000);
  });

  test('files of a message that stands alone, also once it is the query of a turn', async () => {
    const id = await newConversation(coze);
    const note = await put(coze, id, 'Note');
    const content = JSON.stringify([
      { type: 'text', text: 'See' },
      { type: 'image', file_url: IMAGE },
    ]);
    const seen = { role: 'user', content: [expect.anything(), { type: 'text', text: 'See' }] };
    await messagesApi(coze).update(id, note.id, { content, content_type: 'object_string' });
    await wholeChat(coze, '', { conversation_id: id, additional_messages: [], user_id: 'standing' });
    expect(told(provider)).toEqual([seen]);
    expect(await difyTurns(coze, 'standing')).toMatchObject([
      { query: 'See', message_files: [{ url: IMAGE }] },
    ]);
    await messagesApi(coze).update(id, note.id, { content: 'Hear' });
    expect(await difyTurns(coze, 'standing')).toMatchObject([{ query: 'Hear', message_files: [] }]);
    expect(await contents(coze, id)).toEqual(['Hear', ANSWER]);
    await wholeChat(coze, 'Now?', { conversation_id: id });
    expect(told(provider)).toEqual(['user: Hear', `assistant: ${ANSWER}`, 'user: Now?']);
  });

  test('what is refused, and changes nothing', async () => {
    const { id, question, answer } = await oneTurn(coze);
    const image = '[{"type":"image","file_url":"https://x.example/a.png"}]';
    const many = JSON.stringify(Array(4).fill({ type: 'image', file_url: IMAGE }));
    const code = (message: string, body: unknown) => codeOf(modify(coze, id, message, body));
    expect(await code(answer.id, { content: image, content_type: 'object_string' })).toBe(4000);
    expect(await code(question.id, { content: 'x', content_type: 'object_string' })).toBe(4000);
    expect(await code(question.id, { content: many, content_type: 'object_string' })).toBe(4000);
    expect(await code(question.id, { content: 'x', content_type: 'card' })).toBe(4000);
    expect(await code(question.id, { content: 'x', meta_data: { '': 'x' } })).toBe(4003);
    expect(await code(UNKNOWN, { content: 'x' })).toBe(4005);
    expect(await codeOf(modify(coze, UNKNOWN, question.id, { content: 'x' }))).toBe(4002);
    expect(await listed(coze, id)).toEqual([question, answer]);
    const blind = await oneTurn(coze, 'Hi', 'blind');
    const refused = modify(coze, blind.id, blind.question.id, {
      content: image,
      content_type: 'object_string',
    });
    expect(await codeOf(refused)).toBe(4000);
  });
});

test('no message of a running chat is changed or deleted, canceled or not; others are', async () => {
  const id = await newConversation(coze);
  const note = await put(coze, id, 'Note');
  provider.reply({ gate: true });
  const chat = await beginChat(coze, '', {
    conversation_id: id,
    additional_messages: [
      user('Context'),
      { role: 'assistant', content: 'Yes', content_type: 'text' },
      user('Hi'),
    ],
  });
  const upstream = await provider.nextRequest((request) => !request.isOver);
  const running = (await listed(coze, id)).slice(1);
  expect(running.map(({ content }) => content)).toEqual(['Context', 'Yes', 'Hi']);
  const refused = async () => {
    for (const message of running) {
      expect(await codeOf(modify(coze, id, message.id, { content: 'x' }))).toBe(4016);
      expect(await codeOf(remove(coze, id, message.id))).toBe(4016);
    }
  };
  await refused();
  await cancel(coze, chat);
  await refused();
  expect(await messagesApi(coze).update(id, note.id, { content: 'Changed' })).toMatchObject({
    content: 'Changed',
  });
  const late = await put(coze, id, 'Meanwhile');
  upstream.send('Done');
  upstream.finish();
  await expect
    .poll(() => contents(coze, id))
    .toEqual(['Changed', 'Context', 'Yes', 'Hi', 'Done', 'Meanwhile']);
  for (const message of [...running, late]) expect(await codeOf(remove(coze, id, message.id))).toBe(0);
});

test('the query of a running chat that stood alone is not changed either', async () => {
  const id = await newConversation(coze);
  const note = await put(coze, id, 'Note');
  provider.reply({ gate: true });
  await beginChat(coze, '', { conversation_id: id, additional_messages: [] });
  const upstream = await provider.nextRequest((request) => !request.isOver);
  expect(await codeOf(modify(coze, id, note.id, { content: 'x' }))).toBe(4016);
  expect(await codeOf(remove(coze, id, note.id))).toBe(4016);
  upstream.finish();
  await expect.poll(() => codeOf(modify(coze, id, note.id, { content: 'x' }))).toBe(0);
});

test('the end of an answer and suggested questions are found, and not changed', async () => {
  suggest(provider);
  const { id, chat } = await oneTurn(coze, 'Hi', 'curious');
  const [, verbose, followUp] = (await messagesOf(coze, chat)) as [Wire, Wire, Wire];
  for (const message of [verbose, followUp]) {
    expect(await codeOf(retrieve(coze, id, message.id))).toBe(0);
    expect(await codeOf(modify(coze, id, message.id, { content: 'x' }))).toBe(4005);
    expect(await codeOf(remove(coze, id, message.id))).toBe(4005);
  }
});
