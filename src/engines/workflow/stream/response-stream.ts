import type { Edge, GraphPart, StreamGroup, StreamPlan } from '../graph/graph.ts';
import type { Selector } from '../pool/selector.ts';
import { selectorKey } from '../pool/selector-key.ts';
import type { ReadPool } from '../pool/variable-pool.ts';
import type { StreamState } from '../scheduler/run-state.ts';
import { markdownOf } from '../values/render.ts';

export interface Chunk {
  readonly text: string;
  readonly selector: Selector;
  readonly nodeId: string;
  readonly executionId: string;
}

export interface Withdrawn extends Omit<Chunk, 'text'> {
  /** UTF-16 units at the end of all that this stream has told. */
  readonly length: number;
}

export interface ResponseStreamOptions {
  readonly part: GraphPart;
  readonly plan: StreamPlan;
  readonly pool: ReadPool;
  isSkipped(nodeId: string): boolean;
  newId(): string;
  emit(chunk: Chunk): void;
  /** The last `length` UTF-16 units that this stream has told do not hold. */
  withdraw(said: Withdrawn): void;
}

/** What a node has sent of a variable before it ended. */
interface Pieces {
  readonly nodeId: string;
  readonly executionId: string;
  readonly texts: string[];
  final: boolean;
}

/**
 * Tells answers and ends while the nodes before them still run (`facts/dify-dsl-engine.md` §6). One response speaks at a
 * time, strictly in the order of its template; the next ones wait in the order in which it became certain that they will be
 * reached, those that became so at once by their ids.
 */
export class ResponseStream {
  readonly #options: ResponseStreamOptions;
  /** For each group of the plan: what is reached from the root without an edge that is still to be taken. */
  readonly #open: readonly Set<string>[];
  readonly #entered: Set<string>;
  readonly #waiting: string[];
  readonly #executions: Map<string, string>;
  readonly #pieces: Map<string, Pieces>;
  /** Keys of `#pieces`, by the node that sends them. */
  readonly #keys = new Map<string, Set<string>>();
  #active: { readonly nodeId: string; segment: number; piece: number } | null;

  /** @param state with the edges of its frame, of a `FrameState` */
  constructor(options: ResponseStreamOptions, state?: StreamState, edges = '') {
    this.#options = options;
    const { plan, part } = options;
    this.#active = state?.active ? { ...state.active } : null;
    this.#waiting = [...(state?.waiting ?? [])];
    this.#entered = new Set(state?.entered);
    this.#executions = new Map(Object.entries(state?.executions ?? {}));
    this.#pieces = new Map(
      state?.pieces.map(({ key, texts, ...rest }) => [key, { ...rest, texts: [...texts] }]),
    );
    for (const [key, { nodeId }] of this.#pieces) this.#note(nodeId, key);
    this.#open = plan.groups.map(() => new Set());
    const eligible = plan.groups.flatMap((group, at) =>
      this.#reach(group, this.#open[at] as Set<string>, part.rootId, (edge) => edges[edge.index] === 't'),
    );
    this.#enter(eligible);
  }

  /** The execution id that a response has, whether it runs already or only speaks. */
  executionOf(nodeId: string): string {
    const known = this.#executions.get(nodeId);
    if (known !== undefined) return known;
    const id = this.#options.newId();
    this.#executions.set(nodeId, id);
    return id;
  }

  edgeTaken(edge: Edge): void {
    const { groups } = this.#options.plan;
    let eligible: string[] | null = null;
    for (let at = 0; at < groups.length; at += 1) {
      const group = groups[at] as StreamGroup;
      const open = this.#open[at] as Set<string>;
      if (!group.blocking.has(edge.source) || !open.has(edge.source)) continue;
      const reached = this.#reach(group, open, edge.target, () => false);
      if (reached.length > 0) eligible = [...(eligible ?? []), ...reached];
    }
    if (eligible === null) return;
    this.#enter(eligible);
    this.flush();
  }

