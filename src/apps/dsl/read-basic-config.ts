import type { ApiExtension } from '../../config/config.ts';
import type { AppMode, BasicConfig } from '../app.ts';
import type { DslProblem } from './dsl-error.ts';
import type { DslNode } from './dsl-node.ts';
import { readFileUpload } from './file-upload.ts';
import { readAgent } from './read-agent.ts';
import { readInputForm } from './read-input-form.ts';
import { readModel } from './read-model.ts';
import { readModeration } from './read-moderation.ts';
import { readPrompt } from './read-prompt.ts';
import { storedFeatures } from './stored-features.ts';
import { unservedParts } from './unserved-parts.ts';

/** Reads the `model_config` of a chat, agent or completion app (`facts/dify-dsl-engine.md` §2.3). */
export function readBasicConfig(
  config: DslNode,
  mode: AppMode,
  apiExtensions: Readonly<Record<string, ApiExtension>>,
): { readonly config: BasicConfig; readonly warnings: readonly DslProblem[] } {
  const model = readModel(config.get('model'));
  const form = readInputForm(config.get('user_input_form'));
  const speech = config.get('text_to_speech');
  speech.mapping();
  // Only shown by GET /parameters, but checked like the others.
  for (const feature of ['retriever_resource', 'more_like_this']) isEnabled(config.get(feature));
  return {
    config: {
      model,
      prompt: readPrompt(config, model.mode),
      inputForm: form.fields,
      fileUpload: readFileUpload(config.get('file_upload')),
      openingStatement: config.get('opening_statement').text(),
      suggestedQuestions: config
        .get('suggested_questions')
        .items()
        .map((question) => question.word()),
      suggestedQuestionsAfterAnswer: isEnabled(config.get('suggested_questions_after_answer')),
      speechToText: isEnabled(config.get('speech_to_text')),
      textToSpeech: {
        enabled: speech.get('enabled').boolean(),
        voice: speech.get('voice').word(),
        language: speech.get('language').word(),
        autoPlay: speech.get('autoPlay').value === true || speech.get('autoPlay').value === 'enabled',
      },
      moderation: readModeration(config.get('sensitive_word_avoidance'), apiExtensions),
      agent: mode === 'agent-chat' ? readAgent(config.get('agent_mode'), model) : null,
      stored: storedFeatures(config.mapping()),
    },
    warnings: unservedParts(config, form.externalVariables),
  };
}

function isEnabled(node: DslNode, fallback = false): boolean {
  node.mapping();
  return node.get('enabled').boolean(fallback);
}
