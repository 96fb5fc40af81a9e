/** A DSL document of a workflow. Its nodes begin at line 5, one in each line; then `edges`, then `more` of `workflow`. */
export function workflowDsl(
  nodes: readonly string[],
  more: readonly string[] = [],
  mode = 'workflow',
): string {
  return [
    `app: { name: W, mode: ${mode} }`,
    'workflow:',
    '  graph:',
    '    nodes:',
    ...nodes.map((node) => `    - ${node}`),
    '    edges: []',
    ...more.map((line) => `  ${line}`),
  ].join('\n');
}

/** A start node with these variables, each in YAML's flow form. */
export function startNode(...variables: readonly string[]): string {
  return `{ id: start, data: { type: start, title: Start, variables: [${variables.join(', ')}] } }`;
}
