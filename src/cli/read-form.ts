import type { WireObject } from './chat-client.ts';

/** One field of an app's input form, as `GET /parameters` answers it. */
export interface FormField {
  readonly type: string;
  readonly variable: string;
  readonly label: string;
  readonly required: boolean;
  readonly options: readonly string[];
  readonly default: unknown;
}

/** `user_input_form`: a list of objects with the field's type as their only key. */
export function readForm({ user_input_form: form }: WireObject): readonly FormField[] {
  return (Array.isArray(form) ? form : []).flatMap((entry: Record<string, Record<string, unknown>>) =>
    Object.entries(entry).map(([type, field]) => ({
      type,
      variable: String(field.variable),
      label: String(field.label || field.variable),
      required: field.required === true,
      options: Array.isArray(field.options) ? field.options.map(String) : [],
      default: field.default === '' ? undefined : (field.default ?? undefined),
    })),
  );
}
