import { addUsage } from '../add-usage.ts';
import type { NodeFinished, Round } from '../events.ts';
import type { GraphNode, GraphPart } from '../graph/graph.ts';
import type { RoundOutcome } from '../node-context.ts';
import { NodeError } from '../node-error.ts';
import type { NodeResult, NodeUsage } from '../node-result.ts';
import { CONVERSATION, ENVIRONMENT } from '../pool/selector.ts';
import { type PoolState, VariablePool } from '../pool/variable-pool.ts';
import { HeldChunks, type Said } from '../stream/held-chunks.ts';
import { type Chunk, ResponseStream, type Withdrawn } from '../stream/response-stream.ts';
import type { Value } from '../values/value.ts';
import { accountOf, nameOf } from './account-of.ts';
import { attemptNode } from './attempt-node.ts';
import { outputsProblem } from './check-outputs.ts';
import { ChildRounds } from './child-rounds.ts';
import { contextOf } from './context-of.ts';
import { mergeOutputs } from './merge-outputs.ts';
import type { RunScope } from './run-scope.ts';
import type { FrameState, RunningState } from './run-state.ts';
import { handleOf, resultOfException } from './settle-node.ts';
import { Traversal } from './traversal.ts';

export interface FrameOptions {
  readonly scope: RunScope;
  readonly part: GraphPart;
  readonly round: Round | null;
  /** Shared with the level above in rounds of loops. */
  readonly pool: VariablePool;
  /** The pool of the level above, against which a state is written; null at the top. */
  readonly outerPool: VariablePool | null;
  readonly signal: AbortSignal;
  readonly state: FrameState | undefined;
  /** What is said goes there. */
  readonly tell: (said: Said) => void;
  /** Not before it has ended. */
  readonly holdsBack: boolean;
  /** Called once, unless the frame is disposed of before. */
  onEnd(frame: Frame, error: NodeError | null): void;
}

/** Secrets are written down nowhere: the environment is given anew to a run that goes on. */
function isKept([nodeId]: PoolState[number]): boolean {
  return nodeId !== ENVIRONMENT;
}

const NOTHING = Object.freeze({});

/** A node that has started and not ended. */
interface Running {
  readonly node: GraphNode;
  readonly executionId: string;
  readonly startedAt: number;
  attempt: number;
  readonly children: ChildRounds | null;
}

/**
 * One run of the nodes of a level. Ready nodes start in order, as many at once as the scope allows; those that need no
 * Promise run one after the other in one turn of the event loop.
 */
export class Frame {
  readonly pool: VariablePool;
  readonly outputs: Record<string, Value>;
  readonly reached: Set<string>;
  steps: number;
  exceptions: number;
  usage: NodeUsage | null;
  readonly #options: FrameOptions;
  readonly #traversal: Traversal;
  readonly #stream: ResponseStream | null;
  readonly #held: HeldChunks | null;
  readonly #tell: (said: Said) => void;
  readonly #running = new Map<string, Running>();
  readonly #abort = new AbortController();
  readonly #startedAt: number;
  #ready: string[];
  #next = 0;
  #busy = false;
  #over = false;
  #error: NodeError | null = null;

