import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { answerToolCalls } from '../../../test/support/mock-provider/answer-tool-calls.ts';
import type { MockReply } from '../../../test/support/mock-provider/mock-reply.ts';
import {
  hello,
  type OpenaiChat,
  startOpenaiChat,
} from '../../../test/support/models/create-openai-chat-model.fixture.ts';
import type { ChatMessage, ChatRequest, ToolCall, ToolSpec } from '../chat-model.ts';

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

async function sentBody(request: ChatRequest): Promise<Record<string, unknown>> {
  await openai.ask(request);
  return (await openai.provider.nextRequest()).body ?? {};
}

describe('messages', () => {
  const call: ToolCall = { id: 'call_1', name: 'get_weather', arguments: '{"city": "Oslo"}' };
  const dialog = (...toolCalls: ToolCall[]): ChatMessage[] => [
    { role: 'system', content: 'Be kind' },
    { role: 'user', content: 'Weather?' },
    { role: 'assistant', content: '', toolCalls },
    ...toolCalls.map(
      ({ id, name }): ChatMessage => ({ role: 'tool', toolCallId: id, name, content: `result of ${id}` }),
    ),
  ];
  const assistant = async (...toolCalls: ToolCall[]) => {
    const body = await sentBody({ ...withTools, messages: dialog(...toolCalls) });
    return (body.messages as Record<string, unknown>[])[2];
  };

  test('calls and results in the form of OpenAI', async () => {
    const second = { ...call, id: 'call_2', arguments: '{}' };
    const { error } = await openai.ask({ ...withTools, messages: dialog(call, second) });
    expect(error).toBeNull();
    const request = await openai.provider.nextRequest();
    expect(request.tools).toEqual([weather]);
    expect(request.messages).toEqual([
      { role: 'system', content: 'Be kind' },
      { role: 'user', content: 'Weather?' },
      {
        role: 'assistant',
        content: '',
        tool_calls: [
          {
            id: 'call_1',
            type: 'function',
            function: { name: 'get_weather', arguments: '{"city": "Oslo"}' },
          },
          { id: 'call_2', type: 'function', function: { name: 'get_weather', arguments: '{}' } },
        ],
      },
      { role: 'tool', tool_call_id: 'call_1', content: 'result of call_1' },
      { role: 'tool', tool_call_id: 'call_2', content: 'result of call_2' },
    ]);
  });

  test('what was said beside the calls stays; a message without calls has no list of them', async () => {
    const body = await sentBody({
      ...hello,
      messages: [...hello.messages, { role: 'assistant', content: 'Hello', toolCalls: [] }],
    });
    expect(body.messages).toEqual([
      { role: 'user', content: 'Hi' },
      { role: 'assistant', content: 'Hello' },
    ]);
    const [first, ...rest] = dialog(call).slice(2);
    await openai.ask({
      ...withTools,
      messages: [{ ...first, content: 'One moment' } as ChatMessage, ...rest],
    });
    expect((await openai.provider.nextRequest()).messages[0]?.content).toBe('One moment');
  });

  test('malformed arguments are quoted, since vLLM and others refuse them', async () => {
    for (const [written, sent] of [
      ['{"city":', '{"invalid_arguments":"{\\"city\\":"}'],
      ['[1]', '{"invalid_arguments":"[1]"}'],
      ['', '{}'],
    ] as const) {
      expect(await assistant({ ...call, arguments: written })).toMatchObject({
        tool_calls: [{ function: { arguments: sent } }],
      });
    }
  });

  test('data of another provider is not sent', async () => {
    const aiSdk = { aiSdk: { metadata: { google: { thoughtSignature: 's' } } } };
    for (const providerData of [aiSdk, null, 'x', [], { openai: 'x' }, { openai: { role: 'system' } }]) {
      expect(await assistant({ ...call, providerData })).toEqual({
        role: 'assistant',
        content: '',
        tool_calls: [
          { id: 'call_1', type: 'function', function: { name: call.name, arguments: call.arguments } },
        ],
      });
    }
  });
});

describe('what a provider wants back with its calls comes back', () => {
  /** Asks, answers the calls, asks again; the assistant's message of the second request. */
  async function round(reply: MockReply): Promise<Record<string, unknown>> {
    openai.provider.reply((request) => (request.messages.length === 1 ? reply : {}));
    const messages = answerToolCalls(hello.messages, await openai.ask(withTools));
    const { error } = await openai.ask({ ...withTools, messages });
    expect(error).toBeNull();
    await openai.provider.nextRequest();
    return (await openai.provider.nextRequest()).messages[1] as unknown as Record<string, unknown>;
  }

  test.each([false, true])('reasoning_content (DeepSeek, Kimi), whole: %s', async (whole) => {
    const message = await round({
      whole,
      reasoning: ['I need', ' it'],
      tokens: ['Ok'],
      toolCalls: [oslo, oslo],
    });
    expect(message).toMatchObject({ content: 'Ok', reasoning_content: 'I need it' });
    expect(JSON.stringify(message.tool_calls)).not.toContain('I need it');
  });

  test('none: the field is not there', async () => {
    expect(await round({ toolCalls: [oslo] })).not.toHaveProperty('reasoning_content');
  });

  test('the signature of Gemini’s thoughts, with its call', async () => {
    const extra_content = { google: { thought_signature: 'sig==' } };
    const message = await round({ toolCalls: [{ ...oslo, extra: { extra_content } }, oslo] });
    expect(message.tool_calls).toEqual([
      expect.objectContaining({ id: 'call_1', extra_content }),
      expect.not.objectContaining({ extra_content }),
    ]);
  });

  test('reasoning_details of OpenRouter', async () => {
    const details = [{ type: 'reasoning.text', text: 'hm', signature: 's', index: 0 }];
    const event = (delta: object, finish_reason: string | null = null) =>
      `data: ${JSON.stringify({ choices: [{ index: 0, delta, finish_reason }] })}\n\n`;
    const tool_calls = [{ index: 0, id: 'a', function: { name: 'get_weather', arguments: '{}' } }];
    const message = await round({
      raw: [event({ reasoning: 'hm', reasoning_details: details }), event({ tool_calls }, 'tool_calls')],
    });
    expect(message).toMatchObject({ reasoning_details: details, tool_calls: [{ id: 'a' }] });
  });
});
