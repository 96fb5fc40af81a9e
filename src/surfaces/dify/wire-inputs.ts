import type { InputField } from '../../apps/app.ts';
import { type FileInput, type NamedFile, namesMethod, readFileInput } from '../../apps/read-file-input.ts';
import { fileObjectOf } from '../../runs/file-object.ts';
import { namedRunFile } from '../../runs/named-run-file.ts';
import type { FileRow } from '../../store/schema.ts';

/** Inputs of a turn as they are stored: files are the mappings that the request had. */
export type StoredInputs = Record<string, unknown>;

/** Ids of the stored files that these inputs name. */
export function inputFileIds(form: readonly InputField[], inputs: StoredInputs): string[] {
  return fileFields(form, inputs).flatMap(({ mappings }) =>
    mappings.flatMap((mapping) => readOrNull(mapping)?.uploadId ?? []),
  );
}

/**
 * Inputs with File objects in place of mappings (`facts/dify-wire.md` §8.1). What is no file any more (deleted, or not
 * the reader's) stays the mapping that it was.
 *
 * @param uploads the reader's, by id
 * @param sign a whole address of one, signed now
 */
export function wireInputs(
  form: readonly InputField[],
  inputs: StoredInputs,
  uploads: ReadonlyMap<string, FileRow>,
  sign: (fileId: string) => string,
): Record<string, unknown> {
  const fields = fileFields(form, inputs);
  if (fields.length === 0) return inputs;
  const told = new Map(Object.entries(inputs));
  for (const { variable, mappings, isList } of fields) {
    const files = mappings.map((mapping) => {
      const named = readOrNull(mapping);
      const file = named && namedRunFile(named, uploads);
      return file ? fileObjectOf(file, sign) : mapping;
    });
    told.set(variable, isList ? files : files[0]);
  }
  return Object.fromEntries(told);
}

interface FileField {
  readonly variable: string;
  readonly mappings: readonly FileInput[];
  readonly isList: boolean;
}

/** The app may have got another form since: only what looks like files is taken for them. */
function fileFields(form: readonly InputField[], inputs: StoredInputs): FileField[] {
  return form.flatMap(({ variable, files }): FileField[] => {
    const value = files !== null && Object.hasOwn(inputs, variable) ? inputs[variable] : null;
    if (Array.isArray(value))
      return value.every(namesMethod) ? [{ variable, mappings: value, isList: true }] : [];
    return namesMethod(value) ? [{ variable, mappings: [value], isList: false }] : [];
  });
}

function readOrNull(mapping: FileInput): NamedFile | null {
  try {
    return readFileInput(mapping);
  } catch {
    return null;
  }
}
