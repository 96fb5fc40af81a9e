import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import * as z from 'zod';
import type { Store } from '../../src/store/open-store.ts';
import { CozeError } from '../../src/surfaces/coze/coze-error.ts';
import { codeOf } from '../coze/chats.ts';
import { type MockProvider, startMockProvider } from '../support/mock-provider/start-mock-provider.ts';
import type { TestCoze } from '../support/parley/coze.ts';
import { openTestStore } from '../support/parley/open-test-store.ts';
import { sendChat as sendDifyChat } from '../support/parley/turns.ts';
import { calls } from './coze-ask.ts';
import { difference, settledRows } from './coze-rows.ts';
import { as, type CozeThings, makeThings, objectString, startHouse, TOKENS } from './coze-victim.ts';

let provider: MockProvider;
let coze: TestCoze;
let store: Store;
let alice: TestCoze;
let things: CozeThings;

beforeAll(async () => {
  provider = await startMockProvider();
  coze = await startHouse(provider);
  store = await openTestStore(coze.parley);
  alice = as(coze, TOKENS.alice);
  things = await makeThings(coze, 'chat', TOKENS.alice, 'word');
});
afterAll(async () => {
  await store.destroy();
  await coze.close();
  await provider.close();
});

const pairs = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, n) => [`k${n}`, 'v']));
const text = objectString({ type: 'text', text: 'Hi' });
const query = () => `?conversation_id=${things.conversation_id}`;

describe('huge bodies', () => {
  const fields = calls.flatMap(([name, { body }]) =>
    body instanceof z.ZodObject
      ? Object.entries(body.shape).map(
          ([field, schema]) => [`${name} ${field}`, schema as z.ZodType] as const,
        )
      : [],
  );

  // Each complaint has a path and words: one of ten millions would be gigabytes, and a minute in which nobody is heard.
  test.each(fields)('%s: complaints of few elements are enough', (_, schema) => {
    const wrong = [0, {}, [], { type: 'text', text: 0 }, 'x'.repeat(100_000), null];
    for (const element of wrong) {
      for (const flood of [Array(20_000).fill(element), Object.fromEntries(Array(20_000).entries())]) {
        try {
          const { error } = schema.safeParse(flood);
          expect(error?.issues.length ?? 0).toBeLessThanOrEqual(3_003);
        } catch (error) {
          expect(error).toBeInstanceOf(CozeError);
        }
      }
    }
  });

  const floods: readonly (readonly [string, number, () => [string, string, object]])[] = [
    ['messages of a chat', 4004, () => chat({ additional_messages: Array(20_000).fill(text) })],
    ['messages of a conversation', 4004, () => create({ messages: Array(20_000).fill(text) })],
    [
      'parts of a message',
      4000,
      () => chat({ additional_messages: [parts(200_000, { type: 'text', text: 'x' }), text] }),
    ],
    ['files of a message', 4000, () => chat({ additional_messages: [parts(200_000, picture()), text] })],
    ['files of a message, fewer', 4000, () => chat({ additional_messages: [parts(900, picture()), text] })],
    [
      'addresses of a message',
      4000,
      () => chat({ additional_messages: [parts(900, { type: 'image', file_url: 'http://x/' }), text] }),
    ],
    [
      'files of a new message',
      4000,
      () => ['POST', `/v1/conversation/message/create${query()}`, parts(900, picture())],
    ],
    ['more values than any body means', 4000, () => chat({ additional_messages: Array(200_000).fill(0) })],
    ['pairs of a chat', 4003, () => chat({ meta_data: pairs(1000) })],
    ['very many pairs of a chat', 4003, () => chat({ meta_data: pairs(90_000) })],
    [
      'pairs of its messages',
      4003,
      () => chat({ additional_messages: [{ ...text, meta_data: pairs(1000) }] }),
    ],
    ['pairs of a conversation', 4003, () => create({ meta_data: pairs(1000) })],
    ['pairs of its first messages', 4003, () => create({ messages: [{ ...text, meta_data: pairs(1000) }] })],
    [
      'pairs of a message',
      4003,
      () => ['POST', `/v1/conversation/message/create${query()}`, { ...text, meta_data: pairs(1000) }],
    ],
    [
      'pairs of a changed message',
      4003,
      () => [
        'POST',
        `/v1/conversation/message/modify${query()}&message_id=${things.message_id}`,
        { meta_data: pairs(1000) },
      ],
    ],
    [
      'variables',
      4000,
      () => [
        'PUT',
        '/v1/variables',
        { bot_id: things.bot_id, data: Array(20_000).fill({ keyword: 'secret', value: 'x' }) },
      ],
    ],
    [
      'reasons',
      4000,
      () => [
        'POST',
        `/v1/conversations/${things.conversation_id}/messages/${things.message_id}/feedback`,
        { feedback_type: 'like', reason_types: Array(90_000).fill('x') },
      ],
    ],
    [
      'outputs',
      4000,
      () => [
        'POST',
        `/v3/chat/submit_tool_outputs${query()}&chat_id=${things.chat_id}`,
        { tool_outputs: Array(20_000).fill({ tool_call_id: '1', output: 'x' }) },
      ],
    ],
  ];
  const chat = (more: object): [string, string, object] => {
    const { bot_id, user } = things;
    return ['POST', '/v3/chat', { bot_id, user_id: user, additional_messages: [text], ...more }];
  };
  const create = (body: object): [string, string, object] => ['POST', '/v1/conversation/create', body];
  const parts = (count: number, part: object) => ({
    ...text,
    content: JSON.stringify(Array(count).fill(part)),
  });
  const picture = () => ({ type: 'image', file_id: things.file_id });

  test.each(floods)('%s: %i, and nothing is stored', async (_, code, make) => {
    const before = await settledRows(store);
    const response = await alice.request(...make());
    expect(response.status).toBe(200);
    expect(await codeOf(response)).toBe(code);
    expect(difference(before, await settledRows(store))).toEqual([]);
  });

  test('files of a message of the Service API, which the same query looks for', async () => {
    const files = Array.from({ length: 20_000 }, () => ({
      type: 'image',
      transfer_method: 'local_file',
      upload_file_id: randomUUID(),
    }));
    const response = await sendDifyChat(coze.parley, { files });
    expect(await response.json()).toMatchObject({ status: 400, message: 'Invalid upload file' });
  });

  test('any number of variables that the bot has not is no matter', async () => {
    const given = { ...pairs(40_000), secret: 'ok' };
    expect(await codeOf(alice.request(...chat({ custom_variables: given, parameters: pairs(40_000) })))).toBe(
      0,
    );
    await settledRows(store);
    const prompts = provider.requests.map(({ body }) => String(body?.messages?.[0]?.content));
    expect(prompts.findLast((prompt) => prompt.startsWith('A prompt'))).toMatch(/\. ok$/);
  });
});
