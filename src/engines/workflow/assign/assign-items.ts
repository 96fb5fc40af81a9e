import { NodeError } from '../node-error.ts';
import type { NodeResult, VariableWrite } from '../node-result.ts';
import { type Selector, selectorText } from '../pool/selector.ts';
import { selectorKey } from '../pool/selector-key.ts';
import type { ReadPool } from '../pool/variable-pool.ts';
import { pythonStr } from '../values/python-text.ts';
import { exposedType } from '../values/segment-type.ts';
import { inferType, typeOf } from '../values/type-of.ts';
import type { Value } from '../values/value.ts';
import type { Variable } from '../values/variable.ts';
import { ASSIGNER_ERROR, type AssignerItem } from './assigner-config.ts';
import { isValidInput, takesConstant, takesOperation, takesVariable } from './operations.ts';
import { assigned, checkTarget, withValue, zeroOf } from './updated.ts';
import { VariableSizes } from './variable-size.ts';

const WITHOUT_INPUT = ['clear', 'remove-first', 'remove-last'];

/**
 * The second form: assignments in order, each of which sees what the ones before it have set. All of them or none:
 * nothing is written when one fails.
 *
 * @throws NodeError
 */
export function assignItems(items: readonly AssignerItem[], pool: ReadPool): NodeResult {
  const working = new Map<string, VariableWrite>();
  const sizes = new VariableSizes();
  const get = (selector: Selector): Variable => {
    const own = selector.length === 2 ? working.get(selectorKey(selector))?.variable : undefined;
    const variable = own ?? pool.get(selector);
    if (variable === undefined) throw failed(`Variable ${selectorText(selector)} not found`);
    return variable;
  };
  for (const item of items) {
    const selector = item.variable_selector;
    checkTarget(selector);
    const target = get(selector);
    const value = inputOf(item, target, get);
    if (value === undefined) continue;
    const parts = partsOf(item.operation, target, value);
    if (parts.length > 0) sizes.check(selector, ...parts);
    const variable = applied(item.operation, target, value);
    if (parts.length > 1) sizes.join(variable.value, parts);
    working.set(selectorKey(selector), { selector, variable });
  }
  return assigned({ items: items as unknown as Value }, [...working.values()]);
}

/** Undefined: the variable that it comes from is null, and the assignment is left out. */
function inputOf(
  item: AssignerItem,
  target: Variable,
  get: (selector: Selector) => Variable,
): Value | undefined {
  const { operation, input_type } = item;
  const type = typeOf(target);
  if (!takesOperation(type, operation)) {
    throw failed(`Operation ${operation} is not supported for type ${exposedType(type)}`);
  }
  if (WITHOUT_INPUT.includes(operation)) return null;
  const supported = input_type === 'variable' ? takesVariable(operation) : takesConstant(type, operation);
  if (!supported) throw failed(`Input type ${input_type} is not supported for operation ${operation}`);
  let value = (item.value ?? null) as Value;
  if (input_type === 'variable') {
    value = get(Array.isArray(value) ? value.map(String) : []).value;
    if (value === null) return undefined;
  }
  if (operation === 'set' && type === 'object' && typeof value === 'string') value = parsed(value);
  if (!isValidInput(type, operation, value)) throw failed(`Invalid input value ${pythonStr(value)}`);
  return value;
}

/** What the variable holds afterwards; none for what cannot make it larger. */
function partsOf(operation: string, target: Variable, input: Value): readonly Value[] {
  switch (operation) {
    case 'append':
    case 'extend':
      return [target.value, input];
    case 'over-write':
    case 'set':
      return [input];
    default:
      return [];
  }
}

function applied(operation: string, target: Variable, input: Value): Variable {
  const { value } = target;
  switch (operation) {
    case 'clear':
      return withValue(target, zeroOf(typeOf(target)));
    case 'append':
      return withValue(target, [...(value as readonly Value[]), input]);
    case 'extend':
      return withValue(target, [...(value as readonly Value[]), ...(input as readonly Value[])]);
    case 'remove-first':
      return withValue(target, (value as readonly Value[]).slice(1));
    case 'remove-last':
      return withValue(target, (value as readonly Value[]).slice(0, -1));
    case '+=':
    case '-=':
    case '*=':
    case '/=':
      return calculated(operation, target, input as number);
    default:
      return withValue(target, input);
  }
}

/** As Python calculates: a quotient is a float, and so is what a float goes into. */
function calculated(operation: '+=' | '-=' | '*=' | '/=', target: Variable, input: number): Variable {
  const value = target.value as number;
  const result = { '+=': value + input, '-=': value - input, '*=': value * input, '/=': value / input }[
    operation
  ];
  const isFloat = operation === '/=' || typeOf(target) === 'float' || inferType(input) === 'float';
  return isFloat ? { value: result, type: 'float' } : { value: result };
}

function parsed(text: string): Value {
  try {
    return JSON.parse(text) as Value;
  } catch {
    throw failed(`Invalid input value ${text}`);
  }
}

function failed(message: string): NodeError {
  return new NodeError(ASSIGNER_ERROR, message);
}
