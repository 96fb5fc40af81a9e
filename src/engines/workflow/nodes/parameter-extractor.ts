import { z } from 'zod';
import type { ToolCall } from '../../../models/chat-model.ts';
import { checkExtraction } from '../extraction/check-extraction.ts';
import {
  extractionParameterSchema,
  itemTypeOf,
  schemaOfParameters,
} from '../extraction/extraction-parameter.ts';
import { type ExtractionWay, extractionPrompt, extractionTool } from '../extraction/extraction-prompt.ts';
import { askInternally, type InternalAnswer } from '../model/ask-internally.ts';
import { memoryConfigSchema } from '../model/memory-config.ts';
import { modelConfigSchema, needsModel } from '../model/model-config.ts';
import { objectInAnswer } from '../model/object-in-answer.ts';
import { callLog } from '../model/prompt-log.ts';
import { readFiles } from '../model/read-files.ts';
import { referencesOfParams } from '../model/read-params.ts';
import { refuses } from '../model/refuses.ts';
import { nodeUsage } from '../model/usage-record.ts';
import { visionConfigSchema } from '../model/vision-config.ts';
import { withDetails } from '../model/with-details.ts';
import type { NodeContext } from '../node-context.ts';
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
      const { text, result, usage } = await ask(read, context, { query, processData });
      const { values, reason } = checkExtraction(foundIn(text, result.toolCalls), parameters);
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

/** Asks in the way of the node, and again without a function where the provider refuses it. */
async function ask(
  read: Config,
  context: NodeContext,
  told: { readonly query: string; readonly processData: Record<string, Value> },
): Promise<InternalAnswer> {
  if (read.model.mode === 'completion') return askIn('completion', read, context, told);
  if (read.reasoning_mode === 'prompt') return askIn('prompt', read, context, told);
  try {
    return await askIn('function_call', read, context, told);
  } catch (error) {
    if (!refuses(error, /\b(tools?|functions?)\b/i)) throw error;
    return askIn('prompt', read, context, told);
  }
}

async function askIn(
  way: ExtractionWay,
  read: Config,
  context: NodeContext,
  { query, processData }: Parameters<typeof ask>[2],
): Promise<InternalAnswer> {
  const task = {
    text: query,
    structure: schemaOfParameters(read.parameters),
    instruction: expandTemplate(read.instruction, context.pool),
  };
  const tools = way === 'function_call' ? [extractionTool(task.structure)] : [];
  Object.assign(processData, { function: tools[0] ?? {}, tool_call: null });
  const answer = await askInternally(context, {
    ...{ config: read, tools, processData },
    write: (histories) => extractionPrompt({ ...task, histories }, way),
  });
  const [call] = answer.result.toolCalls;
  Object.assign(processData, { tool_call: call === undefined ? null : callLog(call), llm_text: answer.text });
  return answer;
}

/** In the first call of a function, else in what the model has said. */
function foundIn(text: string, [call]: readonly ToolCall[]): ValueRecord | null {
  return (call && objectInAnswer(call.arguments)) ?? objectInAnswer(text) ?? null;
}
