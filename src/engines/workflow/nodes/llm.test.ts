import { describe, expect, test } from 'vitest';
import { askLlm as ask, file, model, part } from '../model/fake-models.fixture.ts';

const user = (text: string, more: object = {}) => ({ role: 'user', text, ...more });
const system = (text: string, more: object = {}) => ({ role: 'system', text, ...more });

describe('messages', () => {
  test('as they stand, with their variables', async () => {
    const { messages, node, refs, outcome } = await ask(
      {
        prompt_template: [
          system('Be {{#n.how#}}, {{#n.nil#}}.'),
          user('{{#n.list#}} {{#n.yes#}} {{#n.object.deep#}}'),
          { role: 'assistant', text: 'Yes?' },
          user('{{#n.how#}}'),
        ],
      },
      { values: { how: 'short', nil: null, list: ['a'], yes: true, object: { deep: 1.5 } } },
    );
    expect(outcome.error).toBeNull();
    expect(messages).toEqual([
      { role: 'system', content: 'Be short, .' },
      { role: 'user', content: '["a"] True 1.5' },
      { role: 'assistant', content: 'Yes?' },
      { role: 'user', content: 'short' },
    ]);
    expect(refs).toEqual([{ provider: 'openai', name: 'gpt-4o', mode: 'chat' }]);
    expect(node.inputs).toEqual({
      '#n.how#': 'short',
      '#n.nil#': '',
      '#n.list#': ['a'],
      '#n.yes#': true,
      '#n.object.deep#': 1.5,
      model_provider: 'openai',
      model_name: 'gpt-4o',
    });
    expect(node.processData.prompts).toEqual([
      { role: 'system', text: 'Be short, .', files: [] },
      { role: 'user', text: '["a"] True 1.5', files: [] },
      { role: 'assistant', text: 'Yes?', files: [] },
      { role: 'user', text: 'short', files: [] },
    ]);
  });

  test('a variable that is not there fails the node before a model is asked', async () => {
    for (const data of [
      { prompt_template: [user('a {{#n.gone#}}')] },
      { prompt_template: [user('a')], memory: { query_prompt_template: '{{#n.gone#}}' } },
      { prompt_template: { text: '{{#n.gone#}}' }, model: { ...model, mode: 'completion' } },
    ]) {
      const { node, requests } = await ask(data);
      expect([node.errorType, node.error]).toEqual(['VariableNotFoundError', 'Variable #n.gone# not found']);
      expect(requests).toEqual([]);
    }
  });

  test('without any text there is no prompt', async () => {
    for (const data of [
      { prompt_template: [] },
      {},
      { prompt_template: [user(''), system('{{#n.nil#}}')] },
      { prompt_template: [user('x', { edition_type: 'jinja2', jinja2_text: null })] },
      { prompt_template: { text: '{{#n.nil#}}' }, model: { ...model, mode: 'completion' } },
    ]) {
      const { node, requests } = await ask(data, { values: { nil: null } });
      expect(node.errorType).toBe('NoPromptFoundError');
      expect(node.error).toMatch(/^No prompt found in the LLM configuration\. /);
      expect(requests).toEqual([]);
    }
  });

  test('what a variable holds is not expanded again', async () => {
    const { messages } = await ask(
      { prompt_template: [user('{{#n.a#}}')] },
      { values: { a: '{{#n.b#}} {{#context#}}', b: 'x' } },
    );
    expect(messages).toEqual([{ role: 'user', content: '{{#n.b#}} {{#context#}}' }]);
  });

  test('files that a message refers to are a message behind it; other files are none', async () => {
    const { messages } = await ask(
      {
        prompt_template: [
          system('See {{#n.one#}}'),
          user('{{#n.many#}}'),
          { role: 'assistant', text: 'I see' },
        ],
        vision: { enabled: false, configs: { detail: 'low' } },
      },
      { values: { one: file('a'), many: [file('b'), file('c', 'custom'), file('d', 'document')] } },
    );
    expect(messages).toEqual([
      { role: 'system', content: 'See ' },
      { role: 'user', content: [part('a', 'low')] },
      { role: 'user', content: [part('b', 'low'), part('d', 'low')] },
      { role: 'assistant', content: 'I see' },
    ]);
  });
});

