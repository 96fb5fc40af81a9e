import { stringify } from 'yaml';

type Data = Readonly<Record<string, unknown>>;

/** A DSL document of a workflow or chatflow; nodes and edges as `node` and `edges` of the engine's fixture make them. */
export function workflowApp(
  nodes: readonly Data[],
  edges: readonly Data[],
  {
    mode = 'workflow',
    ...workflow
  }: { readonly mode?: 'workflow' | 'advanced-chat' } & Readonly<Record<string, unknown>> = {},
): string {
  return stringify(
    {
      version: '0.3.1',
      kind: 'app',
      app: { name: `Test ${mode}`, mode, description: 'For tests' },
      workflow: { features: {}, ...workflow, graph: { nodes, edges } },
    },
    { aliasDuplicateObjects: false },
  );
}

/** The model of a node, on the mock provider. */
export const MOCK_MODEL = { provider: 'openai', name: 'mock-model', mode: 'chat', completion_params: {} };
