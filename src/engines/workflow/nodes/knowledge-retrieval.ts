import { z } from 'zod';
import type { WorkflowNeed } from '../../../apps/workflow-reader.ts';
import type { NodeContext } from '../node-context.ts';
import { NodeError } from '../node-error.ts';
import { defineNode } from '../node-kind.ts';
import { expandTemplate, referencesIn, segmentsOf } from '../pool/references.ts';
import type { ReadPool } from '../pool/variable-pool.ts';
import { type FileValue, isFileValue } from '../values/file-value.ts';
import { typeOf } from '../values/type-of.ts';
import type { Value, ValueRecord } from '../values/value.ts';
import { selectorSchema } from './schemas.ts';

const selector = selectorSchema.nullish().transform((parts) => parts ?? []);
const model = z.looseObject({
  provider: z.string().nullish(),
  name: z.string().nullish(),
  mode: z.string().nullish(),
});
const conditionSchema = z.looseObject({ value: z.unknown() });

const config = z.looseObject({
  query_variable_selector: selector,
  query_attachment_selector: selector,
  dataset_ids: z
    .array(z.string())
    .nullish()
    .transform((ids) => ids ?? []),
  retrieval_mode: z
    .enum(['single', 'multiple'])
    .nullish()
    .transform((mode) => mode ?? 'multiple'),
  single_retrieval_config: z.looseObject({ model: model.nullish() }).nullish(),
  multiple_retrieval_config: z.looseObject({}).nullish(),
  metadata_filtering_mode: z.enum(['disabled', 'automatic', 'manual']).nullish(),
  metadata_model_config: model.nullish(),
  metadata_filtering_conditions: z.looseObject({ conditions: z.array(conditionSchema).nullish() }).nullish(),
});

type KnowledgeConfig = z.infer<typeof config>;

/** Passages of datasets for a question (`facts/dify-dsl-engine.md` §4.5). */
export const knowledgeRetrieval = defineNode<KnowledgeConfig>({
  types: ['knowledge-retrieval'],
  role: 'plain',
  config,
  references: (data) => [
    ...[data.query_variable_selector, data.query_attachment_selector].filter((one) => one.length > 0),
    ...conditionsOf(data).flatMap(({ value }) => (typeof value === 'string' ? referencesIn(value) : [])),
  ],
  needs: (data) => [
    ...data.dataset_ids.map((id): WorkflowNeed => ({ kind: 'dataset', id })),
    ...(data.retrieval_mode === 'single' ? modelNeed(data.single_retrieval_config?.model) : []),
    ...(data.metadata_filtering_mode === 'automatic' ? modelNeed(data.metadata_model_config) : []),
  ],
  async run(data, { pool, services, signal }) {
    const inputs = inputsOf(data, pool);
    if (inputs === null) return { outputs: {} };
    const { query = '', attachments = [] } = inputs;
    const { dataset_ids: datasetIds, retrieval_mode: mode } = data;
    const settings = settingsOf(data, pool);
    const result = await retrieve({ datasetIds, query, attachments, mode, settings }, services, signal).catch(
      (error: unknown) => {
        signal.throwIfAborted();
        const message = error instanceof Error ? error.message : String(error);
        const type = error instanceof NodeError ? error.type : 'KnowledgeRetrievalNodeError';
        throw new NodeError(type, message, { inputs, cause: error });
      },
    );
    return { inputs, outputs: { result }, types: { result: 'array[object]' } };
  },
});

interface Inputs extends ValueRecord {
  readonly query?: string;
  readonly attachments?: readonly FileValue[];
}

/** Null: the node is told neither what to look for nor for which files. @throws NodeError */
function inputsOf(data: KnowledgeConfig, pool: ReadPool): Inputs | null {
  const { query_variable_selector: query, query_attachment_selector: attachments } = data;
  if (query.length === 0 && attachments.length === 0) return null;
  return {
    ...(query.length > 0 && { query: queryAt(query, pool) }),
    ...(attachments.length > 0 && { attachments: filesAt(attachments, pool) }),
  } as Inputs;
}

function queryAt(at: readonly string[], pool: ReadPool): string {
  const variable = pool.get(at);
  if (variable === undefined || typeof variable.value !== 'string') {
    throw new NodeError('KnowledgeRetrievalNodeError', 'Query variable is not string type.');
  }
  return variable.value;
}

function filesAt(at: readonly string[], pool: ReadPool): readonly FileValue[] {
  const variable = pool.get(at);
  if (variable !== undefined) {
    if (isFileValue(variable.value)) return [variable.value];
    if (typeOf(variable) === 'array[file]') return variable.value as readonly FileValue[];
  }
  throw new NodeError('KnowledgeRetrievalNodeError', 'Attachments variable is not array file or file type.');
}

/** Datasets that an import has dropped are no error: there is nothing in none of them. */
function retrieve(
  query: Parameters<NodeContext['services']['knowledge']['retrieve']>[0],
  { knowledge }: NodeContext['services'],
  signal: AbortSignal,
): Promise<readonly ValueRecord[]> {
  return query.datasetIds.length === 0 ? Promise.resolve([]) : knowledge.retrieve(query, { signal });
}

/** As they stand in the file, with what filters compare with filled in. */
function settingsOf(data: KnowledgeConfig, pool: ReadPool): ValueRecord {
  const filters = data.metadata_filtering_conditions;
  const settings = {
    single_retrieval_config: data.single_retrieval_config,
    multiple_retrieval_config: data.multiple_retrieval_config,
    metadata_filtering_mode: data.metadata_filtering_mode,
    metadata_model_config: data.metadata_model_config,
    metadata_filtering_conditions: filters && {
      ...filters,
      conditions: conditionsOf(data).map((one) => ({ ...one, value: filled(one.value as Value, pool) })),
    },
  };
  return Object.fromEntries(
    Object.entries(settings).filter(([, value]) => value !== undefined),
  ) as ValueRecord;
}

/** A lone reference to a number stays one; white space of lines becomes a space. */
function filled(value: Value | undefined, pool: ReadPool): Value {
  if (typeof value !== 'string') return value ?? null;
  const [only, ...more] = segmentsOf(value);
  if (only?.kind === 'variable' && more.length === 0) {
    const found = pool.get(only.selector)?.value;
    if (typeof found === 'number') return found;
  }
  return expandTemplate(value, pool)
    .replace(/[\r\n\t]+/g, ' ')
    .trim();
}

function conditionsOf(data: KnowledgeConfig): readonly z.infer<typeof conditionSchema>[] {
  return data.metadata_filtering_conditions?.conditions ?? [];
}

function modelNeed(chosen: z.infer<typeof model> | null | undefined): WorkflowNeed[] {
  const { provider, name, mode } = chosen ?? {};
  if (!provider || !name) return [];
  return [{ kind: 'model', provider, name, mode: mode === 'completion' ? 'completion' : 'chat' }];
}
