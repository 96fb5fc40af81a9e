import { z } from 'zod';
import type { ChatResult, ToolCall } from '../../../models/chat-model.ts';
import { checkExtraction } from '../extraction/check-extraction.ts';
import {
  extractionParameterSchema,
  itemTypeOf,
  schemaOfParameters,
} from '../extraction/extraction-parameter.ts';
import { type ExtractionWay, extractionPrompt, extractionTool } from '../extraction/extraction-prompt.ts';
import { AnswerReader } from '../model/answer-reader.ts';
import { askModel } from '../model/ask-model.ts';
import { finishPrompt } from '../model/finish-prompt.ts';
import { memoryConfigSchema } from '../model/memory-config.ts';
import { memoryText } from '../model/memory-text.ts';
import { findModel, modelConfigSchema, needsModel } from '../model/model-config.ts';
import { objectInAnswer } from '../model/object-in-answer.ts';
import { callLog, promptLog } from '../model/prompt-log.ts';
import { readFiles } from '../model/read-files.ts';
import { readParams, referencesOfParams } from '../model/read-params.ts';
import { nodeUsage, type UsageRecord } from '../model/usage-record.ts';
import { visionConfigSchema } from '../model/vision-config.ts';
import { withDetails } from '../model/with-details.ts';
import type { NodeContext } from '../node-context.ts';
import { NodeError } from '../node-error.ts';
import { defineNode } from '../node-kind.ts';
import { expandTemplate, referencesIn } from '../pool/references.ts';
import { textOf } from '../values/render.ts';
import type { SegmentType } from '../values/segment-type.ts';
import type { Value, ValueRecord } from '../values/value.ts';
import { selectorSchema } from './schemas.ts';

const config = z.looseObject({
  model: modelConfigSchema,
  query: selectorSchema,
  parameters: z
    .array(extractionParameterSchema)
    .nullish()
    .transform((parameters) => parameters ?? []),
  instruction: z
    .string()
    .nullish()
    .transform((instruction) => instruction ?? ''),
  memory: memoryConfigSchema,
  reasoning_mode: z
    .string()
    .nullish()
    .transform((mode) => (mode === 'prompt' ? 'prompt' : 'function_call')),
  vision: visionConfigSchema,
});

type Config = z.infer<typeof config>;

/**
 * Lets a model find values in a text (`facts/dify-dsl-engine.md` §4.14). What is wrong with its answer is told in
 * `__reason`: only a model that does not answer fails the node.
 */
export const parameterExtractor = defineNode<Config>({
  types: ['parameter-extractor'],
  role: 'plain',
  config,
  needs: needsModel,
  references: ({ query, instruction, vision, model }) => [
    query,
    ...referencesIn(instruction),
    ...(vision.enabled ? [vision.selector] : []),
    ...referencesOfParams(model),
  ],
  async run(read, context) {
    const { parameters, instruction } = read;
    const variable = context.pool.get(read.query);
    const query = variable === undefined ? '' : textOf(variable);
    const files = readFiles(read.vision, context.pool);
    const { provider: model_provider, name: model_name } = read.model;
    const inputs: ValueRecord = {
      ...{ query, files, instruction, model_provider, model_name },
      parameters: parameters.map(({ name, type, options, description, required }) => ({
        ...{ name, type, options, description, required },
      })),
    };
    const processData: Record<string, Value> = {};
    try {
      const { text, toolCalls, usage } = await ask(read, context, { query, processData });
      const { values, reason } = checkExtraction(foundIn(text, toolCalls), parameters);
      return {
        ...{ inputs, processData },
        usage: nodeUsage(usage),
        outputs: Object.fromEntries<Value>([
          ['__is_success', reason === null ? 1 : 0],
          ['__reason', reason],
          ['__usage', usage],
          ...values,
        ]),
        types: Object.fromEntries(
          parameters.flatMap(({ name, type }) =>
            itemTypeOf(type) === null ? [] : [[name, type as SegmentType]],
          ),
        ),
      };
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      const outputs = { __is_success: 0, __reason: 'Failed to invoke model', __error: message };
      throw withDetails(error, { inputs, processData, outputs });
    }
  },
});

interface Answer extends Pick<ChatResult, 'toolCalls'> {
  readonly text: string;
  readonly usage: UsageRecord;
}

/** Asks in the way of the node, and again without a function where the provider refuses it. */
async function ask(
  read: Config,
  context: NodeContext,
  told: { readonly query: string; readonly processData: Record<string, Value> },
): Promise<Answer> {
  if (read.model.mode === 'completion') return askIn('completion', read, context, told);
  if (read.reasoning_mode === 'prompt') return askIn('prompt', read, context, told);
  try {
    return await askIn('function_call', read, context, told);
  } catch (error) {
    if (!refusesTools(error)) throw error;
    return askIn('prompt', read, context, told);
  }
}

async function askIn(
  way: ExtractionWay,
  read: Config,
  context: NodeContext,
  { query, processData }: Parameters<typeof ask>[2],
): Promise<Answer> {
  const { pool, services } = context;
  const { provider: model_provider, name: model_name, mode: model_mode } = read.model;
  const { detail } = read.vision;
  const model = findModel(services, read.model);
  const { params, stop } = readParams(read.model, pool);
  const task = {
    text: query,
    structure: schemaOfParameters(read.parameters),
    instruction: expandTemplate(read.instruction, pool),
  };
  const write = (histories: string) => extractionPrompt({ ...task, histories }, way);
  const histories = await memoryText(services, read.memory, { model, params, prompt: write('') });
  const files = readFiles(read.vision, pool).map((file) => services.files.contentOf(file, { detail }));
  const messages = finishPrompt(write(histories), files);
  const tools = way === 'function_call' ? [extractionTool(task.structure)] : [];
  Object.assign(processData, {
    ...{ model_mode, prompts: promptLog(messages), usage: null, tool_call: null, model_provider, model_name },
    function: tools[0] ?? {},
  });
  const reader = new AnswerReader('separated');
  const { result, usage } = await askModel(
    context,
    model,
    { messages, params, ...(stop.length > 0 && { stop }), ...(tools.length > 0 && { tools }) },
    (delta) => reader.add(delta),
  );
  reader.end();
  const { text } = reader;
  const { toolCalls, finishReason: finish_reason } = result;
  const [call] = toolCalls;
  const tool_call = call === undefined ? null : callLog(call);
  Object.assign(processData, { usage, finish_reason, tool_call, llm_text: text });
  return { text, toolCalls, usage };
}

/** In the first call of a function, else in what the model has said. */
function foundIn(text: string, [call]: readonly ToolCall[]): ValueRecord | null {
  return (call && objectInAnswer(call.arguments)) ?? objectInAnswer(text) ?? null;
}

/** There are models that know no functions, and nobody who says which: their providers refuse the request. */
function refusesTools(error: unknown): boolean {
  return (
    error instanceof NodeError &&
    error.type === 'InvokeBadRequestError' &&
    error.details.usage === undefined &&
    /\b(tools?|functions?)\b/i.test(error.message)
  );
}
