import type { InputField } from '../app.ts';
import type { DslNode } from './dsl-node.ts';
import { readInputField, readVariableName } from './input-field.ts';

/** Field types of chat, agent and completion apps; the file and object types belong to workflows. */
const BASIC_TYPES = ['text-input', 'paragraph', 'select', 'number', 'checkbox'] as const;

const FORM = 'user_input_form';

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
  const taken = new Set<string>();
  for (const item of form.items()) {
    const [type, ...others] = Object.keys(item.mapping());
    if (type === undefined || others.length > 0) {
      item.problem(`${FORM}: expected a mapping with one key, the type of the field`);
      continue;
    }
    const body = item.get(type);
    if (type === 'external_data_tool') {
      readVariableName(body, FORM, new Set());
      externalVariables.push(body);
      continue;
    }
    const known = BASIC_TYPES.find((name) => name === type);
    if (known === undefined) {
      item.problem(
        `${FORM}: a field of type ${type} is not allowed in this mode, only ${BASIC_TYPES.join(', ')}`,
      );
      continue;
    }
    const field = readInputField(known, readVariableName(body, FORM, taken), body);
    checkSelect(field, body);
    // Editors of these apps store an empty default where there is none.
    fields.push(field.default === '' ? { ...field, default: null } : field);
  }
  return { fields, externalVariables };
}

function checkSelect({ type, variable, options, default: preset }: InputField, body: DslNode): void {
  if (type !== 'select') return;
  if (options.length === 0) body.problem(`${FORM}: the select ${variable} has no options`);
  else if (preset !== null && preset !== '' && !options.includes(String(preset))) {
    body.get('default').problem(`${FORM}: the default of ${variable} is not one of its options`);
  }
}
