import { NodeError } from '../node-error.ts';
import type { NodeResult } from '../node-result.ts';
import type { ReadPool } from '../pool/variable-pool.ts';
import { typeOf } from '../values/type-of.ts';
import type { Value } from '../values/value.ts';
import { ASSIGNER_ERROR, type AssignOnce } from './assigner-config.ts';
import { assigned, checkTarget, withValue, zeroOf } from './updated.ts';
import { VariableSizes } from './variable-size.ts';

/** The first form: overwrites without a look at types, appends to a list, or clears. @throws NodeError */
export function assignOnce(config: AssignOnce, pool: ReadPool): NodeResult {
  const { assigned_variable_selector: selector, input_variable_selector: input, write_mode: mode } = config;
  checkTarget(selector);
  const target = pool.get(selector);
  if (target === undefined) throw new NodeError(ASSIGNER_ERROR, 'assigned variable not found');
  if (mode === 'clear') {
    const value = zeroOf(typeOf(target));
    return assigned({ value }, [{ selector, variable: withValue(target, value) }]);
  }
  const given = pool.get(input);
  if (given === undefined) throw new NodeError(ASSIGNER_ERROR, 'input value not found');
  const inputs = { value: given.value };
  const sizes = new VariableSizes();
  if (mode === 'over-write') {
    sizes.check(selector, given.value);
    return assigned(inputs, [{ selector, variable: given }]);
  }
  if (!Array.isArray(target.value)) {
    throw new NodeError(ASSIGNER_ERROR, 'append mode requires an array variable', { inputs });
  }
  sizes.check(selector, target.value, given.value);
  const value: readonly Value[] = [...target.value, given.value];
  return assigned(inputs, [{ selector, variable: withValue(target, value) }]);
}
