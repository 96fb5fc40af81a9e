import { addUsage } from './add-usage.ts';
import type { RunOutcome, WorkflowEvent } from './events.ts';
import type { Graph } from './graph/graph.ts';
import type { NodeUsage } from './node-result.ts';
import { maskText, secretsOf } from './pool/mask-secrets.ts';
import { type PoolState, VariablePool } from './pool/variable-pool.ts';
import { Frame } from './scheduler/frame.ts';
import type { RunScope } from './scheduler/run-scope.ts';
import type { RunState } from './scheduler/run-state.ts';
import { DEFAULT_LIMITS, type WorkflowLimits } from './workflow-limits.ts';
import type { WorkflowServices } from './workflow-services.ts';

export interface StartRunOptions {
  readonly services: WorkflowServices;
  /** Told of everything, in order, while it happens. Must not throw. */
  emit(event: WorkflowEvent): void;
  /** Stops the run: at once, and nothing starts or is told afterwards but the end. Its reason becomes the run's error. */
  readonly signal: AbortSignal;
  readonly limits?: Partial<WorkflowLimits>;
  /**
   * `sys`, `env`, `conversation`, and the inputs under the id of the start node. Of a run that goes on only `env` counts,
   * which a state does not hold.
   */
  readonly variables?: PoolState;
  /** Goes on from here instead of beginning. The graph must be the one it was written with. */
  readonly state?: RunState;
}

export interface WorkflowRun {
  /** Never rejects. */
  readonly done: Promise<RunOutcome>;
  /**
   * The run as plain data. It holds together between two nodes: when asked from the handler of a `node_finished`, of all
   * that was told up to and with it; else outside of handlers.
   */
  snapshot(): RunState;
}

/** What a timer of Node can wait, almost 25 days. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;
/** How long nodes may keep the event loop before others get their turn. */
const TURN_MS = 8;

/**
 * Runs a graph. The first node starts in a microtask, so that the caller has the run in hand before the first event.
 *
 * @example
 * const read = readGraph(dsl.workflow.graph, nodeKinds);
 * if (read.kind === 'problems') throw new Error(read.problems.map(({ message }) => message).join('\n'));
 * const run = startRun(read.graph, { services, signal, variables: [['start', [['query', { value: 'Hi' }]]]], emit });
 * const { status, outputs } = await run.done;
 */
export function startRun(graph: Graph, options: StartRunOptions): WorkflowRun {
  const { services, signal, state } = options;
  const { clock } = services;
  const limits = { ...DEFAULT_LIMITS, ...options.limits };
  const startedAt = clock.now() - (state?.elapsedMs ?? 0);
  let steps = state?.steps ?? 0;
  let usage: NodeUsage | null = state?.usage ?? null;
  let ended = false;
  let turnStart = performance.now();
  let yielding = false;
  let timer: NodeJS.Timeout | undefined;
  const { promise: done, resolve } = Promise.withResolvers<RunOutcome>();

  const pool = VariablePool.from(state?.frame.pool ?? [], VariablePool.from(options.variables ?? []));
  const secrets = secretsOf(pool);

  const scope: RunScope = {
    services,
    secrets,
    concurrency: limits.concurrency,
    get ended() {
      return ended;
    },
    emit(event) {
      if (!ended) options.emit(event);
    },
    countStep() {
      steps += 1;
    },
    addUsage(more) {
      usage = addUsage(usage, more);
    },
    checkLimits() {
      if (steps > limits.maxSteps) {
        end('failed', `Maximum execution steps exceeded: ${steps} > ${limits.maxSteps}`);
      }
    },
    fail(error) {
      end('failed', error instanceof Error ? error.message : String(error));
    },
    mustYield() {
      // After each node: there are some that take as long as a hundred others, templates for one.
      if (performance.now() - turnStart < TURN_MS) return false;
      if (!yielding) {
        // Levels that wait go on one after the other, each in a turn of its own when the one before took all of it.
        yielding = true;
        setImmediate(() => {
          yielding = false;
          turnStart = performance.now();
        });
      }
      return true;
    },
  };

  const frame = new Frame({
    scope,
    part: graph.root,
    round: null,
    pool,
    outerPool: null,
    signal,
    state: state?.frame,
    tell: scope.emit,
    holdsBack: false,
    onEnd({ exceptions }, error) {
      if (error !== null) end('failed', error.message);
      else end(exceptions > 0 ? 'partial-succeeded' : 'succeeded', null);
    },
  });

  function elapsed(): number {
    return clock.now() - startedAt;
  }

  function end(status: RunOutcome['status'], error: string | null): void {
    if (ended) return;
    clearTimeout(timer);
    signal.removeEventListener('abort', stop);
    const outcome: RunOutcome = {
      status,
      outputs: frame.outputs,
      error: error === null ? null : maskText(error, secrets),
      elapsedMs: elapsed(),
      usage,
      steps: frame.steps,
      exceptions: frame.exceptions,
    };
    ended = true;
    frame.dispose();
    options.emit({ kind: 'run_finished', ...outcome, at: clock.now() });
    resolve(outcome);
  }

  function stop(): void {
    const { reason } = signal;
    end('stopped', reason instanceof Error ? reason.message : String(reason));
  }

  function outOfTime(): void {
    const seconds = (elapsed() / 1000).toFixed(2);
    end('failed', `Maximum execution time exceeded: ${seconds}s > ${limits.maxMs / 1000}s`);
  }

  signal.addEventListener('abort', stop, { once: true });
  timer = setTimeout(outOfTime, Math.min(Math.max(0, limits.maxMs - elapsed()), LONGEST_TIMER_MS));
  queueMicrotask(() => {
    if (ended) return;
    if (signal.aborted) return stop();
    turnStart = performance.now();
    scope.emit({
      kind: 'run_started',
      reason: state === undefined ? 'initial' : 'resumption',
      at: clock.now(),
    });
    if (!ended) frame.begin();
  });

  return {
    done,
    snapshot: () => ({ version: 1, elapsedMs: elapsed(), steps, usage, frame: frame.toState() }),
  };
}
