import { z } from 'zod';
import { isRecord } from '../../../config/is-record.ts';
import type { ChatRequest } from '../../../models/chat-model.ts';
import { AnswerReader } from '../model/answer-reader.ts';
import { askModel } from '../model/ask-model.ts';
import { finishPrompt } from '../model/finish-prompt.ts';
import { memoryConfigSchema } from '../model/memory-config.ts';
import { memoryQuery, referencesOfMemory } from '../model/memory-query.ts';
import { findModel, modelConfigSchema, needsModel } from '../model/model-config.ts';
import { promptInputs } from '../model/prompt-inputs.ts';
import { promptLog } from '../model/prompt-log.ts';
import { promptTemplateSchema, referencesOfPrompt } from '../model/prompt-template.ts';
import { NO_CONTEXT, readContext } from '../model/read-context.ts';
import { readFiles } from '../model/read-files.ts';
import { readParams, referencesOfParams } from '../model/read-params.ts';
import { recall } from '../model/recall.ts';
import { refuses } from '../model/refuses.ts';
import {
  type OutputSchema,
  schemaParams,
  structuredOutput,
  withoutFormat,
  withSchema,
} from '../model/structured-output.ts';
import { nodeUsage } from '../model/usage-record.ts';
import { visionConfigSchema } from '../model/vision-config.ts';
import { withDetails } from '../model/with-details.ts';
import { writePrompt } from '../model/write-prompt.ts';
import type { NodeContext } from '../node-context.ts';
import { NodeError } from '../node-error.ts';
import { defineNode } from '../node-kind.ts';
import type { NodeResult } from '../node-result.ts';
import type { Selector } from '../pool/selector.ts';
import type { FileValue } from '../values/file-value.ts';
import type { Value } from '../values/value.ts';
import { namedSelectors } from './schemas.ts';

const config = z
  .looseObject({
    model: modelConfigSchema,
    prompt_template: promptTemplateSchema,
    prompt_config: z.looseObject({ jinja2_variables: namedSelectors }).nullish(),
    memory: memoryConfigSchema,
    context: z
      .looseObject({
        enabled: z.boolean().nullish(),
        variable_selector: z.union([z.array(z.string()), z.literal('')]).nullish(),
      })
      .nullish(),
    vision: visionConfigSchema,
    structured_output_enabled: z.boolean().nullish(),
    structured_output_switch_on: z.boolean().nullish(),
    structured_output: z.looseObject({ schema: z.unknown().optional() }).nullish(),
    reasoning_format: z
      .string()
      .nullish()
      .transform((format) => (format === 'separated' ? 'separated' : 'tagged')),
  })
  .refine(
    (read) => !isStructured(read) || isRecord(read.structured_output?.schema),
    'Invalid structured output schema (stage=schema, path=$.schema): expected a JSON object',
  );

type Config = z.infer<typeof config>;

/** Asks a model, and streams what it says as `text` (`facts/dify-dsl-engine.md` §4.4). */
export const llm = defineNode<Config>({
  types: ['llm'],
  role: 'plain',
  retries: true,
  config,
  needs: needsModel,
  references: (read) => [
    ...referencesOfPrompt(read.prompt_template),
    ...referencesOfMemory(read.memory),
    ...(read.prompt_config?.jinja2_variables ?? []).map(({ selector }) => selector),
    ...contextSelectors(read),
    ...(read.vision.enabled ? [read.vision.selector] : []),
    ...referencesOfParams(read.model),
  ],
  async run(read, context) {
    const inputs: Record<string, Value> = {};
    const processData: Record<string, Value> = {};
    try {
      return await answer(read, context, { inputs, processData });
    } catch (error) {
      throw withDetails(error, { inputs, processData });
    }
  },
});

/** What providers call the form of an answer that they do not know. */
const SCHEMAS = /response[ _.]?format|json[ _]?schema|structured[ _]?outputs?/i;

/** Told of the node however it ends; filled in on the way. */
interface Told {
  readonly inputs: Record<string, Value>;
  readonly processData: Record<string, Value>;
}

