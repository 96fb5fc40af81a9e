import { z } from 'zod';
import type { ParleyError } from '../../../errors.ts';
import type { ChatModel } from '../../../models/chat-model.ts';
import type { NodeKind } from '../node-kind.ts';
import type { WorkflowServices } from '../workflow-services.ts';
import { modelError } from './model-error.ts';

/** `model` of a node (`facts/dify-dsl-engine.md` §4.4). */
export const modelConfigSchema = z.looseObject({
  provider: z.string(),
  name: z.string(),
  mode: z
    .string()
    .nullish()
    .transform((mode) => (mode === 'completion' ? 'completion' : 'chat')),
  completion_params: z
    .record(z.string(), z.unknown())
    .nullish()
    .transform((params) => params ?? {}),
});

export type ModelConfig = z.infer<typeof modelConfigSchema>;

type Needs = ReturnType<NonNullable<NodeKind['needs']>>;

/** What a node with a model needs of the server. */
export function needsModel({ model: { provider, name, mode } }: { readonly model: ModelConfig }): Needs {
  return [{ kind: 'model', provider, name, mode }];
}

/** @throws NodeError when nothing can answer for it */
export function findModel(
  { models }: Pick<WorkflowServices, 'models'>,
  { provider, name, mode }: ModelConfig,
): ChatModel {
  try {
    return models.chat({ provider, name, mode });
  } catch (error) {
    throw modelError(error as ParleyError);
  }
}
