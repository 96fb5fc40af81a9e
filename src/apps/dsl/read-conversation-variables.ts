import { isRecord } from '../../config/is-record.ts';
import type { ConversationVariable } from '../app.ts';
import { MAX_VARIABLE_BYTES } from '../max-variable-bytes.ts';
import { VARIABLE_TYPES } from '../variable-types.ts';
import type { DslNode } from './dsl-node.ts';
import { readNames } from './read-names.ts';

/** Reads `workflow.conversation_variables`, with the texts of Dify's importer. */
export function readConversationVariables(node: DslNode): readonly ConversationVariable[] {
  return readNames(node, (item, name) => {
    const type = item.get('value_type').text();
    const value = readValue(item, type);
    return { name, type, value, description: item.get('description').word() };
  });
}

function readValue(item: DslNode, type: string): unknown {
  const node = item.get('value');
  const { value } = node;
  const check = VARIABLE_TYPES.get(type);
  if (type === '') item.problem('missing value type');
  else if (value === undefined) node.problem('missing value');
  else if (check === undefined) item.get('value_type').problem(`not supported value type ${type}`);
  else if (type === 'string' && typeof value === 'number') return String(value);
  else if (!check(value)) {
    const shown = isRecord(value) || Array.isArray(value) ? '' : ` ${String(value).slice(0, 50)}`;
    node.problem(type === 'number' ? `invalid number value${shown}` : `the value is not of the type ${type}`);
  } else {
    const size = Buffer.byteLength(JSON.stringify(value));
    if (size > MAX_VARIABLE_BYTES) node.problem(`variable size ${size} exceeds limit ${MAX_VARIABLE_BYTES}`);
  }
  return value ?? null;
}
