import { stringify } from 'yaml';

/** A node's `data`; `parent`: the container that it stands in. `title` is its id unless given. */
export type TestNode = { readonly type: string; readonly parent?: string } & Readonly<
  Record<string, unknown>
>;

/** `[source, target]`, with the source's handle where it is not `source`. */
export type TestEdge = readonly [source: string, target: string, handle?: string];

interface Rest {
  readonly name?: string;
  readonly features?: Readonly<Record<string, unknown>>;
  readonly conversation_variables?: readonly unknown[];
  readonly environment_variables?: readonly unknown[];
}

/** A DSL document of a workflow or chatflow; without `edges` the nodes follow one another as they stand there. */
export function graphApp(
  mode: 'workflow' | 'advanced-chat',
  nodes: Readonly<Record<string, TestNode>>,
  { edges, name = `Test ${mode}`, ...workflow }: Rest & { readonly edges?: readonly TestEdge[] } = {},
): string {
  const ids = Object.keys(nodes);
  const lines = edges ?? ids.slice(1).map((id, at): TestEdge => [ids[at] as string, id]);
  const dsl = {
    version: '0.5.0',
    kind: 'app',
    app: { name, mode, description: 'For tests', icon: '🤖', icon_type: 'emoji', icon_background: '#FFEAD5' },
    workflow: {
      features: {},
      ...workflow,
      graph: {
        nodes: Object.entries(nodes).map(([id, { parent, ...data }]) => ({
          id,
          type: 'custom',
          ...(parent === undefined ? {} : { parentId: parent }),
          data: { title: id, ...data },
        })),
        edges: lines.map(([source, target, sourceHandle = 'source']) => ({
          source,
          target,
          sourceHandle,
          targetHandle: 'target',
          type: 'custom',
        })),
      },
    },
  };
  // As PyYAML reads it, to which `yes` is no text.
  return stringify(dsl, { version: '1.1' });
}

/** Its form asks for these, each an optional text unless it says more. */
export function startNode(
  ...variables: readonly (string | ({ readonly variable: string } & Record<string, unknown>))[]
): TestNode {
  return {
    type: 'start',
    variables: variables.map((given) => {
      const field = typeof given === 'string' ? { variable: given } : given;
      return { type: 'paragraph', label: field.variable, required: false, ...field };
    }),
  };
}

/** Asks the mock provider with `text`. */
export function llmNode(text: string, more: Readonly<Record<string, unknown>> = {}): TestNode {
  return {
    type: 'llm',
    model: { provider: 'openai', name: 'mock-model', mode: 'chat', completion_params: {} },
    prompt_template: [{ role: 'user', text }],
    ...more,
  };
}

export function endNode(outputs: Readonly<Record<string, readonly string[]>>): TestNode {
  return {
    type: 'end',
    outputs: Object.entries(outputs).map(([variable, value_selector]) => ({ variable, value_selector })),
  };
}

export function answerNode(answer: string): TestNode {
  return { type: 'answer', answer };
}

export function templateNode(
  template: string,
  variables: Readonly<Record<string, readonly string[]>> = {},
): TestNode {
  return {
    type: 'template-transform',
    template,
    variables: Object.entries(variables).map(([variable, value_selector]) => ({ variable, value_selector })),
  };
}
