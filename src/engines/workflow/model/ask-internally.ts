import type { ChatMessage, ChatResult, ToolSpec } from '../../../models/chat-model.ts';
import type { NodeContext } from '../node-context.ts';
import type { Value } from '../values/value.ts';
import { AnswerReader } from './answer-reader.ts';
import { askModel } from './ask-model.ts';
import { finishPrompt } from './finish-prompt.ts';
import type { MemoryConfig } from './memory-config.ts';
import { memoryText } from './memory-text.ts';
import { findModel, type ModelConfig } from './model-config.ts';
import { promptLog } from './prompt-log.ts';
import { readFiles } from './read-files.ts';
import { readParams } from './read-params.ts';
import type { UsageRecord } from './usage-record.ts';
import type { VisionConfig } from './vision-config.ts';

export interface InternalQuestion {
  /** Of the node. */
  readonly config: {
    readonly model: ModelConfig;
    readonly memory: MemoryConfig | null;
    readonly vision: VisionConfig;
  };
  readonly tools?: readonly ToolSpec[];
  /** Told of the node however it ends; filled in on the way. */
  readonly processData: Record<string, Value>;
  /** The prompt, around what was said before, which is a text; empty: nothing. */
  write(histories: string): ChatMessage[];
}

export interface InternalAnswer {
  /** Without reasoning. */
  readonly text: string;
  readonly result: ChatResult;
  readonly usage: UsageRecord;
}

/** Asks a model by a prompt of the node's own, for an answer that nobody but the node reads. @throws NodeError */
export async function askInternally(
  context: NodeContext,
  { config, tools = [], processData, write }: InternalQuestion,
): Promise<InternalAnswer> {
  const { pool, services } = context;
  const { provider: model_provider, name: model_name, mode: model_mode } = config.model;
  const { detail } = config.vision;
  const model = findModel(services, config.model);
  const { params, stop } = readParams(config.model, pool);
  const histories = await memoryText(services, config.memory, { model, params, prompt: write('') });
  const files = readFiles(config.vision, pool).map((file) => services.files.contentOf(file, { detail }));
  const messages = finishPrompt(write(histories), files);
  const prompts = promptLog(messages);
  Object.assign(processData, { model_mode, prompts, usage: null, model_provider, model_name });
  const reader = new AnswerReader('separated');
  const { result, usage } = await askModel(
    context,
    model,
    { messages, params, ...(stop.length > 0 && { stop }), ...(tools.length > 0 && { tools }) },
    (delta) => reader.add(delta),
  );
  reader.end();
  Object.assign(processData, { usage, finish_reason: result.finishReason });
  return { text: reader.text, result, usage };
}