describe('jinja2', () => {
  const jinja = (source: string, variables: object[], text = 'basic {{#n.gone#}}') => ({
    prompt_template: [user(text, { edition_type: 'jinja2', jinja2_text: source })],
    prompt_config: { jinja2_variables: variables },
  });
  const list = { variable: 'list', value_selector: ['n', 'list'] };

  test('is rendered with its variables, and with no others', async () => {
    const { messages, node } = await ask(jinja('{% for a in list %}{{ a.b }};{% endfor %}{{ n }}', [list]), {
      values: { list: [{ b: 1 }, { b: 'x' }] },
    });
    expect(messages).toEqual([{ role: 'user', content: '1;x;' }]);
    expect(node.inputs).toMatchObject({ list: [{ b: 1 }, { b: 'x' }] });
  });

  test('a variable that is not there fails the node, if a text is jinja at all', async () => {
    const gone = { variable: 'v', value_selector: ['n', 'gone'] };
    const { node } = await ask(jinja('{{ v }}', [gone]));
    expect([node.errorType, node.error]).toEqual(['VariableNotFoundError', 'Variable v not found']);
    const unused = await ask({
      prompt_template: [user('hi', { edition_type: 'basic' })],
      prompt_config: { jinja2_variables: [gone] },
    });
    expect(unused.node.status).toBe('succeeded');
  });

  test('a template that is wrong fails the node', async () => {
    const { node } = await ask(jinja('{{ v', []));
    expect([node.status, node.errorType]).toEqual(['failed', 'TemplateRenderError']);
  });
});

describe('context', () => {
  const withContext = (text = 'Know: {{#context#}}!') => ({
    prompt_template: [system(text), user('q')],
    context: { enabled: true, variable_selector: ['n', 'c'] },
  });
  const passage = (content: string, metadata: object, more: object = {}) => ({
    ...{ title: 'T', content, files: null, metadata: { _source: 'knowledge', ...metadata }, ...more },
  });

  test('a text stands in its place, and nothing in it is expanded', async () => {
    const { messages, node, story } = await ask(withContext('{{#context#}}{{#context#}}'), {
      values: { c: 'a {{#env.KEY#}} sys.query' },
      system: { query: 'Q' },
    });
    const text = 'a {{#env.KEY#}} sys.query';
    expect(messages?.[0]).toEqual({ role: 'system', content: text + text });
    expect(node.inputs['#context#']).toBe(text);
    expect(story).not.toContain('retriever_resources x');
  });

  test('a list is a line for each item; passages of datasets are told', async () => {
    const { messages, events } = await ask(withContext(), {
      values: {
        c: [
          'plain',
          passage('first', {
            dataset_id: 'd',
            document_id: 'e',
            score: 0.5,
            segment_hit_count: 3,
            position: 1,
          }),
          passage('second', { _source: null, source: 'knowledge' }, { summary: 'short' }),
          { content: 'of another kind', metadata: { _source: 'web' } },
          { content: 4 },
        ],
      },
    });
    expect(messages?.[0]).toEqual({
      role: 'system',
      content: 'Know: plain\nfirst\nshort\nsecond\nof another kind\n4!',
    });
    const told = events.flatMap((event) => (event.kind === 'node_reported' ? [event.report] : []));
    expect(told).toHaveLength(1);
    expect(told[0]).toMatchObject({
      kind: 'retriever_resources',
      resources: [
        {
          dataset_id: 'd',
          document_id: 'e',
          score: 0.5,
          hit_count: 3,
          position: 1,
          content: 'first',
          title: 'T',
        },
        { content: 'second', summary: 'short', dataset_id: null },
      ],
    });
  });

  test('an item without content fails the node', async () => {
    for (const item of [{ text: 'x' }, 1, null]) {
      const { node } = await ask(withContext(), { values: { c: ['a', item] } });
      expect(node.errorType).toBe('InvalidContextStructureError');
    }
  });

  test('one that is off, or is not there, is empty', async () => {
    const off = { ...withContext(), context: { enabled: false, variable_selector: '' } };
    for (const data of [withContext(), off]) {
      const { messages, node } = await ask(data);
      expect(messages?.[0]).toEqual({ role: 'system', content: 'Know: !' });
      expect(node.inputs).not.toHaveProperty('#context#');
    }
  });

  test('its files are shown before those of the user', async () => {
    const { messages, node } = await ask(
      {
        ...withContext(),
        vision: { enabled: true, configs: { variable_selector: ['sys', 'files'], detail: 'low' } },
      },
      {
        values: { c: [passage('p', {}, { files: [file('of passage')] })] },
        system: { files: [file('of user')] },
      },
    );
    expect(messages?.[1]).toEqual({
      role: 'user',
      content: [part('of passage', 'low'), part('of user', 'low'), { kind: 'text', text: 'q' }],
    });
    expect(node.inputs).toMatchObject({
      '#files#': [{ filename: 'of user' }],
      '#context_files#': [{ filename: 'of passage' }],
    });
  });
});

