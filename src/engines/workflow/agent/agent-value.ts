import { NodeError } from '../node-error.ts';
import { selectorText } from '../pool/selector.ts';
import type { ReadPool } from '../pool/variable-pool.ts';
import { expandValue } from '../tools/expand-value.ts';
import type { ToolInput } from '../tools/tool-input.ts';
import type { Value } from '../values/value.ts';

/**
 * What an author has written in an agent node, with its variables (`facts/dify-dsl-engine.md` §4.17); null: nothing.
 *
 * @throws NodeError for a variable that is not there
 */
export function agentValue(input: ToolInput | undefined, pool: ReadPool): Value {
  if (input === undefined) return null;
  if (input.type !== 'variable') return expandValue(input.value, pool);
  const variable = pool.get(input.value);
  if (variable !== undefined) return variable.value;
  throw new NodeError('AgentVariableNotFoundError', `Variable '${selectorText(input.value)}' not found`);
}
