import { sizeUpTo } from '../../../config/size-up-to.ts';
import type { NodeContext } from '../node-context.ts';
import { NodeError } from '../node-error.ts';
import type { NodeDetails, NodeResult } from '../node-result.ts';
import { CONVERSATION, type Selector, selectorText } from '../pool/selector.ts';
import { pythonStr } from '../values/python-text.ts';
import type { Value } from '../values/value.ts';
import { MAX_OUTPUT_CHARACTERS } from '../workflow-limits.ts';

export interface IterationPlan {
  readonly iterator: Selector;
  /** A variable inside; one that is missing after a round is null. */
  readonly output: Selector;
  /** Rounds that run at once. */
  readonly parallel: number;
  readonly onError: 'terminated' | 'continue-on-error' | 'remove-abnormal-output';
  readonly flatten: boolean;
}

/** What is known of a round that is over: in `memory`, by the index of its item. */
interface Done {
  readonly [key: string]: Value;
  readonly value: Value;
  readonly failed: boolean;
  readonly ms: number;
}

/**
 * One round for each item, each with a pool of its own, in which `item` and `index` are the container's variables. What
 * they say of the conversation's variables is copied back (`facts/dify-dsl-engine.md` §4.12).
 *
 * @throws NodeError
 */
export async function runIteration(plan: IterationPlan, context: NodeContext): Promise<NodeResult> {
  const { children, node, pool } = context;
  const { memory } = children;
  const iterator = pool.get(plan.iterator);
  if (iterator === undefined) {
    throw failed(
      `iterator variable ${selectorText(plan.iterator)} not found`,
      'IteratorVariableNotFoundError',
    );
  }
  if (iterator.value !== null && !Array.isArray(iterator.value)) {
    const text = `invalid iterator value: ${pythonStr(iterator.value)}, please provide a list.`;
    throw failed(text, 'InvalidIteratorValueError');
  }
  const items: readonly Value[] = iterator.value ?? [];
  const inputs = { iterator_selector: items };
  const startedAt = context.services.clock.now();
  memory.begun ??= 0;
  memory.done ??= {};
  const done = memory.done as Record<number, Done>;
  let collected = sizeUpTo(MAX_OUTPUT_CHARACTERS, memory.done);
  if (memory.told !== true) {
    memory.told = true;
    context.report({ kind: 'rounds_started', length: items.length, inputs });
  }

  let next = 0;
  const failure = Promise.withResolvers<void>();
  let error: string | null = null;
  const atOnce = Math.min(plan.parallel, items.length);
  const workers = Array.from({ length: atOnce }, () => work());
  await Promise.race([Promise.all(workers), failure.promise]);
  const seconds = Object.entries(done).map(([at, { ms }]) => [at, ms / 1000] as const);
  const metadata = { iteration_duration_map: Object.fromEntries(seconds) };
  const usage = children.usage();
  const details: NodeDetails = { inputs, metadata, ...(usage && { usage }) };
  const outputs = { output: outputOf(plan, Object.values(done)) };
  context.report({
    kind: 'rounds_completed',
    status: error === null ? 'succeeded' : 'failed',
    inputs,
    outputs,
    error,
    steps: items.length,
    elapsedMs: context.services.clock.now() - startedAt,
    usage,
    metadata,
  });
  if (error !== null) throw new NodeError('IterationNodeError', error, { ...details, outputs });
  return { ...details, outputs };

  async function work(): Promise<void> {
    while (next < items.length && !isOver()) {
      const index = next;
      next += 1;
      if (done[index] === undefined) await round(index);
    }
  }

  /** Nothing begins, and nothing is told, after the round that ends the iteration: rounds that still run end with it. */
  function isOver(): boolean {
    return error !== null || context.signal.aborted;
  }

  function end(problem: string): void {
    error = problem;
    failure.resolve();
  }

  async function round(index: number): Promise<void> {
    if (index >= (memory.begun as number)) {
      memory.begun = index + 1;
      context.report({ kind: 'round', index, before: {} });
    }
    const before = children.pool.variablesOf(CONVERSATION);
    const {
      error: problem,
      pool: own,
      elapsedMs: ms,
    } = await children.run(index, {
      beside: atOnce > 1,
      pool() {
        const fork = children.pool.fork();
        fork.set(node.id, 'item', { value: items[index] as Value });
        fork.set(node.id, 'index', { value: index });
        return fork;
      },
    });
    if (isOver()) return;
    own.copyChanges(CONVERSATION, before, children.pool);
    if (problem !== null && plan.onError === 'terminated') return end(problem);
    const value = problem === null ? (own.get(plan.output)?.value ?? null) : null;
    collected += sizeUpTo(MAX_OUTPUT_CHARACTERS, value);
    if (collected > MAX_OUTPUT_CHARACTERS)
      return end(`The items of the output are larger than ${MAX_OUTPUT_CHARACTERS} characters.`);
    done[index] = { value, failed: problem !== null, ms };
    children.forget(index);
  }
}

function outputOf({ onError, flatten }: IterationPlan, done: readonly Done[]): Value {
  const kept = done.filter(({ failed }) => !failed || onError !== 'remove-abnormal-output');
  const values = kept.map(({ value }) => value);
  const present = values.filter((value) => value !== null);
  const lists = present.length > 0 && present.every((value) => Array.isArray(value));
  return flatten && lists ? (present as (readonly Value[])[]).flat() : values;
}

function failed(message: string, type: string): NodeError {
  return new NodeError(type, message);
}
