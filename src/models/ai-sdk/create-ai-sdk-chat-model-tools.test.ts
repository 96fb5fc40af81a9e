import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { answerToolCalls } from '../../../test/support/mock-provider/answer-tool-calls.ts';
import { askChatModel } from '../../../test/support/models/ask-chat-model.ts';
import {
  events,
  type ScriptedProvider,
  startScriptedProvider,
} from '../../../test/support/models/create-ai-sdk-chat-model.fixture.ts';
import type { ChatRequest, ToolSpec } from '../chat-model.ts';

const schema = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] };
const weather: ToolSpec = { name: 'get_weather', description: 'Weather of a city.', parameters: schema };
const request: ChatRequest = {
  messages: [{ role: 'user', content: 'Weather?' }],
  params: {},
  tools: [weather],
};

let provider: ScriptedProvider;
beforeEach(async () => {
  provider = await startScriptedProvider();
});
afterEach(() => provider.close());

/** Answers every call with `list`, each in the protocol's frame. */
function script(...list: object[]): void {
  provider.answer = (response) => {
    events(response, ...(list as { type?: string }[]));
    response.end();
  };
}

/** Asks, answers the calls, asks again: the first outcome and the body of the second request. */
async function round() {
  const model = provider.model('anthropic');
  const outcome = await askChatModel(model, request);
  expect(outcome.error).toBeNull();
  await askChatModel(model, { ...request, messages: answerToolCalls(request.messages, outcome) });
  return { outcome, body: provider.calls[1]?.body ?? {} };
}