describe('vision', () => {
  const files = [file('a'), file('b', 'document')];

  test('files go before the last words of the user', async () => {
    const { messages, node } = await ask(
      { prompt_template: [system('s'), user('q')], vision: { enabled: true } },
      { system: { files } },
    );
    expect(messages).toEqual([
      { role: 'system', content: 's' },
      { role: 'user', content: [part('a'), part('b'), { kind: 'text', text: 'q' }] },
    ]);
    expect(node.processData.prompts).toMatchObject([
      { role: 'system' },
      {
        role: 'user',
        text: 'q',
        files: [{ type: 'image', filename: 'a', detail: 'high' }, { filename: 'b' }],
      },
    ]);
  });

  test('or are a message of their own', async () => {
    const { messages } = await ask(
      {
        prompt_template: [system('s')],
        vision: { enabled: true, configs: { variable_selector: ['n', 'one'], detail: 'low' } },
      },
      { values: { one: file('x') } },
    );
    expect(messages?.[1]).toEqual({ role: 'user', content: [part('x', 'low')] });
  });

  test.each([
    [[], true],
    [null, true],
    ['text', false],
    [['a'], false],
  ])('%j as files', async (value, isFine) => {
    const { node } = await ask(
      {
        prompt_template: [user('q')],
        vision: { enabled: true, configs: { variable_selector: ['n', 'v'] } },
      },
      { values: { v: value } },
    );
    expect(node.errorType).toBe(isFine ? null : 'InvalidVariableTypeError');
    expect(node.inputs).not.toHaveProperty('#files#');
  });

  test('no files where they are off', async () => {
    const { messages } = await ask(
      { prompt_template: [user('q')], vision: { enabled: false } },
      { system: { files } },
    );
    expect(messages).toEqual([{ role: 'user', content: 'q' }]);
  });
});

test('parameters: references are filled in, stop words are apart', async () => {
  const completion_params = {
    ...{ temperature: '{{#n.t#}}', seed: 4, name: 'n.t', flag: '{{#n.flag#}}', long: '{{#n.long#}}' },
    ...{ word: '{{#n.word#}}', nested: { a: '{{#n.t#}}' }, stop: ['\n', ''] },
  };
  const { request } = await ask(
    { prompt_template: [user('q')], model: { ...model, completion_params } },
    { values: { t: 0.5, flag: 'true', long: 'x'.repeat(3000), word: '"q"' } },
  );
  expect(request?.stop).toEqual(['\n']);
  expect(request?.params).toEqual({
    ...{ temperature: 0.5, seed: 4, name: 'n.t', flag: true, long: 'x'.repeat(1024), word: '"q"' },
    nested: { a: '{{#n.t#}}' },
  });
});
