import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { answerToolCalls } from '../../../test/support/mock-provider/answer-tool-calls.ts';
import { bedrockFrames } from '../../../test/support/mock-provider/bedrock-frames.ts';
import { askChatModel } from '../../../test/support/models/ask-chat-model.ts';
import {
  events,
  type ScriptedProvider,
  startScriptedProvider,
} from '../../../test/support/models/create-ai-sdk-chat-model.fixture.ts';
import type { ProviderConfig } from '../../config/config.ts';
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
async function round(type: ProviderConfig['type'], name: string) {
  const model = provider.model(type, { region: 'eu-west-1' }, name);
  const outcome = await askChatModel(model, request);
  expect(outcome.error).toBeNull();
  await askChatModel(model, { ...request, messages: answerToolCalls(request.messages, outcome) });
  return { outcome, body: provider.calls[1]?.body ?? {} };
}

describe('google', () => {
  const chunk = (parts: object[], finishReason?: string) => ({
    candidates: [{ content: { role: 'model', parts }, ...(finishReason && { finishReason }) }],
    usageMetadata: { promptTokenCount: 5, candidatesTokenCount: 2, totalTokenCount: 7 },
  });

  test('tools, parallel calls without ids, their signature, results in one message', async () => {
    script(
      chunk([{ text: 'hm', thought: true }]),
      chunk([
        { functionCall: { name: 'get_weather', args: { city: 'Oslo' } }, thoughtSignature: 'sig==' },
        { functionCall: { name: 'get_weather', args: { city: 'Rome' } } },
      ]),
      chunk([], 'STOP'),
    );
    const { outcome, body } = await round('google', 'gemini-3-pro');
    const { finishReason, toolCalls = [] } = outcome.result ?? {};
    expect(finishReason).toBe('tool_calls');
    expect(toolCalls.map(({ arguments: text }) => text)).toEqual(['{"city":"Oslo"}', '{"city":"Rome"}']);
    const [first, second] = toolCalls.map(({ id }) => id);
    expect(first).not.toBe(second);
    expect(provider.calls[0]?.body.tools).toMatchObject([
      { functionDeclarations: [{ name: 'get_weather', description: 'Weather of a city.' }] },
    ]);
    const call = (city: string) => ({ functionCall: { name: 'get_weather', args: { city } } });
    const response = (id?: string) => ({
      functionResponse: { name: 'get_weather', response: { content: `result of ${id}` } },
    });
    expect(body.contents).toMatchObject([
      { role: 'user' },
      { role: 'model', parts: [{ ...call('Oslo'), thoughtSignature: 'sig==' }, call('Rome')] },
      { role: 'user', parts: [response(first), response(second)] },
    ]);
    const model = (body.contents as { parts: object[] }[])[1];
    expect(model?.parts).toHaveLength(2);
    expect(model?.parts[1]).not.toHaveProperty('thoughtSignature');
  });

  test('a failure is tried again before the first piece of a call, and not after it', async () => {
    const call = chunk([{ functionCall: { name: 'get_weather', args: {} } }]);
    const overloaded = { error: { code: 503, message: 'Overloaded', status: 'UNAVAILABLE' } };
    provider.answer = (response, number) => {
      events(response, ...(number === 1 ? [chunk([]), overloaded] : [call, overloaded]));
      response.end();
    };
    const { error } = await askChatModel(provider.model('google'), request);
    expect(error).toMatchObject({ message: 'Overloaded' });
    expect(provider.calls).toHaveLength(2);
  });
});

describe('azure', () => {
  test('tools, a call in pieces, its result', async () => {
    const delta = (piece: object, finish_reason: string | null = null) => ({
      choices: [{ index: 0, delta: { tool_calls: [{ index: 0, ...piece }] }, finish_reason }],
    });
    script(
      delta({ id: 'call_1', type: 'function', function: { name: 'get_weather', arguments: '' } }),
      delta({ function: { arguments: '{"city":' } }),
      delta({ function: { arguments: '"Oslo"}' } }),
      { choices: [{ index: 0, delta: {}, finish_reason: 'tool_calls' }] },
    );
    const { outcome, body } = await round('azure', 'gpt-4o');
    expect(outcome.result).toMatchObject({
      finishReason: 'tool_calls',
      toolCalls: [{ id: 'call_1', name: 'get_weather', arguments: '{"city":"Oslo"}' }],
    });
    expect(body.tools).toMatchObject([
      { type: 'function', function: { name: 'get_weather', parameters: schema } },
    ]);
    expect(body.messages).toMatchObject([
      { role: 'user' },
      { tool_calls: [{ id: 'call_1', function: { name: 'get_weather', arguments: '{"city":"Oslo"}' } }] },
      { role: 'tool', tool_call_id: 'call_1', content: 'result of call_1' },
    ]);
  });
});

describe('bedrock', () => {
  test('tools, a call after signed thoughts, its result', async () => {
    const delta = (contentBlockIndex: number, piece: object): [string, object] => [
      'contentBlockDelta',
      { contentBlockIndex, delta: piece },
    ];
    provider.answer = (response) => {
      response.writeHead(200, { 'content-type': 'application/vnd.amazon.eventstream' });
      const stream = bedrockFrames(
        delta(0, { reasoningContent: { text: 'hm' } }),
        delta(0, { reasoningContent: { signature: 'sig' } }),
        ['contentBlockStop', { contentBlockIndex: 0 }],
        [
          'contentBlockStart',
          { contentBlockIndex: 1, start: { toolUse: { toolUseId: 'tooluse_1', name: 'get_weather' } } },
        ],
        delta(1, { toolUse: { input: '{"city":' } }),
        delta(1, { toolUse: { input: '"Oslo"}' } }),
        ['contentBlockStop', { contentBlockIndex: 1 }],
        ['messageStop', { stopReason: 'tool_use' }],
        ['metadata', { usage: { inputTokens: 3, outputTokens: 4, totalTokens: 7 } }],
      );
      response.end(stream);
    };
    const { outcome, body } = await round('bedrock', 'anthropic.claude-x');
    expect(outcome.deltas).toEqual([{ kind: 'reasoning', text: 'hm' }]);
    expect(outcome.result).toMatchObject({
      finishReason: 'tool_calls',
      toolCalls: [{ id: 'tooluse_1', name: 'get_weather', arguments: '{"city":"Oslo"}' }],
    });
    expect(body.toolConfig).toMatchObject({
      tools: [{ toolSpec: { name: 'get_weather', inputSchema: { json: schema } } }],
    });
    expect(body.messages).toMatchObject([
      { role: 'user' },
      {
        role: 'assistant',
        content: [
          { reasoningContent: { reasoningText: { text: 'hm', signature: 'sig' } } },
          { toolUse: { toolUseId: 'tooluse_1', name: 'get_weather', input: { city: 'Oslo' } } },
        ],
      },
      {
        role: 'user',
        content: [{ toolResult: { toolUseId: 'tooluse_1', content: [{ text: 'result of tooluse_1' }] } }],
      },
    ]);
  });
});
