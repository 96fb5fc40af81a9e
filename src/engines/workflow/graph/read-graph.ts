import { z } from 'zod';
import { deepFreeze } from '../../../config/deep-freeze.ts';
import type { NodeKind } from '../node-kind.ts';
import type { Edge, Graph, GraphNode, GraphPart } from './graph.ts';
import type { GraphProblem } from './graph-problem.ts';
import { normaliseGraph } from './normalise-graph.ts';
import { type RawEdge, type RawNode, rawGraph } from './raw-graph.ts';
import { type ErrorPolicy, readErrorPolicy } from './read-error-policy.ts';
import { streamPlan } from './stream-plan.ts';
import { writeProblems } from './write-problems.ts';

export type ReadGraph =
  | { readonly kind: 'graph'; readonly graph: Graph }
  | { readonly kind: 'problems'; readonly problems: readonly GraphProblem[] };

export interface ReadGraphOptions {
  /** Which of several roots a run begins with; without it there may be one only. */
  readonly root?: string;
}

/** Levels of containers; Dify's editor knows one. */
const MAX_DEPTH = 16;

/** A node on its way from the file to the graph. */
interface Read extends ErrorPolicy {
  readonly raw: RawNode;
  readonly kind: NodeKind;
  readonly config: unknown;
}

/**
 * Reads `workflow.graph` of a DSL file of any version. Everything that could never run is found here: a graph that was
 * read has only nodes of known kinds with settings that those have accepted.
 *
 * @param definition JSON, as YAML gave it
 */
export function readGraph(
  definition: unknown,
  kinds: readonly NodeKind[],
  options: ReadGraphOptions = {},
): ReadGraph {
  const byType = new Map(kinds.flatMap((kind) => kind.types.map((type) => [type, kind] as const)));
  const raw = rawGraph(definition);
  if (raw === null) return { kind: 'problems', problems: [problem(null, 'The graph has no list of nodes.')] };
  const { nodes, edges, unnamed } = normaliseGraph(raw, (type) => byType.get(type));
  const problems: GraphProblem[] = unnamed.map((message) => problem(null, message));
  const read = new Map<string, Read>();
  for (const node of nodes.values()) {
    const kind = byType.get(node.type);
    if (kind === undefined) problems.push(problem(node, `Unknown node type '${node.type}'.`));
    else readNode(node, kind, read, problems);
  }
  for (const edge of edges) {
    for (const [end, id] of [
      ['source', edge.source],
      ['target', edge.target],
    ] as const) {
      if (!nodes.has(id)) {
        const text = `[MISSING_NODE] Edge ${edge.id} references unknown ${end} node '${id}'.`;
        problems.push(problem(null, text));
      }
    }
  }
  if (problems.length > 0) return { kind: 'problems', problems };
  return assemble(read, edges, options, problems);
}

function readNode(node: RawNode, kind: NodeKind, read: Map<string, Read>, problems: GraphProblem[]): void {
  const config = kind.config.safeParse(node.data);
  const policy = readErrorPolicy(node.data);
  if (!config.success) problems.push(problem(node, z.prettifyError(config.error)));
  if (typeof policy === 'string') problems.push(problem(node, policy));
  else if (config.success) read.set(node.id, { raw: node, kind, config: deepFreeze(config.data), ...policy });
}

