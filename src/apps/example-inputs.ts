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
      return exampleFile(field);
    case 'file-list':
      return [exampleFile(field)];
    case 'paragraph':
      return 'Good morning! This is a first try.'.slice(0, field.maxLength ?? undefined);
    case 'text-input':
      return (field.label || field.variable).slice(0, field.maxLength ?? undefined);
  }
}

/** Its id is for the reader to fill in. */
function exampleFile({ files }: InputField): Record<string, unknown> {
  const type = files?.allowedTypes[0] ?? 'document';
  return files?.allowedMethods.includes('local_file') === false
    ? { type, transfer_method: 'remote_url', url: 'https://example.com/file' }
    : { type, transfer_method: 'local_file', upload_file_id: 'ID-OF-AN-UPLOADED-FILE' };
}
