import { CliError } from './cli-error.ts';
import type { FormField } from './read-form.ts';
import type { Terminal } from './terminal.ts';

/** Asks for fields of the form, one after another. Null when the input ends before they are all there. */
export async function askInputs(
  terminal: Terminal,
  fields: readonly FormField[],
): Promise<Readonly<Record<string, unknown>> | null> {
  const inputs: Record<string, unknown> = {};
  for (const field of fields) {
    if (field.type === 'file' || field.type === 'file-list') {
      if (!field.required) continue;
      throw new CliError(`the app needs a file for ${field.variable}; files cannot be given in the terminal`);
    }
    const value = await askField(terminal, field);
    if (value === null) return null;
    if (value !== undefined) inputs[field.variable] = value;
  }
  return inputs;
}

/** Undefined: left out. Null: the input ended. */
async function askField(terminal: Terminal, field: FormField): Promise<unknown> {
  for (;;) {
    const line = await terminal.ask(question(field));
    if (line === null) return null;
    if (line.trim() !== '') return read(field, line);
    if (field.default !== undefined) return field.default;
    if (!field.required) return undefined;
    terminal.note(`${field.label} is required`);
  }
}

function question({ label, options, default: preset }: FormField): string {
  const choices =
    options.length > 0 ? ` (${options.map((option, index) => `${index + 1} ${option}`).join(', ')})` : '';
  return `${label}${choices}${preset === undefined ? '' : ` [${preset}]`}: `;
}

/** Numbers and check boxes go as they were typed: the server reads them. */
function read({ type, options }: FormField, line: string): unknown {
  if (type === 'select' && !options.includes(line)) return options[Number(line) - 1] ?? line;
  if (type !== 'json_object') return line;
  try {
    return JSON.parse(line);
  } catch {
    return line;
  }
}
