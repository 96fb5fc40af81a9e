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
  /** Nodes and edges that name something by what is no name: YAML reads an unquoted `yes` as a boolean. */
  readonly unnamed: readonly string[];
}

/**
 * Nodes and edges of `workflow.graph`. Notes are no nodes; of two nodes with one id the last one counts; an id may be a
 * number that nobody has quoted; edges without ends are none (`facts/dify-dsl-engine.md` §2.2). Null: it is no graph at all.
 */
export function rawGraph(definition: unknown): RawGraph | null {
  if (!isRecord(definition) || !Array.isArray(definition.nodes)) return null;
  const unnamed: string[] = [];
  const nodes = new Map<string, RawNode>();
  for (const node of definition.nodes) {
    const read = rawNode(node);
    if (read !== null) nodes.set(read.id, read);
    if (isRecord(node) && typeof node.id === 'boolean')
      unnamed.push(`The id of a node is ${node.id}: it must be quoted.`);
  }
  const given: readonly unknown[] = Array.isArray(definition.edges) ? definition.edges : [];
  const edges: RawEdge[] = [];
  for (const edge of given) {
    if (!isRecord(edge)) continue;
    const [source, target] = [nameOf(edge.source), nameOf(edge.target)];
    for (const end of [edge.source, edge.target])
      if (typeof end === 'boolean') unnamed.push(`An edge leads to or from ${end}: the id must be quoted.`);
    if (source === null || target === null) continue;
    edges.push({ id: `edge_${edges.length}`, source, handle: handleOf(edge.sourceHandle), target });
  }
  return { nodes, edges, unnamed };
}

/** The first branch of an if-else is called `true`, also by who has not quoted it. */
function handleOf(given: unknown): string {
  return (typeof given === 'boolean' ? String(given) : nameOf(given)) || 'source';
}

function nameOf(id: unknown): string | null {
  if (typeof id === 'number') return String(id);
  return typeof id === 'string' ? id : null;
}

function rawNode(node: unknown): RawNode | null {
  if (!isRecord(node) || node.type === 'custom-note') return null;
  const id = nameOf(node.id);
  if (id === null || !isRecord(node.data)) return null;
  const { data } = node;
  const type = typeof data.type === 'string' ? data.type : '';
  if (type === '') return null;
  const parents = [node.parentId, data.iteration_id, data.loop_id];
  return {
    id,
    type,
    title: typeof data.title === 'string' ? data.title : '',
    parentId: parents.map(nameOf).find((parent) => parent !== null && parent !== '') ?? null,
    data,
  };
}
