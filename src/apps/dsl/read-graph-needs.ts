import { isRecord } from '../../config/is-record.ts';
import type { ToolRef, WorkflowMode, WorkflowNeeds } from '../app.ts';
import type { WorkflowReader } from '../workflow-reader.ts';
import type { DslNode } from './dsl-node.ts';

/** A graph with one fault often has it in every node; people read the first ones. */
const MAX_PROBLEMS = 100;

/** Has a graph checked by `read`, and puts what it found wrong, or needed, to the lines of the nodes. */
export function readGraphNeeds(graph: DslNode, mode: WorkflowMode, read: WorkflowReader): WorkflowNeeds {
  const nodes = graph.get('nodes');
  const byId = new Map<string, DslNode>();
  for (const node of Array.isArray(nodes.value) ? nodes.items() : []) {
    const id = isRecord(node.value) ? node.value.id : undefined;
    if (typeof id === 'string' || typeof id === 'number') byId.set(String(id), node);
  }
  const lineOf = (id: string) => (byId.get(id) ?? graph).line;

  const { problems, needs } = read(graph.value, mode);
  for (const { nodeId, message } of problems.slice(0, MAX_PROBLEMS)) {
    const node = nodeId === null ? undefined : byId.get(nodeId);
    (node ?? graph).problem(`${nodeId === null ? '' : `${nameOf(nodeId, node)}: `}${inOneLine(message)}`);
  }
  if (problems.length > MAX_PROBLEMS)
    graph.problem(`the graph has ${problems.length - MAX_PROBLEMS} more problems`);

  const models = new Map<string, WorkflowNeeds['models'][number]>();
  const tools: ToolRef[] = [];
  const datasets = new Map<string, WorkflowNeeds['datasets'][number]>();
  const packages = new Map<string, WorkflowNeeds['packages'][number]>();
  for (const need of needs) {
    const line = () => lineOf(need.nodeId);
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

/** As the author knows it. */
function nameOf(id: string, node: DslNode | undefined): string {
  const title = node?.get('data').get('title').value;
  return typeof title === 'string' && title !== '' ? `node "${title.slice(0, 100)}"` : `node ${id}`;
}

/** Without the marks that zod puts before each fault. */
function inOneLine(message: string): string {
  return message
    .replaceAll('✖ ', '')
    .replace(/\s*\n\s*/g, ' ')
    .trim()
    .replace(/\.$/, '');
}
