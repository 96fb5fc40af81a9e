import { isRecord } from '../../../config/is-record.ts';

/** A node of the file, before its kind has read it. */
export interface RawNode {
  readonly id: string;
  readonly type: string;
  readonly title: string;
  readonly parentId: string | null;
  readonly data: Readonly<Record<string, unknown>>;
}

export interface RawEdge {
  readonly id: string;
  readonly source: string;
  readonly handle: string;
  readonly target: string;
}

export interface RawGraph {
  readonly nodes: ReadonlyMap<string, RawNode>;
  readonly edges: readonly RawEdge[];
}

/**
 * Nodes and edges of `workflow.graph`. Notes are no nodes; of two nodes with one id the last one counts; edges without
 * ends are none (`facts/dify-dsl-engine.md` §2.2). Null: it is no graph at all.
 */
export function rawGraph(definition: unknown): RawGraph | null {
  if (!isRecord(definition) || !Array.isArray(definition.nodes)) return null;
  const nodes = new Map<string, RawNode>();
  for (const node of definition.nodes) {
    const read = rawNode(node);
    if (read !== null) nodes.set(read.id, read);
  }
  const given: readonly unknown[] = Array.isArray(definition.edges) ? definition.edges : [];
  const edges = given.filter(isEdge).map((edge, at) => ({
    id: `edge_${at}`,
    source: edge.source,
    handle: typeof edge.sourceHandle === 'string' && edge.sourceHandle !== '' ? edge.sourceHandle : 'source',
    target: edge.target,
  }));
  return { nodes, edges };
}

function rawNode(node: unknown): RawNode | null {
  if (!isRecord(node) || node.type === 'custom-note') return null;
  const id = typeof node.id === 'number' ? String(node.id) : node.id;
  if (typeof id !== 'string' || !isRecord(node.data)) return null;
  const { data } = node;
  const type = typeof data.type === 'string' ? data.type : '';
  if (type === '') return null;
  const parents = [node.parentId, data.iteration_id, data.loop_id];
  return {
    id,
    type,
    title: typeof data.title === 'string' ? data.title : '',
    parentId: parents.find((parent): parent is string => typeof parent === 'string' && parent !== '') ?? null,
    data,
  };
}

function isEdge(edge: unknown): edge is { source: string; target: string; sourceHandle?: unknown } {
  return isRecord(edge) && typeof edge.source === 'string' && typeof edge.target === 'string';
}
