import { sizeUpTo } from '../../../config/size-up-to.ts';
import type { Condition, LogicalOperator } from '../conditions/condition.ts';
import { evaluateConditions } from '../conditions/evaluate-conditions.ts';
import type { NodeContext } from '../node-context.ts';
import { NodeError } from '../node-error.ts';
import type { NodeDetails, NodeResult } from '../node-result.ts';
import { type DeclaredType, readTyped } from '../values/read-typed.ts';
import type { SegmentType } from '../values/segment-type.ts';
import type { Value, ValueRecord } from '../values/value.ts';
import type { Variable } from '../values/variable.ts';
import { MAX_OUTPUT_CHARACTERS } from '../workflow-limits.ts';

/** Characters of what the variables were after each round: a record for people, which ends where it gets too long. */
const MAX_LOGGED = 1_000_000;

export interface LoopPlan {
  /** Rounds at most. */
  readonly count: number;
  readonly operator: LogicalOperator;
  /** The loop ends when these hold; with none it does not end by itself. */
  readonly conditions: readonly Condition[];
  readonly variables: readonly LoopVariable[];
}

interface LoopVariable {
  readonly label: string;
  readonly type: DeclaredType;
  readonly from: 'constant' | 'variable';
  /** JSON, or a selector. */
  readonly value: unknown;
}

/**
 * Round after round in the pool of the level that the loop stands in. What the nodes inside have set is erased before each
 * round, and stays after the last (`facts/dify-dsl-engine.md` §4.13).
 *
 * @throws NodeError
 */
export async function runLoop(plan: LoopPlan, context: NodeContext): Promise<NodeResult> {
  const { children, node, pool } = context;
  const { memory } = children;
  const startedAt = context.services.clock.now();
  if (memory.inputs === undefined) {
    setVariables(plan.variables, context);
    memory.round = 0;
    memory.durations = {};
    memory.values = {};
    memory.said = {};
    memory.broken = breaksBefore(plan, context);
    memory.inputs = { loop_count: plan.count, ...current() };
    context.report({ kind: 'rounds_started', length: plan.count, inputs: memory.inputs });
  }
  const inputs = memory.inputs as ValueRecord;
  const durations = memory.durations as Record<string, Value>;
  const values = memory.values as Record<string, Value>;
  const said = memory.said as Record<string, Value>;

  let logged = sizeUpTo(MAX_LOGGED, values);
  let collected = sizeUpTo(MAX_OUTPUT_CHARACTERS, said);

  let error: string | null = null;
  while (!isBroken() && (memory.round as number) < plan.count) {
    error = await round(memory.round as number);
    if (error !== null) break;
    const index = memory.round as number;
    if (!isBroken() && index < plan.count) {
      context.report({ kind: 'round', index, before: outputs() });
    }
  }
  const reason = error !== null ? 'error' : isBroken() ? 'loop_break' : 'loop_completed';
  const metadata = { loop_duration_map: durations, loop_variable_map: values, completed_reason: reason };
  const usage = children.usage();
  const details: NodeDetails = { inputs, metadata, ...(usage && { usage }) };
  context.report({
    kind: 'rounds_completed',
    status: error === null ? 'succeeded' : 'failed',
    inputs,
    outputs: outputs(),
    error,
    steps: isBroken() && memory.round === 0 ? 0 : plan.count,
    elapsedMs: context.services.clock.now() - startedAt,
    usage,
    metadata,
  });
  if (error !== null) throw new NodeError('LoopNodeError', error, { ...details, outputs: outputs() });
  return { ...details, outputs: outputs(), types: types(), said };

  /** How the round failed. */
  async function round(index: number): Promise<string | null> {
    const outcome = await children.run(index, {
      pool() {
        for (const id of children.nodeIds) children.pool.delete(id);
        return 'shared';
      },
    });
    durations[index] = outcome.elapsedMs / 1000;
    const now = current();
    logged += sizeUpTo(MAX_LOGGED, now);
    if (logged <= MAX_LOGGED) values[index] = now;
    collected += sizeUpTo(MAX_OUTPUT_CHARACTERS, outcome.outputs);
    if (collected > MAX_OUTPUT_CHARACTERS)
      return `The answers in the loop are larger than ${MAX_OUTPUT_CHARACTERS} characters.`;
    for (const [name, value] of Object.entries(outcome.outputs)) {
      said[name] = name === 'answer' && typeof said.answer === 'string' ? said.answer + String(value) : value;
    }
    children.forget(index);
    if (outcome.error !== null) return outcome.error;
    memory.round = index + 1;
    try {
      memory.broken = outcome.reached.has('loop-end') || breaks(plan, context);
    } catch (cause) {
      return cause instanceof Error ? cause.message : String(cause);
    }
    return null;
  }

  function isBroken(): boolean {
    return memory.broken === true;
  }

  function outputs(): ValueRecord {
    const count = memory.round as number;
    return count === 0 ? current() : { ...current(), loop_round: count };
  }

  function current(): Record<string, Value> {
    const all: Record<string, Value> = {};
    for (const { label } of plan.variables) all[label] = pool.get([node.id, label])?.value ?? null;
    return all;
  }

  function types(): Record<string, SegmentType> {
    const all: Record<string, SegmentType> = {};
    for (const { label } of plan.variables) {
      const type = pool.get([node.id, label])?.type;
      if (type !== undefined) all[label] = type;
    }
    return all;
  }
}

function setVariables(variables: readonly LoopVariable[], { children, node, pool }: NodeContext): void {
  for (const { label, type, from, value } of variables) {
    const variable: Variable | undefined =
      from === 'variable'
        ? pool.get(Array.isArray(value) ? value.map(String) : [])
        : constant(value as Value, type);
    if (variable === undefined) {
      throw new NodeError('LoopNodeError', `Invalid value for loop variable ${label}`);
    }
    children.pool.set(node.id, label, variable);
  }
}

/** A list that the file leaves empty is an empty list. */
function constant(value: Value, type: DeclaredType): Variable | undefined {
  const isList = type.startsWith('array[');
  const read = isList && (value === '' || value === null) ? [] : readTyped(value, type);
  if (read === undefined) return undefined;
  return isList ? { value: read, type: type as SegmentType } : { value: read };
}

function breaks({ conditions, operator }: LoopPlan, { pool }: NodeContext): boolean {
  return conditions.length > 0 && evaluateConditions(conditions, operator, pool).holds;
}

/** Before the first round, variables of nodes inside are not there yet. */
function breaksBefore(plan: LoopPlan, context: NodeContext): boolean {
  try {
    return breaks(plan, context);
  } catch {
    return false;
  }
}