  constructor(options: FrameOptions) {
    const { scope, part, state, pool } = options;
    this.#options = options;
    this.pool = pool;
    this.#traversal = new Traversal(part, state?.edges);
    this.outputs = { ...state?.outputs };
    this.reached = new Set(state?.reached);
    this.steps = state?.steps ?? 0;
    this.exceptions = state?.exceptions ?? 0;
    this.usage = state?.usage ?? null;
    this.#startedAt = scope.services.clock.now() - (state?.elapsedMs ?? 0);
    this.#ready = [...(state?.ready ?? [])];
    if (state?.error) this.#error = new NodeError('', state.error);
    const { tell, holdsBack } = options;
    this.#held = holdsBack || state?.held !== undefined ? new HeldChunks(tell, state?.held) : null;
    this.#tell = this.#held?.add ?? tell;
    const stream = {
      part,
      plan: part.stream,
      pool,
      isSkipped: (id: string) => this.#traversal.isSkipped(id),
      newId: () => scope.services.newId(),
      emit: (chunk: Chunk) => this.#tell({ kind: 'text_chunk', ...chunk, round: options.round }),
      withdraw: (said: Withdrawn) => this.#tell({ kind: 'text_withdrawn', ...said, round: options.round }),
    };
    this.#stream =
      part.stream === null
        ? null
        : new ResponseStream({ ...stream, plan: part.stream }, state?.stream ?? undefined, state?.edges);
    options.signal.addEventListener('abort', this.#onAbort, { once: true });
    if (options.signal.aborted) this.dispose();
  }

  get elapsedMs(): number {
    return this.#options.scope.services.clock.now() - this.#startedAt;
  }

  begin(): void {
    if (this.#over) return;
    const { state } = this.#options;
    if (state === undefined) this.#ready = this.#traversal.begin();
    else for (const running of state.running) this.#resume(running);
    this.#advance();
  }

  /** Everything in it is told to stop; it has no end any more. */
  dispose(reason: unknown = this.#options.signal.reason): void {
    if (this.#over) return;
    this.#over = true;
    this.#options.signal.removeEventListener('abort', this.#onAbort);
    this.#abort.abort(reason);
    for (const { children } of this.#running.values()) children?.dispose();
  }

  toState(): FrameState {
    const { pool, outerPool } = this.#options;
    return {
      pool: pool === outerPool ? null : pool.toState(outerPool ?? undefined).filter(isKept),
      edges: this.#traversal.edges,
      ready: this.#ready.slice(this.#next),
      running: [...this.#running.values()].map(({ node, children, ...rest }) => ({
        ...rest,
        nodeId: node.id,
        children: children?.toState() ?? null,
      })),
      outputs: { ...this.outputs },
      steps: this.steps,
      exceptions: this.exceptions,
      usage: this.usage,
      elapsedMs: this.elapsedMs,
      reached: [...this.reached],
      error: this.#error?.message ?? null,
      stream: this.#stream?.toState() ?? null,
      ...(this.#held && { held: this.#held.toState() }),
    };
  }

  readonly #onAbort = () => this.dispose();

  #advance(): void {
    if (this.#busy) return;
    const { scope, part } = this.#options;
    this.#busy = true;
    while (!this.#over && this.#error === null && this.#next < this.#ready.length) {
      if (this.#running.size >= scope.concurrency) break;
      if (scope.mustYield()) {
        this.#busy = false;
        setImmediate(() => this.#advance());
        return;
      }
      const node = part.nodes.get(this.#ready[this.#next] as string) as GraphNode;
      this.#next += 1;
      this.#start(node);
    }
    this.#busy = false;
    const idle = this.#running.size === 0 && this.#next >= this.#ready.length;
    if (!this.#over && (idle || this.#error !== null)) this.#end();
  }

  #start(node: GraphNode): void {
    const { scope } = this.#options;
    const executionId = this.#stream?.executionOf(node.id) ?? scope.services.newId();
    const startedAt = scope.services.clock.now();
    this.steps += 1;
    scope.countStep();
    const running = this.#enter(node, { executionId, startedAt, attempt: 0, children: null });
    const about = node.kind.about?.(node.config) ?? NOTHING;
    scope.emit({ kind: 'node_started', ...nameOf(running, this.#options.round), about, at: startedAt });
    this.#attempt(running);
  }

  #resume(state: RunningState): void {
    const node = this.#options.part.nodes.get(state.nodeId);
    if (node === undefined) return;
    this.#stream?.restart(node.id);
    this.#attempt(this.#enter(node, state));
  }

  #enter(node: GraphNode, state: Omit<RunningState, 'nodeId'>): Running {
    const { executionId, startedAt, attempt } = state;
    const children =
      node.inside === null
        ? null
        : new ChildRounds({
            node,
            part: node.inside,
            outer: this.#options.round,
            pool: this.pool,
            state: state.children,
            open: (options) => this.#openRound(options),
          });
    const running = { node, executionId, startedAt, attempt, children };
    this.#running.set(node.id, running);
    this.reached.add(node.type);
    return running;
  }

  #openRound({
    part,
    round,
    pool,
    state,
    beside,
    onEnd,
  }: Parameters<ConstructorParameters<typeof ChildRounds>[0]['open']>[0]): Frame {
    const restored = () => (state?.pool ? VariablePool.from(state.pool, this.pool) : this.pool);
    return new Frame({
      scope: this.#options.scope,
      part,
      round,
      pool: pool ?? restored(),
      outerPool: this.pool,
      signal: this.#abort.signal,
      state,
      tell: this.#tell,
      holdsBack: beside,
      onEnd: (frame, error) => {
        const outcome: RoundOutcome = {
          error: error?.message ?? null,
          pool: frame.pool,
          outputs: frame.outputs,
          elapsedMs: frame.elapsedMs,
          reached: frame.reached,
        };
        onEnd(outcome, frame.usage);
      },
    });
  }

  #attempt(running: Running): void {
    const { scope } = this.#options;
    const { node } = running;
    const signal = this.#abort.signal;
    attemptNode({
      node,
      attempt: running.attempt,
      clock: scope.services.clock,
      signal,
      contextOf: (attempt) =>
        contextOf({
          ...nameOf(running, this.#options.round),
          node,
          attempt,
          scope,
          signal,
          pool: this.pool,
          stream: this.#stream,
          children: running.children,
        }),
      onRetry: (retry, error) => {
        running.attempt = retry;
        this.#stream?.restart(node.id);
        scope.emit({ kind: 'node_retried', ...this.#account(running, error.details, error), retry });
      },
      settle: (outcome) => {
        this.#settle(running, outcome);
        this.#advance();
      },
      onBroken: (error) => scope.fail(error),
    });
  }

  /** What a node's end changes, in Dify's order: variables, pieces of answers, edges, and then it is told. */
  #settle(running: Running, outcome: NodeResult | NodeError): void {
    if (this.#over || this.#options.scope.ended || !this.#running.delete(running.node.id)) return;
    const { scope } = this.#options;
    const { node, children } = running;
    children?.dispose();
    const error = outcome instanceof NodeError ? outcome : outputsProblem(outcome);
    const result = error === null ? (outcome as NodeResult) : resultOfException(node, error);
    const details = result ?? { ...error?.details, outputs: error?.details.outputs ?? {} };
    this.usage = addUsage(this.usage, details.usage ?? null);
    if (children === null) scope.addUsage(details.usage ?? null);
    const finished = {
      kind: 'node_finished',
      ...this.#account(running, details, error),
      status: result === null ? 'failed' : error === null ? 'succeeded' : 'exception',
      handle: result === null ? null : handleOf(node, result),
    } satisfies NodeFinished;
    if (result === null) {
      this.#error = error;
      scope.emit(finished);
      return;
    }
    this.pool.setAll(node.id, result.outputs, result.types);
    if (result.writes !== undefined) this.pool.setMany(result.writes);
    for (const { selector, variable } of result.writes ?? []) {
      if (selector[0] === CONVERSATION)
        scope.emit({ kind: 'variable_set', selector, variable, nodeId: node.id });
    }
    if (error === null) this.#stream?.close(node.id);
    else this.exceptions += 1;
    const ready = this.#traversal.complete(node, finished.handle, (edge) => this.#stream?.edgeTaken(edge));
    for (const id of ready) this.#ready.push(id);
    this.#stream?.flush();
    mergeOutputs(this.outputs, node, result);
    scope.emit(finished);
    scope.checkLimits();
  }

  #account(running: Running, details: Partial<NodeResult>, error: NodeError | null) {
    const { round, scope } = this.#options;
    return accountOf(running, {
      round,
      details,
      error,
      at: scope.services.clock.now(),
      secrets: scope.secrets,
    });
  }

  #end(): void {
    this.#over = true;
    this.#options.signal.removeEventListener('abort', this.#onAbort);
    if (this.#running.size > 0) {
      this.#abort.abort(new DOMException('Another node has failed.', 'AbortError'));
      for (const { children } of this.#running.values()) children?.dispose();
    }
    this.#held?.release();
    this.#options.onEnd(this, this.#error);
  }
}
