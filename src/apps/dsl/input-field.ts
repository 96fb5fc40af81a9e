import { RESERVED_NAMES } from '../../config/reserved-names.ts';
import type { InputField } from '../app.ts';
import type { DslNode } from './dsl-node.ts';

/** `facts/dify-dsl-engine.md` §2.3, variable name rule. */
const VARIABLE = /^(?!\d)[\u4e00-\u9fa5A-Za-z0-9_\u{1F300}-\u{1F64F}\u{1F680}-\u{1F6FF}]{1,100}$/u;

/**
 * The name of a form's variable, checked.
 *
 * @param form what messages call the form
 * @param taken names of the variables before it, to which its own is added
 */
export function readVariableName(body: DslNode, form: string, taken: Set<string>): string {
  body.mapping();
  const node = body.get('variable');
  const variable = node.word();
  if (variable === '') node.problem(`${form}: every field needs a variable`);
  else if (!VARIABLE.test(variable) || RESERVED_NAMES.has(variable)) {
    node.problem(
      `${form}: ${JSON.stringify(variable)} is not a variable name (letters, digits, _; no digit first)`,
    );
  } else if (taken.has(variable)) node.problem(`${form}: the variable ${variable} is there twice`);
  taken.add(variable);
  return variable;
}

/** A field as every form has it. */
export function readInputField(type: InputField['type'], variable: string, body: DslNode): InputField {
  const maxLength = body.get('max_length').count(null);
  const options = body
    .get('options')
    .items()
    .map((option) => option.word());
  const preset = body.get('default').value ?? null;
  return {
    type,
    variable,
    label: body.get('label').word(variable),
    required: body.get('required').boolean(),
    maxLength: maxLength === 0 ? null : maxLength,
    options: type === 'select' ? options : [],
    default: type === 'select' && preset !== null ? String(preset) : preset,
    files: null,
  };
}
