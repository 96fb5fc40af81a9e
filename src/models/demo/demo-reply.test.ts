import { describe, expect, test } from 'vitest';
import type { ChatMessage, ToolCall, ToolSpec } from '../chat-model.ts';
import { countMessages, countToolCall, countTools } from '../count-tokens.ts';
import { createDemoModel } from './create-demo-model.ts';
import { demoReply } from './demo-reply.ts';

function tool(name: string, description: string, properties: object = {}, required?: string[]): ToolSpec {
  return { name, description, parameters: { type: 'object', properties, ...(required && { required }) } };
}

const tools = [
  tool('current_time', 'Get the current date and time. Never asks for the weather.'),
  tool('getWeather', 'Tells what it is like outside.'),
  tool('math-add', 'Sums of two numbers.'),
];

function called(question: string, offered: readonly ToolSpec[] = tools): ToolCall | null {
  const reply = demoReply({ messages: [{ role: 'user', content: question }], tools: offered });
  return 'toolCall' in reply ? reply.toolCall : null;
}

describe('a question names a tool', () => {
  test.each([
    ['what time is it', 'current_time'],
    ['What TIMES are there?', 'current_time'],
    ['How is the weather in Oslo?', 'getWeather'],
    ['Is it cold outside?', 'getWeather'],
    ['add 2 and 3', 'math-add'],
    ['What is the sum of 2 and 3?', 'math-add'],
    ['Which date is it?', 'current_time'],
    ['What is it?', undefined],
    ['Get me the current one', undefined],
    ['Tell me a story about sometimes', undefined],
    ['constructor __proto__', undefined],
    ['', undefined],
  ])('%j: %s', (question, name) => {
    expect(called(question)?.name).toBe(name);
  });

  test('a word of the name weighs more than one of the description, two more than one; else the first', () => {
    const search = tool('web_search', 'Finds pages.');
    const pages = tool('reader', 'Search of pages.');
    expect(called('search', [pages, search])?.name).toBe('web_search');
    expect(called('search pages', [search, pages])?.name).toBe('web_search');
    expect(called('reader of pages', [search, pages])?.name).toBe('reader');
    expect(called('pages', [pages, search])?.name).toBe('reader');
    expect(called('pages', [search, pages])?.name).toBe('web_search');
  });

  test('a question in parts', () => {
    const content = [{ kind: 'text', text: 'what time' } as const, { kind: 'text', text: 'is it' } as const];
    expect(demoReply({ messages: [{ role: 'user', content }], tools })).toHaveProperty('toolCall');
  });
});

describe('arguments', () => {
  const values = (question: string, properties: object, required?: string[]) => {
    const call = called(question, [tool('add', '', properties, required)]);
    return call === null ? null : (JSON.parse(call.arguments) as unknown);
  };

  test('of each type, only those that are required and have an obvious value', () => {
    const properties = {
      text: { type: 'string' },
      maybe: { type: ['null', 'string'] },
      kind: { type: 'string', enum: ['small', 'large'] },
      a: { type: 'number' },
      n: { type: 'integer' },
      b: { type: 'number' },
      missing: { type: 'number' },
      flag: { type: 'boolean' },
      list: { type: 'array' },
      optional: { type: 'string' },
      odd: true,
    };
    const required = Object.keys(properties).filter((name) => name !== 'optional');
    expect(values('add 2.5 and -7, then x9 and 8', properties, [...required, 'unknown'])).toEqual({
      text: 'add 2.5 and -7, then x9 and 8',
      maybe: 'add 2.5 and -7, then x9 and 8',
      kind: 'small',
      a: 2.5,
      n: -7,
      b: 8,
    });
  });

  test('none required, none given', () => {
    expect(values('add 1', { a: { type: 'number' } })).toEqual({});
    expect(values('add', { a: { type: 'number' } }, ['a'])).toEqual({});
  });

  test('parameters that are no schema, and names of prototypes', () => {
    const odd = { ...tool('add', ''), parameters: { properties: null, required: 'a' } };
    expect(called('add 1', [odd])?.arguments).toBe('{}');
    const properties = JSON.parse('{"__proto__":{"type":"string"}}');
    expect(called('add', [tool('add', '', properties, ['__proto__', 'toString'])])?.arguments).toBe(
      '{"__proto__":"add"}',
    );
  });
});

describe('the turn', () => {
  const question: ChatMessage = { role: 'user', content: 'what time is it' };
  const call = (id: string): ToolCall => ({ id, name: 'current_time', arguments: '{}' });
  const said = (toolCalls: ToolCall[]): ChatMessage => ({ role: 'assistant', content: '', toolCalls });
  const result = (toolCallId: string, content: string): ChatMessage => {
    return { role: 'tool', toolCallId, name: 'current_time', content };
  };

  test('the same call for the same request, with an id that no call before has', () => {
    expect(called('what time is it')).toEqual({ id: 'demo1', name: 'current_time', arguments: '{}' });
    const earlier = [question, said([call('x'), call('demo3')]), result('x', '1'), result('demo3', '2')];
    const messages = [...earlier, { role: 'assistant', content: 'Two.' } as const, question];
    expect(demoReply({ messages, tools })).toMatchObject({ toolCall: { id: 'demo4' } });
  });

  test('a result is the answer, and says whose it is', () => {
    const messages = [question, said([call('demo1')]), result('demo1', ' 12:30\n')];
    const answer = "This is Parley's built-in demo model, and the tool current_time answered: 12:30";
    expect(demoReply({ messages, tools })).toEqual({ text: answer });
    expect(demoReply({ messages })).toEqual({ text: answer });
  });

  test('all results since the last call, each shortened', () => {
    const messages = [
      question,
      said([call('a')]),
      result('a', 'old'),
      said([call('b'), call('c')]),
      result('b', 'x'.repeat(400)),
      result('c', ''),
    ];
    const reply = demoReply({ messages, tools });
    expect('text' in reply && reply.text).toBe(
      `This is Parley's built-in demo model, and the tool current_time answered: ${'x'.repeat(299)}…; ` +
        'and the tool current_time answered: nothing',
    );
  });

  test('calls are no turns: the next answer counts what was said', () => {
    const messages = [
      question,
      said([call('demo1')]),
      result('demo1', '12:30'),
      { role: 'assistant', content: 'Half past twelve.' } as const,
      { role: 'user', content: 'Thank you' } as const,
    ];
    const reply = demoReply({ messages, tools });
    expect('text' in reply && reply.text).toContain('1 earlier turn ');
  });

  test('only a question calls: the assistant’s own last words do not', () => {
    const messages = [question, { role: 'assistant', content: 'What time?' } as const];
    expect(demoReply({ messages, tools })).toHaveProperty('text');
  });

  test('through the model: no words, a call, usage', async () => {
    const deltas: unknown[] = [];
    const { signal } = new AbortController();
    const request = { messages: [question], params: {}, tools };
    const model = createDemoModel({ delayMs: 0 });
    expect(await model.chat(request, (delta) => deltas.push(delta), { signal })).toEqual({
      finishReason: 'tool_calls',
      toolCalls: [call('demo1')],
      usage: {
        promptTokens: countMessages([question]) + countTools(tools),
        completionTokens: countToolCall(call('demo1')),
      },
    });
    expect(deltas).toEqual([]);
    const without = await model.chat({ ...request, tools: [] }, (delta) => deltas.push(delta), { signal });
    expect(without).toMatchObject({ finishReason: 'stop', toolCalls: [] });
    expect(deltas.length).toBeGreaterThan(20);
  });
});
