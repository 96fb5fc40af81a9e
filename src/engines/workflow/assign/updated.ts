import { NodeError } from '../node-error.ts';
import type { NodeResult, VariableWrite } from '../node-result.ts';
import type { Selector } from '../pool/selector.ts';
import { exposedType, type SegmentType } from '../values/segment-type.ts';
import { typeOf } from '../values/type-of.ts';
import type { Value, ValueRecord } from '../values/value.ts';
import type { Variable } from '../values/variable.ts';
import { ASSIGNER_ERROR } from './assigner-config.ts';

/** A variable with a new value. Its declared type stays, so that an empty list still knows what it is a list of. */
export function withValue(variable: Variable, value: Value): Variable {
  const type = typeOf(variable);
  return type.startsWith('array[') || type === 'secret' ? { value, type } : { value };
}

/** What a variable of that type is when it is cleared. */
export function zeroOf(type: SegmentType): Value {
  switch (type) {
    case 'string':
    case 'secret':
      return '';
    case 'integer':
    case 'float':
      return 0;
    case 'boolean':
      return false;
    case 'object':
      return {};
    default:
      return type.startsWith('array[') ? [] : null;
  }
}

/** Variables are set as a whole, not what is within them. @throws NodeError */
export function checkTarget(selector: Selector): void {
  if (selector.length <= 2) return;
  const message = `Invalid selector: expected 2 elements (node_id, variable_name), got ${selector.length} elements`;
  throw new NodeError(ASSIGNER_ERROR, message);
}

/** What an assigner has done, as it is told and kept. */
export function assigned(inputs: ValueRecord, writes: readonly VariableWrite[]): NodeResult {
  const processData: Record<string, Value> = {};
  for (const { selector, variable } of writes) processData[nameOf(selector)] = variable.value;
  processData.__updated_variables = writes.map(({ selector, variable }) => ({
    name: nameOf(selector),
    selector,
    value_type: exposedType(typeOf(variable)),
    new_value: variable.value,
  }));
  return { inputs, processData, outputs: {}, writes };
}

function nameOf(selector: Selector): string {
  return selector[1] ?? '';
}
