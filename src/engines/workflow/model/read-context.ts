import { isRecord } from '../../../config/is-record.ts';
import { NodeError } from '../node-error.ts';
import { type FileValue, isFileValue } from '../values/file-value.ts';
import { pythonStr, pythonTruth } from '../values/python-text.ts';
import type { Value, ValueRecord } from '../values/value.ts';
import type { Variable } from '../values/variable.ts';

/** What stands for `{{#context#}}` in a prompt. */
export interface PromptContext {
  readonly text: string;
  /** Passages of datasets, as clients hear of them (`facts/dify-dsl-engine.md` §7.7). */
  readonly resources: readonly ValueRecord[];
  readonly files: readonly FileValue[];
}

export const NO_CONTEXT: PromptContext = { text: '', resources: [], files: [] };

/** Of an item, in an error. */
const LONGEST = 1000;

/** A text, or a list of texts and of passages. @throws NodeError for a list of something else */
export function readContext(variable: Variable | undefined): PromptContext {
  const value = variable?.value;
  if (typeof value === 'string') return { ...NO_CONTEXT, text: value };
  if (!Array.isArray(value)) return NO_CONTEXT;
  const items = value as readonly Value[];
  const passages = items.filter(isPassage);
  return {
    text: items
      .map((item) => `${textOfItem(item)}\n`)
      .join('')
      .trim(),
    resources: passages.map(resourceOf),
    files: passages.flatMap(({ files }) => (Array.isArray(files) ? files.filter(isFileValue) : [])),
  };
}

function textOfItem(item: Value): string {
  if (typeof item === 'string') return item;
  if (!isRecord(item) || !Object.hasOwn(item, 'content')) {
    const shown = pythonStr(item).slice(0, LONGEST);
    throw new NodeError('InvalidContextStructureError', `Invalid context structure: ${shown}`);
  }
  const { summary = null, content } = item as ValueRecord;
  return `${pythonTruth(summary) ? `${pythonStr(summary)}\n` : ''}${pythonStr(content as Value)}`;
}

type Passage = ValueRecord & { readonly metadata: ValueRecord };

/** Dify 1.13.0 wrote `source` for `_source`. */
function isPassage(item: Value): item is Passage {
  if (!isRecord(item) || !isRecord(item.metadata)) return false;
  const { _source, source } = item.metadata;
  return (_source ?? source) === 'knowledge';
}

function resourceOf({ metadata, title, content, files, summary }: Passage): ValueRecord {
  return {
    position: metadata.position ?? null,
    dataset_id: metadata.dataset_id ?? null,
    dataset_name: metadata.dataset_name ?? null,
    document_id: metadata.document_id ?? null,
    document_name: metadata.document_name ?? null,
    data_source_type: metadata.data_source_type ?? null,
    segment_id: metadata.segment_id ?? null,
    retriever_from: metadata.retriever_from ?? null,
    score: metadata.score ?? null,
    hit_count: metadata.segment_hit_count ?? null,
    word_count: metadata.segment_word_count ?? null,
    segment_position: metadata.segment_position ?? null,
    index_node_hash: metadata.segment_index_node_hash ?? null,
    content: content ?? null,
    page: metadata.page ?? null,
    doc_metadata: metadata.doc_metadata ?? null,
    title: title ?? null,
    files: files ?? null,
    summary: summary ?? null,
  };
}
