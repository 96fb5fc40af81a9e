import { describe, expect, test } from 'vitest';
import { askLlm as ask, fakeHistory, file, model, part } from '../model/fake-models.fixture.ts';

const user = (text: string) => ({ role: 'user', text });
const system = (text: string) => ({ role: 'system', text });

describe('memory', () => {
  const template = [system('s'), user('u')];
  const remembered = (...turns: number[]) =>
    turns.flatMap((turn) => [
      { role: 'user', content: `question ${turn}` },
      { role: 'assistant', content: `answer ${turn}` },
    ]);

  test('stands between the messages and the query, with files at the end', async () => {
    const history = fakeHistory(2);
    const { messages } = await ask(
      {
        prompt_template: template,
        memory: { window: { enabled: false, size: 1 }, query_prompt_template: '{{#sys.query#}}, {{#n.v#}}?' },
        vision: { enabled: true },
      },
      { system: { query: 'Q', files: [file('f')] }, values: { v: 'V' }, services: { history } },
    );
    expect(messages).toEqual([
      { role: 'system', content: 's' },
      { role: 'user', content: 'u' },
      ...remembered(1, 2),
      { role: 'user', content: [part('f'), { kind: 'text', text: 'Q, V?' }] },
    ]);
    expect(history.asked).toEqual([{ turns: null, maxTokens: expect.any(Number) }]);
  });

  test.each([
    [{ enabled: true, size: 2 }, 2],
    [{ enabled: true, size: '3' }, 3],
    [{ enabled: true, size: null }, null],
    [{ enabled: true, size: 0 }, null],
    [{ enabled: false, size: 2 }, null],
    [undefined, null],
  ])('window %j: %j turns', async (window, turns) => {
    const history = fakeHistory(9);
    await ask({ prompt_template: template, memory: { window } }, { services: { history } });
    expect(history.asked).toMatchObject([{ turns }]);
  });

  test('has the room that prompt and answer leave', async () => {
    const roomOf = async (params: object, contextWindow: number, text = 'u') => {
      const history = fakeHistory(1);
      const data = {
        prompt_template: [user(text)],
        memory: {},
        model: { ...model, completion_params: params },
      };
      await ask(data, { services: { history }, contextWindow });
      return (history.asked[0] as { maxTokens: number }).maxTokens;
    };
    const free = await roomOf({}, 8000);
    expect(free).toBeLessThan(8000 - 2000);
    expect(free).toBeGreaterThan(8000 - 2000 - 20);
    expect(await roomOf({ max_tokens: 100 }, 8000)).toBe(free + 1900);
    expect(free - (await roomOf({}, 8000, 'word '.repeat(500)))).toBeGreaterThan(400);
    expect(await roomOf({ max_tokens: 9000 }, 8000)).toBe(0);
  });

  test('asks what the user has said when it has no template, expanded once more', async () => {
    const { messages } = await ask(
      { prompt_template: [system('s')], memory: { query_prompt_template: '' } },
      { system: { query: 'about {{#n.v#}} and {{#env.KEY#}}' }, values: { v: 'V' } },
    );
    expect(messages).toEqual([
      { role: 'system', content: 's' },
      // Nobody outside may ask for the environment.
      { role: 'user', content: 'about V and env.KEY' },
    ]);
  });

  test('a query that would blow up stays as it is', async () => {
    const query = '{{#sys.query#}}'.repeat(20_000);
    const { messages } = await ask({ prompt_template: [], memory: {} }, { system: { query } });
    expect(messages).toEqual([{ role: 'user', content: query }]);
  });

  test('without a conversation only the query is asked; without memory not even that', async () => {
    const data = { prompt_template: [system('s')] };
    const alone = await ask({ ...data, memory: {} }, { system: { query: 'Q' } });
    expect(alone.messages).toEqual([
      { role: 'system', content: 's' },
      { role: 'user', content: 'Q' },
    ]);
    const none = await ask(data, { system: { query: 'Q' }, services: { history: fakeHistory(2) } });
    expect(none.messages).toEqual([{ role: 'system', content: 's' }]);
  });

  test('of variables of the query template those that hold nothing are not told', async () => {
    const { node, messages } = await ask(
      { prompt_template: [], memory: { query_prompt_template: '{{#n.nil#}}{{#n.v#}}' } },
      { values: { nil: null, v: 1 } },
    );
    expect(messages).toEqual([{ role: 'user', content: '1' }]);
    expect(node.inputs).toEqual({ '#n.v#': 1, model_provider: 'openai', model_name: 'gpt-4o' });
  });

  test('files of the query template follow it', async () => {
    const { messages } = await ask(
      { prompt_template: [], memory: { query_prompt_template: 'look {{#n.f#}}' } },
      { values: { f: file('f') } },
    );
    expect(messages).toEqual([
      { role: 'user', content: 'look ' },
      { role: 'user', content: [part('f')] },
    ]);
  });
});

describe('a text to continue', () => {
  const continued = (text: string, more: object = {}) => ({
    model: { ...model, mode: 'completion' },
    prompt_template: { text },
    ...more,
  });
  const memory = { role_prefix: { user: 'Me', assistant: 'You' }, query_prompt_template: '{{#sys.query#}}?' };
  const given = () => ({ system: { query: 'Q' }, services: { history: fakeHistory(1) } });
  const histories = 'Me: question 1\nYou: answer 1';

  test('is one message', async () => {
    const { messages, refs, node } = await ask(continued('Say {{#n.v#}} {{#context#}}'), {
      values: { v: 1 },
    });
    expect(messages).toEqual([{ role: 'user', content: 'Say 1 ' }]);
    expect(refs[0]?.mode).toBe('completion');
    expect(node.processData).toMatchObject({
      model_mode: 'completion',
      prompts: [{ role: 'user', text: 'Say 1 ', files: [] }],
    });
  });

  test.each([
    ['H: {{#histories#}} Q: {{#sys.query#}}', `H: ${histories} Q: Q`],
    ['H: #histories# Q: #sys.query#', `H: ${histories} Q: Q?`],
    ['Q: {{#sys.query#}}', `${histories}\nQ: Q`],
  ])('%s', async (text, expected) => {
    const { messages } = await ask(continued(text, { memory }), given());
    expect(messages).toEqual([{ role: 'user', content: expected }]);
  });

  test('places are those of the template, not of what is filled in', async () => {
    const { messages } = await ask(continued('{{#n.v#}} {{#histories#}}', { memory }), {
      ...given(),
      values: { v: '#histories# #sys.query#' },
    });
    expect(messages).toEqual([{ role: 'user', content: `#histories# #sys.query# ${histories}` }]);
  });

  test('jinja', async () => {
    const prompt_template = { text: '', edition_type: 'jinja2', jinja2_text: 'A {{ v }} #histories# B' };
    const { messages } = await ask(
      continued('', {
        prompt_template,
        memory,
        prompt_config: { jinja2_variables: [{ variable: 'v', value_selector: ['n', 'v'] }] },
      }),
      { ...given(), values: { v: 7 } },
    );
    expect(messages).toEqual([{ role: 'user', content: `A 7 ${histories} B` }]);
  });

  test('memory needs names for who speaks, in a conversation', async () => {
    const data = continued('x', { memory: { role_prefix: null } });
    const { node } = await ask(data, given());
    expect([node.errorType, node.error]).toEqual([
      'MemoryRolePrefixRequiredError',
      'Memory role prefix is required for completion model.',
    ]);
    expect((await ask(data)).node.status).toBe('succeeded');
  });
});
