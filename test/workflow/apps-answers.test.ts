import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { MockReply } from '../support/mock-provider/mock-reply.ts';
import type { MockRequest } from '../support/mock-provider/mock-request.ts';
import { answered, readStream, sendChat } from '../support/parley/turns.ts';
import {
  askedOf,
  conversationOf,
  endOf,
  lastOf,
  outputsOf,
  type RealApps,
  said,
  say,
  startApps,
  titlesIn,
} from './real-apps.ts';
import { dataOf, type Fields, finishedIn, piecesOf, shownIn } from './workflow-turns.ts';

let apps: RealApps;
beforeAll(async () => {
  apps = await startApps(['two-voices', 'handbook-lenient', 'handbook-strict', 'think-first']);
});
beforeEach(() => apps.provider.reply());
afterAll(() => apps.close());

const messagesOf = async (app: string, conversation: string, user = 'u1') => {
  const path = `/messages?conversation_id=${conversation}&user=${user}`;
  return ((await (await apps.parley.request(app, 'GET', path)).json()) as { data: Fields[] }).data;
};

describe('two-voices (0.2.0, parallel branches with an answer each, and one for both)', () => {
  test('speak in their order, whoever is ready first; both are asked at once', async () => {
    apps.provider.reply(({ body }) =>
      body?.model === 'optimist' ? { gate: true } : { tokens: [`${body?.model}`] },
    );
    const response = await sendChat(
      apps.parley,
      { query: 'Rain?', response_mode: 'streaming' },
      'two-voices',
    );
    const reader = await readStream(response);
    const optimist = await apps.provider.nextRequest(({ body }) => body?.model === 'optimist');
    const pessimist = await apps.provider.nextRequest(({ body }) => body?.model === 'pessimist');
    await pessimist.ended();
    expect(optimist.messages).toEqual([said('system', 'You are the optimist.'), said('user', 'Rain?')]);
    const begun = await reader.readUntil(({ event, data }) => {
      return event === 'node_finished' && (data as Fields).title === 'Pessimist';
    });
    optimist.send('Sun');
    optimist.send('shine');
    optimist.finish();
    const events = [...begun, ...(await reader.readAll())];
    const judge = await apps.provider.nextRequest(({ body }) => body?.model === 'judge');
    expect(lastOf(judge)).toBe('Sunshine / pessimist');
    const whole = 'Optimist: Sunshine\nPessimist: pessimist\nTogether: judge';
    expect(shownIn(events)).toBe(whole);
    expect(piecesOf(begun).join('')).toBe('Optimist: ');
    expect(finishedIn(events)).toMatchObject({
      status: 'succeeded',
      total_tokens: 12 + 11 + 11,
      total_steps: 7,
    });
    expect(await messagesOf('two-voices', conversationOf(events))).toMatchObject([{ answer: whole }]);
  });

  test('when one of them fails, so does the turn', async () => {
    const [events] = await say(apps, 'two-voices', { query: 'Rain?' }, ({ body }) =>
      body?.model === 'pessimist' ? { status: 400, error: { message: 'too sad' } } : { tokens: ['fine'] },
    );
    expect(finishedIn(events)).toMatchObject({ status: 'failed', error: expect.stringContaining('too sad') });
    expect(events.at(-1)).toMatchObject({
      event: 'error',
      code: 'invalid_param',
      message: expect.stringMatching(/^Run failed: .*too sad/),
    });
  });
});

describe('a handbook that is not on this server', () => {
  const reason = /7a1f6c0e-2b7d-4c52-9a6e-51f0c9d8e001/;

  test('handbook-lenient (0.1.4): a default value stands in, and the model answers from nothing', async () => {
    const [events, [request]] = await say(
      apps,
      'handbook-lenient',
      { query: 'Holidays?' },
      { tokens: ['No', ' idea.'] },
    );
    expect(request?.messages).toEqual([
      said('system', 'Use this:\n<handbook></handbook>'),
      said('user', 'Holidays?'),
    ]);
    expect(endOf(events, 'Handbook')).toMatchObject({
      status: 'exception',
      error: expect.stringMatching(reason),
      outputs: {
        result: [],
        error_message: expect.stringMatching(reason),
        error_type: 'DatasetNotFoundError',
      },
    });
    expect(shownIn(events)).toBe('No idea.');
    expect(finishedIn(events)).toMatchObject({ status: 'partial-succeeded', exceptions_count: 1 });
  });

  test('handbook-strict (0.5.0): the failing branch says which dataset is missing', async () => {
    const [events, requests] = await say(apps, 'handbook-strict', { query: 'Holidays?' }, {});
    expect(requests).toEqual([]);
    expect(shownIn(events)).toMatch(
      /^The handbook is closed: .*7a1f6c0e-2b7d-4c52-9a6e-51f0c9d8e001.* \(DatasetNotFoundError\)$/,
    );
    expect(titlesIn(events)).toEqual(['Start', 'Handbook', 'Sorry']);
    expect(finishedIn(events).status).toBe('partial-succeeded');
  });
});

describe('think-first (0.5.0, a model that reasons, apart from its answer)', () => {
  const thinking: MockReply = { tokens: ['<thi', 'nk>\n一二', '三</think>\n', '\n答', '案'] };

  test.each([
    ['in tags of its text', thinking],
    ['in a field of its own', { reasoning: ['\n一二', '三'], tokens: ['答', '案'] }],
  ])('%s: it is in no answer and no memory', async (_, reply) => {
    const [events, [request]] = await say(apps, 'think-first', { query: '何时？' }, reply);
    expect(askedOf(request as MockRequest)).toBe('deepseek');
    expect(request?.messages).toEqual([said('system', '先想再答。'), said('user', '何时？')]);
    expect(shownIn(events)).toBe('答案（想了3个字）');
    const { text, reasoning_content } = outputsOf(events, '推理');
    expect(text).toBe('答案');
    expect(String(reasoning_content).trim()).toBe('一二三');
    const thought = dataOf(events, 'reasoning_chunk').map(({ reasoning }) => reasoning);
    expect(thought.join('').trim()).toBe('一二三');

    const conversation_id = conversationOf(events);
    const [, [next]] = await say(apps, 'think-first', { query: '为何？', conversation_id }, thinking);
    expect(next?.messages).toEqual([
      said('system', '先想再答。'),
      said('user', '何时？'),
      said('assistant', shownIn(events)),
      said('user', '为何？'),
    ]);
  });

  test('blocking, the same answer', async () => {
    apps.provider.reply(thinking);
    const { answer } = await answered(sendChat(apps.parley, { query: '何时？' }, 'think-first'));
    expect(answer).toBe('答案（想了3个字）');
  });
});
