import type { ApiExtension } from '../../config/config.ts';
import type { AppConfig } from '../app.ts';
import type { DslNode } from './dsl-node.ts';
import { readFileUpload } from './file-upload.ts';
import { readModeration } from './read-moderation.ts';
import { storedFeatures } from './stored-features.ts';

export type Features = Pick<
  AppConfig,
  | 'fileUpload'
  | 'openingStatement'
  | 'suggestedQuestions'
  | 'suggestedQuestionsAfterAnswer'
  | 'speechToText'
  | 'textToSpeech'
  | 'moderation'
  | 'stored'
>;

/** What a `model_config` and a workflow's `features` have in common (`facts/dify-dsl-engine.md` §2.3, §2.4). */
export function readFeatures(
  features: DslNode,
  apiExtensions: Readonly<Record<string, ApiExtension>>,
): Features {
  const speech = features.get('text_to_speech');
  speech.mapping();
  // Only shown by GET /parameters, but checked like the others.
  for (const feature of ['retriever_resource', 'more_like_this']) isEnabled(features.get(feature));
  return {
    fileUpload: readFileUpload(features.get('file_upload')),
    openingStatement: features.get('opening_statement').text(),
    suggestedQuestions: features
      .get('suggested_questions')
      .items()
      .map((question) => question.word()),
    suggestedQuestionsAfterAnswer: isEnabled(features.get('suggested_questions_after_answer')),
    speechToText: isEnabled(features.get('speech_to_text')),
    textToSpeech: {
      enabled: speech.get('enabled').boolean(),
      voice: speech.get('voice').word(),
      language: speech.get('language').word(),
      autoPlay: speech.get('autoPlay').value === true || speech.get('autoPlay').value === 'enabled',
    },
    moderation: readModeration(features.get('sensitive_word_avoidance'), apiExtensions),
    stored: storedFeatures(features.mapping()),
  };
}

function isEnabled(node: DslNode): boolean {
  node.mapping();
  return node.get('enabled').boolean();
}
