import { z } from 'zod';
import { type Category, classificationPrompt } from '../classification/classification-prompt.ts';
import { askInternally } from '../model/ask-internally.ts';
import { expandAgain } from '../model/expand-again.ts';
import { memoryConfigSchema } from '../model/memory-config.ts';
import { modelConfigSchema, needsModel } from '../model/model-config.ts';
import { objectInAnswer } from '../model/object-in-answer.ts';
import { referencesOfParams } from '../model/read-params.ts';
import { nodeUsage } from '../model/usage-record.ts';
import { visionConfigSchema } from '../model/vision-config.ts';
import { withDetails } from '../model/with-details.ts';
import { defineNode } from '../node-kind.ts';
import { expandTemplate, referencesIn } from '../pool/references.ts';
import { textOf } from '../values/render.ts';
import type { Value } from '../values/value.ts';
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
    const { pool } = context;
    const variable = pool.get(read.query_variable_selector);
    const { provider: model_provider, name: model_name } = read.model;
    const inputs = { query: variable?.value ?? null, model_provider, model_name };
    const classes = read.classes.map(({ id, name, label }, at) => ({
      ...{ id, name: expandTemplate(name, pool), label: label || `CLASS ${at + 1}` },
    }));
    const processData: Record<string, Value> = {};
    try {
      // In Dify the finished prompt goes through references once more.
      const asked = {
        query: expandAgain(variable === undefined ? '' : textOf(variable), pool),
        categories: classes.map(({ id, name }) => ({ id, name: expandAgain(name, pool) })),
        instruction: expandAgain(expandTemplate(read.instruction, pool), pool),
      };
      const answer = await askInternally(context, {
        ...{ config: read, processData },
        write: (histories) => classificationPrompt(asked, { histories, mode: read.model.mode }),
      });
      const { usage } = answer;
      const chosen = chosenOf(answer.text, classes);
      return {
        ...{ inputs, processData },
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
  const isId = (typeof id === 'string' || typeof id === 'number') && name !== undefined;
  const named = isId ? classes.find((one) => one.id === String(id)) : undefined;
  return named ?? (classes[0] as Class);
}
