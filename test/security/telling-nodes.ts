import { llmNode, type TestNode, templateNode } from '../workflow/graph-app.ts';
import { codeNode, httpNode, toolNode } from '../workflow/stop-support.ts';

/** Of no form that a pattern could know, each with letters that addresses, JSON and forms write in their own ways. */
export const SECRETS = {
  FILE: 'canary1file2secret+/of "4f1b9c',
  SETTING: 'canary1setting2secret&=of 4f1b9c!',
  VAR: "canary1variable2(secret)*of'4f1b9c",
  UMLAUT: 'canary1ümlaut2secret\\of\n4f1b9c',
};

const NAMES = Object.keys(SECRETS);
const all = NAMES.map((name) => `{{#env.${name}#}}`).join(' ');
const variables = NAMES.map((name) => ({ variable: name, value_selector: ['env', name] }));
export const environment_variables = [
  ...NAMES.map((name) => ({
    id: name,
    name,
    value_type: 'secret',
    value: name === 'FILE' ? 'canary of the file, which nobody reads' : '',
    selector: ['env', name],
  })),
  { id: 'P', name: 'PLAIN', value_type: 'string', value: 'no secret', selector: ['env', 'PLAIN'] },
];

/** Nodes that fail when nothing expects errors of them. */
export const FAILING = [...['redirect', 'host', 'scheme', 'private', 'badheader', 'code_throws']] as const;

const query = NAMES.map((name) => `${name}:{{#env.${name}#}}`).join('\n');

/** Nodes of all kinds, each of which would tell a secret of the environment, to the callee or by itself. */
export function tellingNodes(url: string): Record<string, TestNode> {
  const http = (path: string, more: object = {}) =>
    httpNode(`${url}${path}`, { method: 'post', error_strategy: 'fail-branch', ...more });
  const json = {
    type: 'json',
    data: [{ type: 'text', key: '', value: NAMES.map((n) => `{{#env.${n}#}}`).join('') }],
  };
  return {
    query: http('/json', { params: query }),
    text: http('/text', { params: query, headers: 'X-Plain: {{#env.FILE#}}' }),
    header: http('/header', { headers: 'X-Secret: {{#env.SETTING#}}' }),
    bearer: http('/s401', {
      authorization: { type: 'api-key', config: { type: 'bearer', api_key: '{{#env.FILE#}}' } },
    }),
    basic: http('/json', {
      authorization: { type: 'api-key', config: { type: 'basic', api_key: 'user:{{#env.FILE#}}' } },
    }),
    custom: http('/s403', {
      authorization: {
        type: 'api-key',
        config: { type: 'custom', header: 'X-Key', api_key: '{{#env.SETTING#}}' },
      },
    }),
    raw: http('/s500', { body: { type: 'raw-text', data: [{ type: 'text', key: '', value: all }] } }),
    json: http('/json', { body: json }),
    form: http('/json', {
      body: {
        type: 'form-data',
        data: NAMES.map((key) => ({ type: 'text', key, value: `{{#env.${key}#}}` })),
      },
    }),
    urlencoded: http('/text', {
      body: {
        type: 'x-www-form-urlencoded',
        data: NAMES.map((key) => ({ type: 'text', key, value: `{{#env.${key}#}}` })),
      },
    }),
    redirect: http('/redirect', { params: query }),
    path: http('/s404/{{#env.FILE#}}'),
    host: http('', { url: 'http://{{#env.FILE#}}.example/' }),
    scheme: http('', { url: '{{#env.SETTING#}}' }),
    private: http('', { url: 'http://10.0.0.1/{{#env.FILE#}}' }),
    badheader: http('/json', { headers: '{{#env.UMLAUT#}}: x' }),
    code_throws: codeNode('javascript', 'function main(all) { throw new Error(JSON.stringify(all)) }', {
      variables,
      error_strategy: 'fail-branch',
    }),
    python_throws: codeNode(
      'python3',
      `def main(${NAMES.join(', ')}):\n    raise Exception(FILE + SETTING + VAR + UMLAUT)`,
      {
        variables,
        error_strategy: 'fail-branch',
      },
    ),
    code_keys: codeNode(
      'javascript',
      'function main(all) { return { out: Object.fromEntries(Object.values(all).map((v) => [v, encodeURIComponent(v)])), list: Object.values(all) } }',
      {
        variables,
        outputs: { out: { type: 'object' }, list: { type: 'array[string]' } },
      },
    ),
    template: templateNode(
      `${NAMES.map((name) => `{{ ${name} }} {{ ${name}|urlencode }}`).join(' ')}`,
      Object.fromEntries(NAMES.map((name) => [name, ['env', name]])),
    ),
    model: llmNode(`Say ${all}.`),
    condition: {
      type: 'if-else',
      cases: [
        {
          case_id: 'true',
          logical_operator: 'and',
          conditions: [
            {
              variable_selector: ['env', 'FILE'],
              comparison_operator: 'contains',
              value: '{{#env.SETTING#}}',
            },
          ],
        },
      ],
    },
    aggregator: { type: 'variable-aggregator', output_type: 'string', variables: [['env', 'FILE']] },
    list: {
      type: 'list-operator',
      variable: ['code_keys', 'list'],
      filter_by: { enabled: false },
      order_by: { enabled: false },
      limit: { enabled: false },
    },
    tool: {
      ...toolNode('api', 'service', 'echo'),
      tool_parameters: { q: { type: 'mixed', value: all } },
      error_strategy: 'fail-branch',
    },
    extractor: {
      ...{ type: 'parameter-extractor', query: ['env', 'FILE'], instruction: all, reasoning_mode: 'prompt' },
      model: { provider: 'openai', name: 'mock-model', mode: 'chat', completion_params: {} },
      parameters: [{ name: 'city', type: 'string', description: 'x', required: true }],
    },
    classifier: {
      ...{ type: 'question-classifier', query_variable_selector: ['env', 'FILE'], instruction: all },
      model: { provider: 'openai', name: 'mock-model', mode: 'chat', completion_params: {} },
      classes: [{ id: '1', name: all }],
    },
  };
}
