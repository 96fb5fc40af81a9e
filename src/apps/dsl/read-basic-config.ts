import type { ApiExtension } from '../../config/config.ts';
import type { AppConfig, AppMode } from '../app.ts';
import type { DslProblem } from './dsl-error.ts';
import type { DslNode } from './dsl-node.ts';
import { readAgent } from './read-agent.ts';
import { readFeatures } from './read-features.ts';
import { readInputForm } from './read-input-form.ts';
import { readModel } from './read-model.ts';
import { readPrompt } from './read-prompt.ts';
import { unservedParts } from './unserved-parts.ts';

/** Reads the `model_config` of a chat, agent or completion app (`facts/dify-dsl-engine.md` §2.3). */
export function readBasicConfig(
  config: DslNode,
  mode: AppMode,
  apiExtensions: Readonly<Record<string, ApiExtension>>,
): { readonly config: AppConfig; readonly warnings: readonly DslProblem[] } {
  const model = readModel(config.get('model'));
  const form = readInputForm(config.get('user_input_form'));
  return {
    config: {
      model,
      prompt: readPrompt(config, model.mode),
      inputForm: form.fields,
      ...readFeatures(config, apiExtensions),
      agent: mode === 'agent-chat' ? readAgent(config.get('agent_mode'), model) : null,
      workflow: null,
    },
    warnings: unservedParts(config, form.externalVariables),
  };
}