  /** A piece of a variable, from a node that still runs. */
  piece(
    selector: Selector,
    text: string,
    final: boolean,
    source: { nodeId: string; executionId: string },
  ): void {
    const key = selectorKey(selector);
    if (!this.#options.plan.shown.has(key)) return;
    let pieces = this.#pieces.get(key);
    if (pieces === undefined) {
      pieces = { ...source, texts: [], final: false };
      this.#pieces.set(key, pieces);
      this.#note(source.nodeId, key);
    }
    pieces.texts.push(text);
    if (final) pieces.final = true;
    this.flush();
  }

  /** A node begins again: what it has sent up to now counts no longer, and what was told of it is taken back. */
  restart(nodeId: string): void {
    for (const [key, pieces] of this.#piecesOf(nodeId)) {
      if (pieces.final) continue;
      this.#pieces.delete(key);
      const active = this.#active;
      const segment = active && this.#options.plan.segments.get(active.nodeId)?.[active.segment];
      if (!active || segment?.kind !== 'variable' || selectorKey(segment.selector) !== key) continue;
      const length = pieces.texts.slice(0, active.piece).reduce((sum, text) => sum + text.length, 0);
      active.piece = 0;
      const { executionId } = pieces;
      if (length > 0) this.#options.withdraw({ length, selector: segment.selector, nodeId, executionId });
    }
  }

  /** A node has ended well: nothing is to come of what it began to send. */
  close(nodeId: string): void {
    for (const [, pieces] of this.#piecesOf(nodeId)) pieces.final = true;
  }

  /** Says what can be said by now. */
  flush(): void {
    while (this.#active !== null) {
      const { nodeId } = this.#active;
      const segments = this.#options.plan.segments.get(nodeId) ?? [];
      if (this.#active.segment >= segments.length) {
        const next = this.#waiting.shift();
        this.#active = next === undefined ? null : { nodeId: next, segment: 0, piece: 0 };
        continue;
      }
      const segment = segments[this.#active.segment];
      if (
        segment === undefined ||
        !(segment.kind === 'text' ? this.#say(segment.text) : this.#tell(segment.selector))
      )
        return;
      this.#active.segment += 1;
      this.#active.piece = 0;
    }
  }

  toState(): StreamState {
    return {
      active: this.#active === null ? null : { ...this.#active },
      waiting: [...this.#waiting],
      entered: [...this.#entered],
      executions: Object.fromEntries(this.#executions),
      pieces: [...this.#pieces].map(([key, { texts, ...rest }]) => ({ key, ...rest, texts: [...texts] })),
    };
  }

  #note(nodeId: string, key: string): void {
    const keys = this.#keys.get(nodeId);
    if (keys === undefined) this.#keys.set(nodeId, new Set([key]));
    else keys.add(key);
  }

  #piecesOf(nodeId: string): (readonly [key: string, pieces: Pieces])[] {
    return [...(this.#keys.get(nodeId) ?? [])].flatMap((key) => {
      const pieces = this.#pieces.get(key);
      return pieces === undefined ? [] : [[key, pieces] as const];
    });
  }

  #say(text: string): true {
    const nodeId = this.#active?.nodeId as string;
    this.#options.emit({ text, selector: [nodeId, 'answer'], nodeId, executionId: this.executionOf(nodeId) });
    return true;
  }

  /** Whether all of the variable has been said. */
  #tell(selector: Selector): boolean {
    const active = this.#active as { readonly nodeId: string; piece: number };
    const [source = ''] = selector;
    if (this.#options.isSkipped(source)) return true;
    const pieces = this.#pieces.get(selectorKey(selector));
    if (pieces !== undefined) {
      const { nodeId, executionId, texts } = pieces;
      while (active.piece < texts.length) {
        const text = texts[active.piece] as string;
        active.piece += 1;
        this.#options.emit({ text, selector, nodeId, executionId });
      }
      if (pieces.final) return true;
    }
    const variable = this.#options.pool.get(selector);
    if (variable === undefined) return false;
    const nodeId = this.#options.part.nodes.has(source) ? source : active.nodeId;
    this.#options.emit({
      text: markdownOf(variable),
      selector,
      nodeId,
      executionId: this.executionOf(nodeId),
    });
    return true;
  }

  #enter(eligible: readonly string[]): void {
    for (const id of eligible.toSorted(byCodePoints)) {
      if (this.#entered.has(id)) continue;
      this.#entered.add(id);
      if (this.#active === null) this.#active = { nodeId: id, segment: 0, piece: 0 };
      else this.#waiting.push(id);
    }
  }

  /** Opens a node and what follows it as far as nothing blocks. The responses among them. */
  #reach(group: StreamGroup, open: Set<string>, from: string, isTaken: (edge: Edge) => boolean): string[] {
    const found: string[] = [];
    const left = [from];
    for (let id = left.pop(); id !== undefined; id = left.pop()) {
      if (open.has(id)) continue;
      open.add(id);
      if (group.responses.has(id)) found.push(id);
      const passes = !group.blocking.has(id);
      for (const edge of this.#options.part.nodes.get(id)?.outgoing ?? []) {
        if (passes || isTaken(edge)) left.push(edge.target);
      }
    }
    return found;
  }
}

function byCodePoints(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