/** Puts together what was read: containers with what is inside them, each level with its root. */
function assemble(
  read: ReadonlyMap<string, Read>,
  edges: readonly RawEdge[],
  options: ReadGraphOptions,
  problems: GraphProblem[],
): ReadGraph {
  const levels = new Map<string | null, Read[]>();
  for (const node of read.values()) {
    const level = levelOf(node, read);
    const members = levels.get(level);
    if (members === undefined) levels.set(level, [node]);
    else members.push(node);
  }
  const edgesOf = new Map<string | null, RawEdge[]>();
  for (const level of levels.keys()) edgesOf.set(level, []);
  for (const edge of edges) {
    const level = levelOf(read.get(edge.source) as Read, read);
    if (level !== levelOf(read.get(edge.target) as Read, read)) {
      const text = `Edge ${edge.id} from '${edge.source}' to '${edge.target}' crosses the border of a container.`;
      problems.push(problem((read.get(edge.source) as Read).raw, text));
    } else edgesOf.get(level)?.push(edge);
  }
  const all = new Map<string, GraphNode>();
  const root = part(null, 0);
  if (root === null || problems.length > 0) return { kind: 'problems', problems };
  // Containers inside one another in a circle are on no level that the top leads to.
  for (const { raw } of read.values()) {
    if (!all.has(raw.id)) problems.push(problem(raw, 'The containers of this node contain one another.'));
  }
  const graph: Graph = Object.freeze({ root, nodes: all });
  problems.push(...writeProblems(graph));
  return problems.length > 0 ? { kind: 'problems', problems } : { kind: 'graph', graph };

  function part(level: string | null, depth: number): GraphPart | null {
    const members = levels.get(level) ?? [];
    const roots = rootsOf(level, members);
    const list: Edge[] = (edgesOf.get(level) ?? []).map((edge, index) => Object.freeze({ ...edge, index }));
    const ends = { outgoing: groupBy(list, 'source'), incoming: groupBy(list, 'target') };
    const nodes = new Map<string, GraphNode>();
    for (const member of members) {
      const { id } = member.raw;
      const isContainer = member.kind.role === 'container';
      if (depth > MAX_DEPTH) {
        problems.push(problem(member.raw, `Containers are nested deeper than ${MAX_DEPTH} levels.`));
        return null;
      }
      const inside = isContainer ? part(id, depth + 1) : null;
      if (isContainer && inside === null) continue;
      const node = graphNode(member, ends, inside);
      nodes.set(id, node);
      all.set(id, node);
    }
    if (roots === null) return null;
    const stream = streamPlan([...nodes.values()]);
    return Object.freeze({ ...roots, nodes, edges: Object.freeze(list), stream });
  }

  function rootsOf(
    level: string | null,
    members: readonly Read[],
  ): Pick<GraphPart, 'rootId' | 'otherRoots'> | null {
    if (level !== null) {
      const container = read.get(level) as Read;
      const rootId = String(container.raw.data.start_node_id);
      if (members.some(({ raw }) => raw.id === rootId)) return { rootId, otherRoots: [] };
      problems.push(problem(container.raw, `[INVALID_ROOT] Node '${rootId}' is not inside the container.`));
      return null;
    }
    const ids = members.filter(({ kind }) => kind.role === 'root').map(({ raw }) => raw.id);
    const rootId = options.root ?? ids[0];
    if (rootId === undefined || !ids.includes(rootId)) {
      const text = options.root === undefined ? 'no start node' : `no start node '${options.root}'`;
      problems.push(problem(null, `[INVALID_ROOT] The workflow has ${text}.`));
      return null;
    }
    if (ids.length > 1 && options.root === undefined) {
      for (const id of ids.slice(1)) {
        problems.push(problem((read.get(id) as Read).raw, 'The workflow has several start nodes.'));
      }
      return null;
    }
    return { rootId, otherRoots: ids.filter((id) => id !== rootId) };
  }
}

/** The container that a node is in; null: the top. A parent that is none, such as a group, does not count. */
function levelOf({ raw: { parentId } }: Read, read: ReadonlyMap<string, Read>): string | null {
  return parentId !== null && read.get(parentId)?.kind.role === 'container' ? parentId : null;
}

type Ends = Readonly<Record<'outgoing' | 'incoming', ReadonlyMap<string, readonly Edge[]>>>;

function groupBy(edges: readonly Edge[], end: 'source' | 'target'): Map<string, Edge[]> {
  const groups = new Map<string, Edge[]>();
  for (const edge of edges) {
    const group = groups.get(edge[end]);
    if (group === undefined) groups.set(edge[end], [edge]);
    else group.push(edge);
  }
  return groups;
}

function graphNode(
  { raw, kind, config, errorStrategy, retry }: Read,
  ends: Ends,
  inside: GraphPart | null,
): GraphNode {
  return Object.freeze({
    id: raw.id,
    type: raw.type,
    title: raw.title,
    kind,
    config,
    outgoing: ends.outgoing.get(raw.id) ?? [],
    incoming: ends.incoming.get(raw.id) ?? [],
    branching: kind.role === 'branch' || errorStrategy?.kind === 'fail-branch',
    errorStrategy,
    retry: kind.retries === true ? retry : null,
    inside,
  });
}

function problem(node: RawNode | null, message: string): GraphProblem {
  return { nodeId: node?.id ?? null, title: node?.title ?? null, message };
}
