import type { App, InputField } from '../../apps/app.ts';

/** A bot's variable: a field of the app's form that text can fill. */
export interface BotVariable {
  readonly keyword: string;
  /** As text; empty when there is none. */
  readonly defaultValue: string;
  readonly field: InputField;
}

/** In the order of the form. Files are no variables: their ids are those of one token's uploads. */
export function botVariables(app: App): BotVariable[] {
  return app.config.inputForm
    .filter(({ type }) => type !== 'file' && type !== 'file-list')
    .map((field) => ({ keyword: field.variable, defaultValue: asText(field.default), field }));
}

function asText(value: unknown): string {
  if (typeof value === 'string') return value;
  return value === undefined || value === null ? '' : JSON.stringify(value);
}
