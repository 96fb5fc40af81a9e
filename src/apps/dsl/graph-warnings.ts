import type { EnvironmentVariable } from '../app.ts';
import type { WorkflowReading } from '../workflow-reader.ts';
import type { DslProblem } from './dsl-error.ts';
import type { GraphNodes } from './graph-nodes.ts';

/** A graph with one slip often has it in many nodes; people read the first ones. */
const MAX_WARNINGS = 100;

/** What a graph does that its author may not know of, at the lines of its nodes. */
export function graphWarnings(
  { warnings = [], says = [] }: WorkflowReading,
  environment: readonly EnvironmentVariable[],
  nodes: GraphNodes,
): readonly DslProblem[] {
  const secrets = new Set(environment.flatMap(({ name, type }) => (type === 'secret' ? [name] : [])));
  const told = says.flatMap(({ nodeId, selector: [scope, name = ''] }) =>
    scope === 'env' && secrets.has(name)
      ? [{ nodeId, message: `says the secret ${name}, which is not masked there: clients see it` }]
      : [],
  );
  const once = new Map<string, DslProblem>();
  for (const { nodeId, message } of [...warnings, ...told]) {
    if (once.size === MAX_WARNINGS) break;
    const reason = `${nodes.nameOf(nodeId)}: ${message}`;
    const key = `${nodeId}: ${message}`;
    if (!once.has(key)) once.set(key, { line: nodes.lineOf(nodeId), reason });
  }
  return [...once.values()];
}
