import type { InputField } from './app.ts';

/** Inputs that pass the form, for examples: defaults, first options, or the field's own label. */
export function exampleInputs(form: readonly InputField[]): Record<string, unknown> {
  const fields = form.filter((field) => field.required || (field.default !== null && field.default !== ''));
  return Object.fromEntries(fields.map((field) => [field.variable, exampleOf(field)]));
}

function exampleOf(field: InputField): unknown {
  if (field.default !== null && field.default !== undefined && field.default !== '') return field.default;
  switch (field.type) {
    case 'select':
      return field.options[0] ?? '';
    case 'number':
      return 1;
    case 'checkbox':
      return true;
    case 'json_object':
      return {};
    case 'file':
    case 'file-list':
      return null;
    case 'paragraph':
      return 'Good morning! This is a first try.'.slice(0, field.maxLength ?? undefined);
    case 'text-input':
      return (field.label || field.variable).slice(0, field.maxLength ?? undefined);
  }
}
