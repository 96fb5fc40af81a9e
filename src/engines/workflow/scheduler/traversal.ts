import { type Edge, follows, type GraphNode, type GraphPart } from '../graph/graph.ts';

const UNKNOWN = '?';
const TAKEN = 't';
const SKIPPED = 's';

/**
 * Which edges of a level were taken and which skipped, and what follows from that (`facts/dify-dsl-engine.md` §5.1): a node
 * is ready when every edge that leads to it is known and one of them is taken, and skipped when all are skipped. Each edge
 * is settled once, so that a whole run costs as much as its edges.
 */
export class Traversal {
  readonly #part: GraphPart;
  readonly #edges: string[];
  readonly #unknown = new Map<string, number>();
  readonly #taken = new Map<string, number>();
  readonly #skipped = new Set<string>();

  /** @param edges of a `FrameState` */
  constructor(part: GraphPart, edges?: string) {
    this.#part = part;
    this.#edges = part.edges.map(({ index }) => edges?.[index] ?? UNKNOWN);
    for (const { id, incoming } of part.nodes.values()) this.#unknown.set(id, incoming.length);
    for (const edge of part.edges) {
      const state = this.#edges[edge.index];
      if (state === UNKNOWN) continue;
      this.#lower(edge.target);
      if (state === TAKEN) this.#raise(edge.target);
    }
    for (const id of part.otherRoots) this.#skipped.add(id);
    for (const { id, incoming } of part.nodes.values()) {
      if (incoming.length > 0 && this.#unknown.get(id) === 0 && !this.#taken.has(id)) this.#skipped.add(id);
    }
  }

  /** As in `FrameState`. */
  get edges(): string {
    return this.#edges.join('');
  }

  isSkipped(nodeId: string): boolean {
    return this.#skipped.has(nodeId);
  }

  /** Skips what roots that were not chosen lead to. The nodes that are ready after it. */
  begin(): string[] {
    const ready = [this.#part.rootId];
    for (const id of this.#part.otherRoots) {
      for (const edge of this.#part.nodes.get(id)?.outgoing ?? []) this.#skip(edge, ready);
    }
    return ready;
  }

  /** A node has ended, with the branch it takes (null: all). The nodes that are ready now, in the order of edges. */
  complete(node: GraphNode, handle: string | null, onTaken: (edge: Edge) => void): string[] {
    const ready: string[] = [];
    const taken: Edge[] = [];
    for (const edge of node.outgoing) {
      if (follows(edge, node, handle)) taken.push(edge);
      else this.#skip(edge, ready);
    }
    for (const edge of taken) {
      this.#edges[edge.index] = TAKEN;
      this.#lower(edge.target);
      this.#raise(edge.target);
      onTaken(edge);
      if (this.#unknown.get(edge.target) === 0) ready.push(edge.target);
    }
    return ready;
  }

  #skip(first: Edge, ready: string[]): void {
    const left = [first];
    for (let edge = left.pop(); edge !== undefined; edge = left.pop()) {
      this.#edges[edge.index] = SKIPPED;
      this.#lower(edge.target);
      if (this.#unknown.get(edge.target) !== 0) continue;
      if (this.#taken.has(edge.target)) ready.push(edge.target);
      else {
        this.#skipped.add(edge.target);
        left.push(...(this.#part.nodes.get(edge.target)?.outgoing ?? []));
      }
    }
  }

  #lower(nodeId: string): void {
    this.#unknown.set(nodeId, (this.#unknown.get(nodeId) ?? 0) - 1);
  }

  #raise(nodeId: string): void {
    this.#taken.set(nodeId, (this.#taken.get(nodeId) ?? 0) + 1);
  }
}