async function answer(read: Config, context: NodeContext, told: Told): Promise<NodeResult> {
  const { services } = context;
  const model = findModel(services, read.model);
  const schema = isStructured(read) ? (read.structured_output?.schema as OutputSchema) : null;
  const { params, stop } = readParams(read.model, context.pool);
  const prompt = await readPrompt(read, context, told, { model, params });
  const request = {
    messages: schema === null ? prompt : withSchema(prompt, schema),
    params: schema === null ? params : schemaParams(params, schema),
    ...(stop.length > 0 && { stop }),
  };
  const { provider: model_provider, name: model_name, mode: model_mode } = read.model;
  Object.assign(told.inputs, { model_provider, model_name });
  Object.assign(told.processData, {
    ...{ model_mode, prompts: promptLog(request.messages), model_provider, model_name },
  });

  const reader = new AnswerReader(read.reasoning_format);
  let hasReasoned = false;
  const tell = ({ text, reasoning }: ReturnType<AnswerReader['add']>) => {
    if (reasoning !== '') context.report({ kind: 'reasoning', text: reasoning, final: false });
    hasReasoned ||= reasoning !== '';
    if (text !== '') context.emit('text', text);
  };
  const ask = (sent: ChatRequest) => askModel(context, model, sent, (delta) => tell(reader.add(delta)));
  const { result, usage } = await ask(request).catch((error: unknown) => {
    // The prompt says it in words, too.
    if (schema === null || !refuses(error, SCHEMAS)) throw error;
    return ask({ ...request, params: withoutFormat(params) });
  });
  tell(reader.end());
  if (hasReasoned) context.report({ kind: 'reasoning', text: '', final: true });

  const { finishReason: finish_reason } = result;
  Object.assign(told.processData, { usage, finish_reason });
  const used = { usage: nodeUsage(usage) };
  const { text, reasoning: reasoning_content } = reader;
  const outputs = { text, reasoning_content, usage, finish_reason };
  try {
    const structured = schema === null ? {} : { structured_output: structuredOutput(text, schema) };
    context.emit('text', '', { final: true });
    return { ...told, ...used, outputs: { ...outputs, ...structured } };
  } catch (error) {
    throw withDetails(error, { ...used, outputs });
  }
}

/** The prompt, in the order of Dify; tells what it is made of. */
async function readPrompt(
  read: Config,
  context: NodeContext,
  { inputs }: Told,
  { model, params }: Pick<Parameters<typeof recall>[1], 'model' | 'params'>,
) {
  const { pool, services } = context;
  const { memory, vision, prompt_template } = read;
  const made = promptInputs(
    prompt_template,
    { query: memory?.query_prompt_template ?? '', jinja: read.prompt_config?.jinja2_variables ?? [] },
    pool,
  );
  Object.assign(inputs, made.inputs);
  const files = readFiles(vision, pool);
  if (files.length > 0) inputs['#files#'] = files;
  const [selector] = contextSelectors(read);
  const knowledge = selector === undefined ? NO_CONTEXT : readContext(pool.get(selector));
  if (knowledge.text !== '') inputs['#context#'] = knowledge.text;
  if (knowledge.files.length > 0) inputs['#context_files#'] = knowledge.files;
  const { resources } = knowledge;
  if (resources.length > 0) context.report({ kind: 'retriever_resources', resources });

  const part = (file: FileValue) => services.files.contentOf(file, { detail: vision.detail });
  const write = writePrompt(prompt_template, {
    ...{ pool, context: knowledge.text, jinja: made.jinja, memory, part },
    query: memoryQuery(memory, pool),
  });
  const shown = vision.enabled ? [...knowledge.files, ...files].map(part) : [];
  if (memory === null || services.history === null) return finishPrompt(write([]), shown);
  if (prompt_template.kind === 'continued' && !memory.role_prefix) {
    const message = 'Memory role prefix is required for completion model.';
    throw new NodeError('MemoryRolePrefixRequiredError', message);
  }
  const remembered = await recall(services.history, {
    ...{ model, params, prompt: write([]) },
    turns: memory.window?.enabled === true ? memory.window.size : null,
  });
  return finishPrompt(write(remembered), shown);
}

/** Where the context is; none: the node has no context. */
function contextSelectors({ context }: Config): readonly Selector[] {
  const selector = context?.enabled === true ? context.variable_selector : null;
  return selector ? [selector] : [];
}

function isStructured(read: {
  readonly structured_output_enabled?: boolean | null | undefined;
  readonly structured_output_switch_on?: boolean | null | undefined;
}): boolean {
  return read.structured_output_enabled === true || read.structured_output_switch_on === true;
}