describe('anthropic', () => {
  const start = {
    type: 'message_start',
    message: {
      id: 'm',
      type: 'message',
      role: 'assistant',
      model: 'm1',
      content: [],
      usage: { input_tokens: 9 },
    },
  };
  const block = (index: number, content_block: object, ...deltas: object[]) => [
    { type: 'content_block_start', index, content_block },
    ...deltas.map((delta) => ({ type: 'content_block_delta', index, delta })),
    { type: 'content_block_stop', index },
  ];
  const thinking = (index: number, text: string, signature: string) =>
    block(
      index,
      { type: 'thinking', thinking: '' },
      ...[...text].map((piece) => ({ type: 'thinking_delta', thinking: piece })),
      { type: 'signature_delta', signature },
    );
  const toolUse = (index: number, id: string, ...pieces: string[]) =>
    block(
      index,
      { type: 'tool_use', id, name: 'get_weather', input: {} },
      ...pieces.map((partial_json) => ({ type: 'input_json_delta', partial_json })),
    );
  const text = (index: number, words: string) =>
    block(index, { type: 'text', text: '' }, { type: 'text_delta', text: words });
  const end = (stop_reason = 'tool_use') => [
    { type: 'message_delta', delta: { stop_reason }, usage: { output_tokens: 4 } },
    { type: 'message_stop' },
  ];

  test('tools, calls in pieces, results', async () => {
    script(
      start,
      ...text(0, 'Let me see'),
      ...toolUse(1, 'toolu_1', '{"city":', '"Oslo"}'),
      ...toolUse(2, 'toolu_2'),
      ...end(),
    );
    const { outcome, body } = await round();
    expect(outcome.deltas).toEqual([{ kind: 'text', text: 'Let me see' }]);
    expect(outcome.result).toEqual({
      finishReason: 'tool_calls',
      usage: { promptTokens: 9, completionTokens: 4 },
      toolCalls: [
        { id: 'toolu_1', name: 'get_weather', arguments: '{"city":"Oslo"}' },
        { id: 'toolu_2', name: 'get_weather', arguments: '{}' },
      ],
    });
    const { body: first } = provider.calls[0] ?? {};
    expect(first?.tools).toEqual([
      { name: 'get_weather', description: 'Weather of a city.', input_schema: schema },
    ]);
    expect(first).not.toHaveProperty('tool_choice');
    expect(body.messages).toMatchObject([
      { role: 'user', content: [{ text: 'Weather?' }] },
      {
        role: 'assistant',
        content: [
          { type: 'text', text: 'Let me see' },
          { type: 'tool_use', id: 'toolu_1', name: 'get_weather', input: { city: 'Oslo' } },
          { type: 'tool_use', id: 'toolu_2', name: 'get_weather', input: {} },
        ],
      },
      {
        role: 'user',
        content: [
          { type: 'tool_result', tool_use_id: 'toolu_1', content: 'result of toolu_1' },
          { type: 'tool_result', tool_use_id: 'toolu_2', content: 'result of toolu_2' },
        ],
      },
    ]);
  });

  test('signed and redacted thoughts come back where they were, to the letter; no empty text', async () => {
    const redacted = block(1, { type: 'redacted_thinking', data: 'secret' });
    script(
      start,
      ...thinking(0, ' hm ', 'sig-1'),
      ...redacted,
      ...toolUse(2, 'toolu_1', '{"city":"Oslo"}'),
      ...thinking(3, 'and', 'sig-2'),
      ...toolUse(4, 'toolu_2', '{}'),
      ...end(),
    );
    const { outcome, body } = await round();
    expect(outcome.deltas.map((delta) => delta.kind)).not.toContain('text');
    expect((body.messages as { content: object[] }[])[1]?.content).toMatchObject([
      { type: 'thinking', thinking: ' hm ', signature: 'sig-1' },
      { type: 'redacted_thinking', data: 'secret' },
      { type: 'tool_use', id: 'toolu_1' },
      { type: 'thinking', thinking: 'and', signature: 'sig-2' },
      { type: 'tool_use', id: 'toolu_2' },
    ]);
    expect((body.messages as { content: object[] }[])[1]?.content).toHaveLength(5);
  });

  test('thoughts come before the text', async () => {
    script(start, ...thinking(0, 'hm', 'sig'), ...text(1, 'Ok'), ...toolUse(2, 'toolu_1', '{}'), ...end());
    const { body } = await round();
    expect((body.messages as { content: object[] }[])[1]?.content).toMatchObject([
      { type: 'thinking', signature: 'sig' },
      { type: 'text', text: 'Ok' },
      { type: 'tool_use' },
    ]);
  });

  test('an answer that broke off within a call', async () => {
    script(start, ...toolUse(0, 'toolu_1', '{"city":'), ...end('max_tokens'));
    const { outcome, body } = await round();
    expect(outcome.result).toMatchObject({ finishReason: 'length', toolCalls: [{ arguments: '{"city":' }] });
    expect((body.messages as { content: object[] }[])[1]?.content).toMatchObject([
      { type: 'tool_use', input: { invalid_arguments: '{"city":' } },
    ]);
  });

  test('a block that never ends is a call all the same', async () => {
    script(start, ...toolUse(0, 'toolu_1', '{"city":').slice(0, -1), ...end('max_tokens'));
    const { result } = await askChatModel(provider.model('anthropic'), request);
    expect(result?.toolCalls).toEqual([{ id: 'toolu_1', name: 'get_weather', arguments: '{"city":' }]);
  });

  test('an id that an earlier call has is replaced', async () => {
    script(start, ...toolUse(0, 'toolu_1', '{}'), ...end());
    const model = provider.model('anthropic');
    const messages = answerToolCalls(request.messages, await askChatModel(model, request));
    const { result } = await askChatModel(model, { ...request, messages });
    expect(result?.toolCalls[0]?.id).toMatch(/^t\w{8}$/);
  });

  test('calls that the provider makes itself are none of ours', async () => {
    const own = { type: 'server_tool_use', id: 'srv_1', name: 'web_search', input: {} };
    script(
      start,
      ...block(0, own, { type: 'input_json_delta', partial_json: '{}' }),
      ...text(1, 'Sun'),
      ...end('end_turn'),
    );
    expect((await askChatModel(provider.model('anthropic'), request)).result).toMatchObject({
      finishReason: 'stop',
      toolCalls: [],
    });
  });

  test('too many calls are an error', async () => {
    const many = Array.from({ length: 129 }, (_, index) => toolUse(index, `toolu_${index}`, '{}')).flat();
    script(start, ...many, ...end());
    expect((await askChatModel(provider.model('anthropic'), request)).error).toMatchObject({
      message: 'The model provider sent too many tool calls.',
    });
    script(start, ...toolUse(0, 'toolu_1', '{"a":"', 'x'.repeat(2 ** 20)), ...end());
    expect((await askChatModel(provider.model('anthropic'), request)).error).toMatchObject({
      message: 'The model provider sent tool calls that are too large.',
    });
  });
});
