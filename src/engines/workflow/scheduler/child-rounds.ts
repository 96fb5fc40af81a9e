import { addUsage } from '../add-usage.ts';
import type { Round } from '../events.ts';
import type { GraphNode, GraphPart } from '../graph/graph.ts';
import type { ChildFrames, RoundOutcome } from '../node-context.ts';
import type { NodeUsage } from '../node-result.ts';
import type { VariablePool } from '../pool/variable-pool.ts';
import type { Value } from '../values/value.ts';
import type { ChildrenState, FrameState } from './run-state.ts';

/** A round while it runs, or has run and is not forgotten yet. */
export interface RoundFrame {
  begin(): void;
  /** Ends it without an outcome. */
  dispose(): void;
  toState(): FrameState;
}

export type OpenRound = (options: {
  readonly part: GraphPart;
  readonly round: Round;
  readonly pool: VariablePool | null;
  readonly state: FrameState | undefined;
  readonly beside: boolean;
  onEnd(outcome: RoundOutcome, usage: NodeUsage | null): void;
}) => RoundFrame;

export interface ChildRoundsOptions {
  readonly node: GraphNode;
  readonly part: GraphPart;
  /** The round that the container is in. */
  readonly outer: Round | null;
  readonly pool: VariablePool;
  readonly state: ChildrenState | null;
  readonly open: OpenRound;
}

/** The rounds of one execution of a container. */
export class ChildRounds implements ChildFrames {
  readonly rootId: string;
  readonly memory: Record<string, Value>;
  readonly pool: VariablePool;
  readonly #options: ChildRoundsOptions;
  readonly #frames = new Map<number, RoundFrame>();
  /** Of a snapshot, not yet asked for. */
  readonly #saved: Map<number, FrameState>;
  #usage: NodeUsage | null;
  #disposed = false;

  constructor(options: ChildRoundsOptions) {
    this.#options = options;
    this.rootId = options.part.rootId;
    this.pool = options.pool;
    this.memory = structuredClone({ ...options.state?.memory });
    this.#saved = new Map(options.state?.rounds);
    this.#usage = options.state?.usage ?? null;
  }

  get nodeIds(): readonly string[] {
    return idsIn(this.#options.part);
  }

  usage(): NodeUsage | null {
    return this.#usage;
  }

  run(index: number, options: Parameters<ChildFrames['run']>[1]): Promise<RoundOutcome> {
    // The container has ended, and what is left of its work goes no further.
    if (this.#disposed) return new Promise(() => {});
    const { node, part, outer, open } = this.#options;
    const state = this.#saved.get(index);
    this.#saved.delete(index);
    let pool: VariablePool | null = null;
    if (state === undefined) {
      const given = options.pool();
      pool = given === 'shared' ? null : given;
    }
    const round = { containerId: node.id, containerType: node.type, index, outer };
    return new Promise((resolve) => {
      const frame = open({
        part,
        round,
        pool,
        state,
        beside: options.beside === true,
        onEnd: (outcome, usage) => {
          this.#usage = addUsage(this.#usage, usage);
          resolve(outcome);
        },
      });
      this.#frames.set(index, frame);
      frame.begin();
    });
  }

  forget(index: number): void {
    this.#frames.delete(index);
  }

  /** The container has ended: so do rounds that still run, and no other begins. */
  dispose(): void {
    this.#disposed = true;
    for (const frame of this.#frames.values()) frame.dispose();
    this.#frames.clear();
    this.#saved.clear();
  }

  toState(): ChildrenState {
    return {
      memory: structuredClone(this.memory),
      usage: this.#usage,
      rounds: [
        ...this.#saved,
        ...[...this.#frames].map(([index, frame]) => [index, frame.toState()] as const),
      ],
    };
  }
}

function idsIn(part: GraphPart): string[] {
  return [...part.nodes.values()].flatMap(({ id, inside }) =>
    inside === null ? [id] : [id, ...idsIn(inside)],
  );
}
