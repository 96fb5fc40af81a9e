import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type MockProvider, startMockProvider } from './start-mock-provider.ts';

let mock: MockProvider;
beforeEach(async () => {
  mock = await startMockProvider();
});
afterEach(() => mock.close());

const user = { role: 'user', content: 'Hi' };

function ask(messages: readonly object[] = [user], more: object = {}): Promise<Response> {
  const body = JSON.stringify({ model: 'm', stream: true, messages, ...more });
  return fetch(`${mock.baseUrl}/chat/completions`, { method: 'POST', body });
}

interface Choice {
  readonly delta?: { readonly content?: string; readonly tool_calls?: readonly object[] };
  readonly message?: object;
  readonly finish_reason: string | null;
}

async function choices(response: Response): Promise<Choice[]> {
  const events = (await response.text()).split('\n\n').map((event) => event.replace('data: ', ''));
  const chunks = events.filter((event) => event.startsWith('{')).map((event) => JSON.parse(event));
  return chunks.flatMap((chunk: { choices: Choice[] }) => chunk.choices);
}

const pieces = async (response: Response) =>
  (await choices(response)).flatMap(({ delta }) => delta?.tool_calls ?? []);

describe('scripted tool calls', () => {
  test('in pieces as OpenAI sends them, after the words', async () => {
    mock.reply({ tokens: ['a'], toolCalls: [{ name: 'f', arguments: ['{"a":', '1}'] }] });
    const list = await choices(await ask());
    expect(list.map(({ delta }) => delta?.content ?? delta?.tool_calls?.[0])).toEqual([
      'a',
      { index: 0, id: 'call_1', type: 'function', function: { name: 'f', arguments: '' } },
      { index: 0, function: { arguments: '{"a":' } },
      { index: 0, function: { arguments: '1}' } },
      undefined,
    ]);
    expect(list.at(-1)?.finish_reason).toBe('tool_calls');
  });

  test('in one piece; without id, without index; malformed; with more; no words then', async () => {
    const extra = { extra_content: { x: 1 } };
    mock.reply({
      finishReason: 'stop',
      toolCalls: [
        { name: 'f', arguments: '{', id: null, index: null },
        { name: 'g', index: 0, extra },
      ],
    });
    const response = await ask();
    const list = await choices(response);
    expect(list.flatMap(({ delta }) => delta?.tool_calls ?? [])).toEqual([
      { type: 'function', function: { name: 'f', arguments: '{' } },
      { index: 0, id: 'call_2', type: 'function', function: { name: 'g', arguments: '{}' }, ...extra },
    ]);
    expect(list.at(-1)?.finish_reason).toBe('stop');
    expect(list.some(({ delta }) => delta?.content !== undefined)).toBe(false);
  });

  test('with id and name in every piece', async () => {
    mock.reply({ toolCalls: [{ name: 'f', arguments: ['{', '}'], repeats: true }] });
    expect(await pieces(await ask())).toEqual(
      ['', '{', '}'].map((text) => {
        return { index: 0, id: 'call_1', type: 'function', function: { name: 'f', arguments: text } };
      }),
    );
  });

  test('whole', async () => {
    mock.reply({ whole: true, toolCalls: [{ name: 'f', arguments: ['{', '}'] }] });
    expect(((await (await ask()).json()) as { choices: object[] }).choices).toEqual([
      {
        index: 0,
        message: {
          role: 'assistant',
          content: '',
          tool_calls: [{ id: 'call_1', type: 'function', function: { name: 'f', arguments: '{}' } }],
        },
        finish_reason: 'tool_calls',
      },
    ]);
  });
});

test('tools and messages are on record', async () => {
  const tool = { name: 'f', description: 'd', parameters: {} };
  await ask([user], { tools: [{ type: 'function', function: tool }] });
  const request = await mock.nextRequest();
  expect(request.tools).toEqual([tool]);
  expect(request.messages).toEqual([user]);
});

describe('messages that OpenAI or vLLM would refuse are refused', () => {
  const call = (id: string, args = '{}') => ({
    id,
    type: 'function',
    function: { name: 'f', arguments: args },
  });
  const calls = (...tool_calls: object[]) => ({ role: 'assistant', content: '', tool_calls });
  const result = (tool_call_id: string) => ({ role: 'tool', tool_call_id, content: 'x' });

  test.each([
    ['a result without a call', [user, result('a')]],
    ['a result of another call', [user, calls(call('a')), result('b')]],
    ['a result twice', [user, calls(call('a')), result('a'), result('a')]],
    ['a call without a result', [user, calls(call('a'), call('b')), result('a')]],
    ['a result too late', [user, calls(call('a')), user, result('a')]],
    ['two calls of one id', [user, calls(call('a'), call('a')), result('a')]],
    ['malformed arguments', [user, calls(call('a', '{')), result('a')]],
    ['arguments that are no object', [user, calls(call('a', '[]')), result('a')]],
  ])('%s', async (_, messages) => {
    const response = await ask(messages);
    expect(response.status).toBe(400);
    await response.text();
  });

  test('others are not', async () => {
    const turn = [calls(call('a'), call('b')), result('b'), result('a')];
    const response = await ask([user, ...turn, { role: 'assistant', content: 'x' }, user, ...turn]);
    expect(response.status).toBe(200);
    await response.text();
  });
});
