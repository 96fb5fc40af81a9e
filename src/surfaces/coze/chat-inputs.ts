import type { App, InputField } from '../../apps/app.ts';
import type { RunRequest } from '../../runs/run-request.ts';

/**
 * Inputs of an app's form from what a chat brings (`facts/coze-wire.md` §9.5): the user's variables, then `parameters`,
 * then `custom_variables`. Variables are always text on this wire; fields of other types get what the text says.
 */
export function chatInputs(
  app: App,
  ...sources: readonly Readonly<Record<string, unknown>>[]
): Record<string, unknown> {
  const inputs: Record<string, unknown> = {};
  for (const field of app.config.inputForm) {
    const given = sources.findLast((source) => Object.hasOwn(source, field.variable));
    if (given) inputs[field.variable] = fieldValue(field, given[field.variable]);
  }
  return inputs;
}

function fieldValue({ type }: InputField, value: unknown): unknown {
  if (typeof value !== 'string') return value;
  switch (type) {
    case 'number':
      return value.trim() !== '' && Number.isFinite(Number(value)) ? Number(value) : value;
    case 'checkbox':
      return value === 'true' ? true : value === 'false' ? false : value;
    case 'json_object':
    case 'file':
    case 'file-list':
      return parsed(value);
    default:
      return value;
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/**
 * A completion app has no chat: what the user says is its first required text that nothing else has filled, or, where
 * there is none, its query.
 */
export function completionTurn(
  app: App,
  inputs: Readonly<Record<string, unknown>>,
  said: string,
): Pick<RunRequest, 'inputs' | 'query' | 'said'> {
  const open = app.config.inputForm.find(
    ({ type, required, variable }) =>
      required && (type === 'text-input' || type === 'paragraph') && (inputs[variable] ?? '') === '',
  );
  return open ? { inputs: { ...inputs, [open.variable]: said }, query: '', said } : { inputs, query: said };
}
