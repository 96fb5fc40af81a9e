import type { InputField } from '../app.ts';
import type { DslNode } from './dsl-node.ts';

/** Field types of chat, agent and completion apps; the file and object types belong to workflows. */
const BASIC_TYPES = ['text-input', 'paragraph', 'select', 'number', 'checkbox'] as const;

/** `facts/dify-dsl-engine.md` §2.3, variable name rule. */
const VARIABLE = /^(?!\d)[\u4e00-\u9fa5A-Za-z0-9_\u{1F300}-\u{1F64F}\u{1F680}-\u{1F6FF}]{1,100}$/u;
const RESERVED: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype']);

/**
 * Reads `user_input_form`: a list of mappings with one key each, the type. `external_data_tool` entries are values
 * that a tool computes, not inputs; they are returned as names so that the caller can warn.
 */
export function readInputForm(form: DslNode): {
  readonly fields: readonly InputField[];
  readonly externalVariables: readonly DslNode[];
} {
  const fields: InputField[] = [];
  const externalVariables: DslNode[] = [];
  for (const item of form.items()) {
    const [type, ...others] = Object.keys(item.mapping());
    if (type === undefined || others.length > 0) {
      item.problem('user_input_form: expected a mapping with one key, the type of the field');
      continue;
    }
    const body = item.get(type);
    const variable = readVariable(body);
    if (type === 'external_data_tool') {
      externalVariables.push(body);
      continue;
    }
    const known = BASIC_TYPES.find((name) => name === type);
    if (known === undefined) {
      item.problem(
        `user_input_form: a field of type ${type} is not allowed in this mode, only ${BASIC_TYPES.join(', ')}`,
      );
      continue;
    }
    if (fields.some((field) => field.variable === variable)) {
      body.get('variable').problem(`user_input_form: the variable ${variable} is there twice`);
    }
    fields.push(readField(known, variable, body));
  }
  return { fields, externalVariables };
}

function readVariable(body: DslNode): string {
  body.mapping();
  const node = body.get('variable');
  const variable = node.word();
  if (variable === '') node.problem('user_input_form: every field needs a variable');
  else if (!VARIABLE.test(variable) || RESERVED.has(variable)) {
    node.problem(
      `user_input_form: ${JSON.stringify(variable)} is not a variable name (letters, digits, _; no digit first)`,
    );
  }
  return variable;
}

function readField(type: InputField['type'], variable: string, body: DslNode): InputField {
  const maxLength = body.get('max_length').count(null);
  const options = body
    .get('options')
    .items()
    .map((option) => option.word());
  const preset = body.get('default').value ?? null;
  if (type === 'select') {
    if (options.length === 0) body.problem(`user_input_form: the select ${variable} has no options`);
    else if (preset !== null && preset !== '' && !options.includes(String(preset))) {
      body.get('default').problem(`user_input_form: the default of ${variable} is not one of its options`);
    }
  }
  return {
    type,
    variable,
    label: body.get('label').word(variable),
    required: body.get('required').boolean(),
    maxLength: maxLength === 0 ? null : maxLength,
    options: type === 'select' ? options : [],
    default: type === 'select' && preset !== null ? String(preset) : preset,
  };
}
