import type { ToolRef, WorkflowNeeds } from '../app.ts';
import type { WorkflowReading } from '../workflow-reader.ts';
import type { DslNode } from './dsl-node.ts';
import type { GraphNodes } from './graph-nodes.ts';

/** A graph with one fault often has it in every node; people read the first ones. */
const MAX_PROBLEMS = 100;

/** Puts what the reader of a graph found wrong, or needed, to the lines of the nodes. */
export function readGraphNeeds(
  graph: DslNode,
  { problems, needs }: WorkflowReading,
  nodes: GraphNodes,
): WorkflowNeeds {
  for (const { nodeId, message } of problems.slice(0, MAX_PROBLEMS)) {
    nodes.problem(nodeId, `${nodeId === null ? '' : `${nodes.nameOf(nodeId)}: `}${inOneLine(message)}`);
  }
  if (problems.length > MAX_PROBLEMS)
    graph.problem(`the graph has ${problems.length - MAX_PROBLEMS} more problems`);

  const models = new Map<string, WorkflowNeeds['models'][number]>();
  const tools: ToolRef[] = [];
  const datasets = new Map<string, WorkflowNeeds['datasets'][number]>();
  const packages = new Map<string, WorkflowNeeds['packages'][number]>();
  for (const need of needs) {
    const line = () => nodes.lineOf(need.nodeId);
    switch (need.kind) {
      case 'model': {
        const { provider, name, mode } = need;
        const key = JSON.stringify([provider, name, mode]);
        if (!models.has(key)) models.set(key, { provider, name, mode, line: line() });
        break;
      }
      case 'tool':
        tools.push({ ...need.tool, values: {}, line: line() });
        break;
      case 'dataset':
        if (!datasets.has(need.id)) datasets.set(need.id, { id: need.id, line: line() });
        break;
      case 'package':
        if (!packages.has(need.name)) packages.set(need.name, { name: need.name, line: line() });
        break;
    }
  }
  return {
    models: [...models.values()],
    tools,
    datasets: [...datasets.values()],
    packages: [...packages.values()],
  };
}

/** Without the marks that zod puts before each fault. */
function inOneLine(message: string): string {
  return message
    .replaceAll('✖ ', '')
    .replace(/\s*\n\s*/g, ' ')
    .trim()
    .replace(/\.$/, '');
}
