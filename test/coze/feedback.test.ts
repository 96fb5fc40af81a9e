import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { MockProvider } from '../support/mock-provider/start-mock-provider.ts';
import type { TestCoze } from '../support/parley/coze.ts';
import { codeOf } from './chats.ts';
import { difyTurns, feedback, oneTurn, put, startTalking, UNKNOWN } from './message-calls.ts';

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

describe('feedback', () => {
  test('is that of the conversation’s end user in Dify, given again and taken back', async () => {
    const { id, answer } = await oneTurn(coze, 'rate me');
    const rated = async () => (await difyTurns(coze, 'user of rate me'))[0]?.feedback;
    const given = await feedback(coze, 'POST', id, answer.id, {
      feedback_type: 'unlike',
      reason_types: ['x'.repeat(30), ...Array(9).fill('wrong')],
      comment: '\u{1f600}'.repeat(250),
    });
    expect(await given.json()).toEqual({ code: 0, msg: '', detail: { logid: expect.any(String) } });
    expect(await rated()).toEqual({ rating: 'dislike' });
    const nothing = { feedback_type: 'like', reason_types: null, comment: '' };
    expect(await codeOf(feedback(coze, 'POST', id, answer.id, nothing))).toBe(0);
    expect(await rated()).toEqual({ rating: 'like' });
    for (const _ of [1, 2]) {
      const taken = await feedback(coze, 'DELETE', id, answer.id);
      expect(await taken.json()).toEqual({ code: 0, msg: '', detail: { logid: expect.any(String) } });
      expect(await rated()).toBeNull();
    }
  });

  test('of what was rated over Dify is the same', async () => {
    const { id, answer } = await oneTurn(coze, 'both');
    const [turn] = await difyTurns(coze, 'user of both');
    const body = { rating: 'like', user: 'user of both' };
    await coze.parley.request('chat', 'POST', `/messages/${turn?.id}/feedbacks`, body);
    await feedback(coze, 'DELETE', id, answer.id);
    expect((await difyTurns(coze, 'user of both'))[0]?.feedback).toBeNull();
  });

  test('is for answers of chats', async () => {
    const { id, question, answer } = await oneTurn(coze);
    const said = await put(coze, id, 'I said so', 'assistant');
    for (const message of [question.id, said.id, UNKNOWN, 'x'])
      for (const method of ['POST', 'DELETE'])
        expect(await codeOf(feedback(coze, method, id, message, { feedback_type: 'like' }))).toBe(4005);
    expect(await codeOf(feedback(coze, 'POST', UNKNOWN, answer.id, { feedback_type: 'like' }))).toBe(4002);
  });

  test.each([
    ['no type', {}],
    ['another type', { feedback_type: 'dislike' }],
    ['11 reasons', { feedback_type: 'like', reason_types: Array(11).fill('x') }],
    ['a reason of 31 characters', { feedback_type: 'like', reason_types: ['x'.repeat(31)] }],
    ['a comment of 251 characters', { feedback_type: 'like', comment: 'x'.repeat(251) }],
  ])('%s is refused', async (_, body) => {
    const { id, answer } = await oneTurn(coze);
    expect(await codeOf(feedback(coze, 'POST', id, answer.id, body))).toBe(4000);
  });
});
