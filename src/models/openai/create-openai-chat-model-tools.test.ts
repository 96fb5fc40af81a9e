import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { MockReply } from '../../../test/support/mock-provider/mock-reply.ts';
import { askChatModel } from '../../../test/support/models/ask-chat-model.ts';
import {
  failure,
  hello,
  type OpenaiChat,
  startOpenaiChat,
} from '../../../test/support/models/create-openai-chat-model.fixture.ts';
import type { ChatRequest, ToolCall, ToolSpec } from '../chat-model.ts';

const weather: ToolSpec = {
  name: 'get_weather',
  description: 'Weather of a city.',
  parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
};
const withTools: ChatRequest = { ...hello, tools: [weather] };
const oslo = { name: 'get_weather', arguments: ['{"city":', '"Oslo"}'] };

let openai: OpenaiChat;
beforeEach(async () => {
  openai = await startOpenaiChat();
});
afterEach(() => openai.close());

async function callsOf(reply: MockReply): Promise<readonly ToolCall[]> {
  openai.provider.reply(reply);
  const { result, error } = await openai.ask(withTools);
  expect(error).toBeNull();
  expect(result?.finishReason).toBe('tool_calls');
  return result?.toolCalls ?? [];
}

async function sentBody(request: ChatRequest): Promise<Record<string, unknown>> {
  await openai.ask(request);
  return (await openai.provider.nextRequest()).body ?? {};
}

describe('offered tools', () => {
  test('are functions; choice and parallel calls are left to the provider', async () => {
    expect(await sentBody({ ...withTools, params: { temperature: 0.5 } })).toEqual({
      model: 'm1',
      messages: [{ role: 'user', content: 'Hi' }],
      temperature: 0.5,
      tools: [{ type: 'function', function: weather }],
      stream: true,
      stream_options: { include_usage: true },
    });
  });

  test('none: no list', async () => {
    expect(await sentBody({ ...hello, tools: [] })).not.toHaveProperty('tools');
  });

  test('are those of the request, whatever the parameters say', async () => {
    const params = { tools: [{ type: 'web_search' }], functions: [{ name: 'f' }] };
    const body = await sentBody({ ...withTools, params });
    expect(body.tools).toEqual([{ type: 'function', function: weather }]);
    expect(body).not.toHaveProperty('functions');
    expect(await sentBody({ ...hello, params })).not.toHaveProperty('tools');
  });
});

