import { isRecord } from '../../config/is-record.ts';
import type { FileUpload, InputField } from '../app.ts';
import type { DslNode } from './dsl-node.ts';
import { readAllowedFiles } from './file-upload.ts';
import { readInputField, readVariableName } from './input-field.ts';

const TYPES = [
  'text-input',
  'paragraph',
  'select',
  'number',
  'checkbox',
  'file',
  'file-list',
  'json_object',
  'external_data_tool',
] as const;

/** Files of a list whose author set no limit. Dify has none then; a request must have some. */
const MAX_FILES = 100;

const FORM = 'start node';

export interface StartForm {
  readonly fields: readonly InputField[];
  readonly externalVariables: readonly DslNode[];
  /** Each variable whole, under its type, as GET /parameters answers it (`facts/dify-wire.md` §9.1). */
  readonly stored: readonly Readonly<Record<string, unknown>>[];
}

/**
 * Reads the input form of a workflow: the `variables` of its start node (`facts/dify-dsl-engine.md` §4.1). What Dify
 * finds out only when a request comes, such as a default that is no option, is no problem here either.
 */
export function readStartForm(variables: DslNode): StartForm {
  const fields: InputField[] = [];
  const externalVariables: DslNode[] = [];
  const stored: Record<string, unknown>[] = [];
  const taken = new Set<string>();
  for (const item of variables.items()) {
    const whole = item.mapping();
    if (!isRecord(item.value)) continue;
    const variable = readVariableName(item, FORM, taken);
    const type = item.get('type').oneOf(TYPES, 'text-input');
    stored.push({ [type]: whole });
    if (type === 'external_data_tool') externalVariables.push(item);
    else {
      const field = readInputField(type, variable, item);
      fields.push({ ...field, files: filesOf(field, item) });
    }
  }
  return { fields, externalVariables, stored };
}

function filesOf({ type, maxLength }: InputField, item: DslNode): FileUpload | null {
  if (type !== 'file' && type !== 'file-list') return null;
  return {
    enabled: true,
    ...readAllowedFiles(item),
    maxCount: type === 'file' ? 1 : (maxLength ?? MAX_FILES),
    imageDetail: 'high',
  };
}
