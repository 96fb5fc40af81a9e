import { z } from 'zod';
import { documentKindOf } from '../../../knowledge/extract/document-kind.ts';
import { EXTRACT_LIMITS } from '../../../knowledge/extract/extract-limits.ts';
import { extractText } from '../../../knowledge/extract/extract-text.ts';
import { ExtractionError } from '../../../knowledge/extract/extraction-error.ts';
import type { NodeContext } from '../node-context.ts';
import { NodeError } from '../node-error.ts';
import { defineNode } from '../node-kind.ts';
import { selectorText } from '../pool/selector.ts';
import { type FileValue, isFileValue } from '../values/file-value.ts';
import type { Value, ValueRecord } from '../values/value.ts';
import { selectorSchema } from './schemas.ts';

const config = z.looseObject({ variable_selector: selectorSchema, is_array_file: z.boolean().nullish() });

/** The text of a file, or of each of several (`facts/dify-dsl-engine.md` §4.18). */
export const documentExtractor = defineNode<z.infer<typeof config>>({
  types: ['document-extractor'],
  role: 'plain',
  config,
  references: ({ variable_selector }) => [variable_selector],
  async run({ variable_selector: selector }, context) {
    const variable = context.pool.get(selector);
    if (variable === undefined) {
      throw failed(`File variable not found for selector: ${selectorText(selector)}`);
    }
    const { value } = variable;
    const files = filesOf(value);
    if (files === null) throw failed(`Variable ${selectorText(selector)} is not an ArrayFileSegment`);
    const details = { inputs: { variable_selector: selector }, processData: { documents: files } };
    const texts = await textsOf(files, details, context);
    if (isFileValue(value)) return { ...details, outputs: { text: texts[0] as string } };
    return { ...details, outputs: { text: texts }, types: { text: 'array[string]' } };
  },
});

/** Null: it holds something else than files. */
function filesOf(value: Value): readonly FileValue[] | null {
  if (isFileValue(value)) return [value];
  return Array.isArray(value) && value.every(isFileValue) ? value : null;
}

interface Details {
  readonly inputs: ValueRecord;
  readonly processData: ValueRecord;
}

/** One after the other: together they have the room that one document has. */
async function textsOf(
  files: readonly FileValue[],
  details: Details,
  context: NodeContext,
): Promise<string[]> {
  const texts: string[] = [];
  let length = 0;
  for (const file of files) {
    const text = await textOf(file, context).catch((error: unknown) => {
      context.signal.throwIfAborted();
      throw told(error, details);
    });
    texts.push(text);
    length += text.length;
    if (length > EXTRACT_LIMITS.outputChars) {
      const most = EXTRACT_LIMITS.outputChars.toLocaleString('en');
      throw failed(`The documents have more than ${most} characters of text`, details);
    }
  }
  return texts;
}

async function textOf(file: FileValue, { services, signal }: NodeContext): Promise<string> {
  const type = { extension: file.extension, mimeType: file.mime_type };
  // What nobody could read is not fetched.
  documentKindOf(type);
  const bytes = await services.files
    .read(file, { maxBytes: EXTRACT_LIMITS.inputBytes, signal })
    .catch((error: unknown) => {
      signal.throwIfAborted();
      const message = error instanceof Error ? error.message : String(error);
      throw new NodeError('FileDownloadError', `Error downloading file: ${message}`, { cause: error });
    });
  return extractText({ bytes, ...type }, { signal });
}

function told(error: unknown, details: Details): unknown {
  const known = error instanceof ExtractionError || error instanceof NodeError;
  return known ? new NodeError(error.type, error.message, { ...details, cause: error }) : error;
}

function failed(message: string, details: Partial<Details> = {}): NodeError {
  return new NodeError('DocumentExtractorError', message, details);
}