describe('answers', () => {
  test('text and reasoning stream as ever, calls come at the end', async () => {
    openai.provider.reply({ reasoning: ['hm'], tokens: ['Let me', ' see'], toolCalls: [oslo], usage: null });
    expect(await openai.ask(withTools)).toMatchObject({
      error: null,
      deltas: [
        { kind: 'reasoning', text: 'hm' },
        { kind: 'text', text: 'Let me' },
        { kind: 'text', text: ' see' },
      ],
      result: {
        finishReason: 'tool_calls',
        usage: null,
        toolCalls: [{ id: 'call_1', name: 'get_weather', arguments: '{"city":"Oslo"}' }],
      },
    });
  });

  test('several calls, one of them malformed, one without arguments', async () => {
    const calls = await callsOf({
      toolCalls: [oslo, { name: 'get_weather', arguments: '{"city":' }, { name: 'time', arguments: '' }],
    });
    expect(calls).toEqual([
      { id: 'call_1', name: 'get_weather', arguments: '{"city":"Oslo"}' },
      { id: 'call_2', name: 'get_weather', arguments: '{"city":' },
      { id: 'call_3', name: 'time', arguments: '{}' },
    ]);
  });

  test.each([
    ['in one piece', { name: 'get_weather', arguments: '{"city":"Oslo"}' }],
    ['in pieces that repeat id and name', { ...oslo, repeats: true }],
    ['without index', { ...oslo, index: null }],
    ['with one index for all', { name: 'get_weather', arguments: '{"city":"Oslo"}', index: 0 }],
  ])('two calls %s', async (_, call) => {
    expect(await callsOf({ toolCalls: [call, call] })).toEqual(
      ['call_1', 'call_2'].map((id) => ({ id, name: 'get_weather', arguments: '{"city":"Oslo"}' })),
    );
  });

  test('ids are made up where there are none, others than those of the conversation', async () => {
    openai.provider.reply({ toolCalls: [{ ...oslo, id: null }, { ...oslo, id: null }, oslo] });
    const earlier = { id: 'call_3', name: 'time', arguments: '{}' };
    const { result } = await openai.ask({
      ...withTools,
      messages: [
        ...hello.messages,
        { role: 'assistant', content: '', toolCalls: [earlier] },
        { role: 'tool', toolCallId: 'call_3', name: 'time', content: 'noon' },
      ],
    });
    const ids = result?.toolCalls.map(({ id }) => id) ?? [];
    expect(ids).toEqual([
      expect.stringMatching(/^t\w{8}$/),
      expect.stringMatching(/^t\w{8}$/),
      expect.any(String),
    ]);
    expect(new Set([...ids, 'call_3']).size).toBe(4);
  });

  test.each([
    ['whole', undefined],
    ['whole, with finish reason stop', 'stop'],
  ])('a %s message', async (_, finishReason) => {
    const calls = await callsOf({
      whole: true,
      toolCalls: [oslo, oslo],
      ...(finishReason && { finishReason }),
    });
    expect(calls).toEqual(
      ['call_1', 'call_2'].map((id) => ({ id, name: 'get_weather', arguments: '{"city":"Oslo"}' })),
    );
  });

  test.each(['stop', 'function_call', 'STOP', 'tool_use', null])(
    'finish reason %s with calls means that results are awaited',
    async (finishReason) => {
      expect(await callsOf({ toolCalls: [oslo], finishReason })).toHaveLength(1);
    },
  );

  test.each(['length', 'content_filter'] as const)(
    'an answer that broke off stays so: %s',
    async (reason) => {
      openai.provider.reply({ toolCalls: [{ ...oslo, arguments: ['{"ci'] }], finishReason: reason });
      expect((await openai.ask(withTools)).result).toMatchObject({
        finishReason: reason,
        toolCalls: [{ arguments: '{"ci' }],
      });
    },
  );

  test('a call after the finish reason puts the end off', async () => {
    const event = (delta: object, finish_reason: string | null) =>
      `data: ${JSON.stringify({ choices: [{ index: 0, delta, finish_reason }] })}\n\n`;
    const piece = (index: number) =>
      event(
        { tool_calls: [{ index, id: `c${index}`, function: { name: 'time', arguments: '{}' } }] },
        'tool_calls',
      );
    openai.provider.reply({ gate: true, done: false, finishReason: null, usage: null });
    const done = askChatModel(openai.impatient({ finishMs: 200 }), withTools);
    const request = await openai.provider.nextRequest();
    for (let index = 0; index < 5; index++) {
      request.write(piece(index));
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    expect((await done).result?.toolCalls.map(({ id }) => id)).toEqual(['c0', 'c1', 'c2', 'c3', 'c4']);
  });

  test('a stream that is cut within a call is no answer', async () => {
    openai.provider.reply({ toolCalls: [oslo], finishReason: null, done: false });
    const { error, result } = await openai.ask(withTools);
    expect(result).toBeNull();
    expect(failure(error).message).toBe('The model provider ended its answer before it was complete.');
    expect(openai.provider.requests).toHaveLength(1);
  });

  test('a failure is tried again before the first piece of a call, and not after it', async () => {
    const error = { message: 'overloaded', code: 503 };
    openai.provider.reply(() =>
      openai.provider.requests.length === 1 ? { tokens: [], error } : { toolCalls: [oslo] },
    );
    expect((await openai.ask(withTools)).result?.toolCalls).toHaveLength(1);
    expect(openai.provider.requests).toHaveLength(2);
    openai.provider.reply({ toolCalls: [{ ...oslo, arguments: [] }], error });
    expect(failure((await openai.ask(withTools)).error).message).toBe('overloaded');
    expect(openai.provider.requests).toHaveLength(3);
  });

  test('too many calls are an error that closes the connection', async () => {
    openai.provider.reply({ toolCalls: Array.from({ length: 129 }, () => oslo), hold: true });
    const { error } = await openai.ask(withTools);
    expect(failure(error).message).toBe('The model provider sent too many tool calls.');
    await (await openai.provider.nextRequest()).aborted();
  });

  test('abort closes the connection', async () => {
    openai.provider.reply({ toolCalls: [oslo], hold: true });
    const controller = new AbortController();
    const done = openai.ask(withTools, controller.signal);
    const request = await openai.provider.nextRequest();
    controller.abort('stop');
    expect(await done).toMatchObject({ error: 'stop', result: null });
    await request.aborted();
  });
});

test('a text completion model has no tools: the text of calls and results goes on', async () => {
  const model = openai.model('completion');
  const toolCalls = [{ id: 'a', name: 'get_weather', arguments: '{}' }];
  const { result } = await askChatModel(model, {
    ...withTools,
    messages: [
      { role: 'user', content: 'Weather?' },
      { role: 'assistant', content: 'One moment', toolCalls },
      { role: 'tool', toolCallId: 'a', name: 'get_weather', content: 'fine' },
    ],
  });
  expect(result).toMatchObject({ finishReason: 'stop', toolCalls: [] });
  const { body, path } = await openai.provider.nextRequest();
  expect(path).toBe('/v1/completions');
  expect(body).not.toHaveProperty('tools');
  expect(body?.prompt).toBe('Weather?\n\nOne moment\n\nfine');
});
