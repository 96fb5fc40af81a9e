import { z } from 'zod';
import { type Category, classificationPrompt } from '../classification/classification-prompt.ts';
import { AnswerReader } from '../model/answer-reader.ts';
import { askModel } from '../model/ask-model.ts';
import { expandAgain } from '../model/expand-again.ts';
import { finishPrompt } from '../model/finish-prompt.ts';
import { memoryConfigSchema } from '../model/memory-config.ts';
import { memoryText } from '../model/memory-text.ts';
import { findModel, modelConfigSchema, needsModel } from '../model/model-config.ts';
import { objectInAnswer } from '../model/object-in-answer.ts';
import { promptLog } from '../model/prompt-log.ts';
import { readFiles } from '../model/read-files.ts';
import { readParams, referencesOfParams } from '../model/read-params.ts';
import { nodeUsage } from '../model/usage-record.ts';
import { visionConfigSchema } from '../model/vision-config.ts';
import { withDetails } from '../model/with-details.ts';
import { defineNode } from '../node-kind.ts';
import { expandTemplate, referencesIn } from '../pool/references.ts';
import { textOf } from '../values/render.ts';
import { selectorSchema } from './schemas.ts';

const text = z
  .string()
  .nullish()
  .transform((one) => one ?? '');

const config = z.looseObject({
  query_variable_selector: selectorSchema,
  model: modelConfigSchema,
  classes: z
    .array(
      z.looseObject({
        id: z.union([z.string(), z.number()]).transform(String),
        name: text,
        label: z.string().nullish(),
      }),
    )
    .min(1),
  instruction: text,
  memory: memoryConfigSchema,
  vision: visionConfigSchema,
});

/**
 * Lets a model choose the branch (`facts/dify-dsl-engine.md` §4.6). An answer that chooses none takes the first class: only
 * a model that does not answer fails the node.
 */
export const questionClassifier = defineNode<z.infer<typeof config>>({
  types: ['question-classifier'],
  role: 'branch',
  config,
  needs: needsModel,
  branches: ({ classes }) => classes.map(({ id }) => id),
  references: ({ query_variable_selector, instruction, classes, vision, model }) => [
    query_variable_selector,
    ...[instruction, ...classes.map(({ name }) => name)].flatMap(referencesIn),
    ...(vision.enabled ? [vision.selector] : []),
    ...referencesOfParams(model),
  ],
  async run(read, context) {
    const { pool, services } = context;
    const variable = pool.get(read.query_variable_selector);
    const { provider: model_provider, name: model_name, mode: model_mode } = read.model;
    const inputs = { query: variable?.value ?? null, model_provider, model_name };
    const classes = read.classes.map(({ id, name, label }, at) => ({
      ...{ id, name: expandTemplate(name, pool), label: label || `CLASS ${at + 1}` },
    }));
    let processData = {};
    try {
      const model = findModel(services, read.model);
      const { params, stop } = readParams(read.model, pool);
      // In Dify the finished prompt goes through references once more.
      const asked = {
        query: expandAgain(variable === undefined ? '' : textOf(variable), pool),
        categories: classes.map(({ id, name }) => ({ id, name: expandAgain(name, pool) })),
        instruction: expandAgain(expandTemplate(read.instruction, pool), pool),
      };
      const write = (histories: string) => classificationPrompt(asked, { histories, mode: model_mode });
      const histories = await memoryText(services, read.memory, { model, params, prompt: write('') });
      const { detail } = read.vision;
      const files = readFiles(read.vision, pool).map((file) => services.files.contentOf(file, { detail }));
      const messages = finishPrompt(write(histories), files);
      processData = { model_mode, prompts: promptLog(messages), model_provider, model_name };

      const reader = new AnswerReader('separated');
      const request = { messages, params, ...(stop.length > 0 && { stop }) };
      const { result, usage } = await askModel(context, model, request, (delta) => reader.add(delta));
      reader.end();
      const chosen = chosenOf(reader.text, classes);
      return {
        inputs,
        processData: { ...processData, usage, finish_reason: result.finishReason },
        usage: nodeUsage(usage),
        outputs: { class_name: chosen.name, class_label: chosen.label, class_id: chosen.id, usage },
        handle: chosen.id,
      };
    } catch (error) {
      throw withDetails(error, { inputs, processData });
    }
  },
});

/** The class that an answer names; the first when it names none that there is. */
function chosenOf<Class extends Category>(answer: string, classes: readonly Class[]): Class {
  const { category_id: id, category_name: name } = objectInAnswer(answer) ?? {};
  const named = name === undefined ? undefined : classes.find((one) => one.id === String(id));
  return named ?? (classes[0] as Class);
}
