import { isRecord } from '../../config/is-record.ts';

/** Settings that GET /parameters repeats as the app's author stored them (`facts/dify-wire.md` §9.1). */
const FEATURES = [
  'opening_statement',
  'suggested_questions',
  'suggested_questions_after_answer',
  'speech_to_text',
  'text_to_speech',
  'retriever_resource',
  'annotation_reply',
  'more_like_this',
  'user_input_form',
  'sensitive_word_avoidance',
  'file_upload',
] as const;

/**
 * The feature settings of a `model_config` or of a workflow's `features`; absent and null ones are left out, for the
 * reader's defaults. Address and key of a moderation extension are Parley's own addition and stay inside.
 */
export function storedFeatures(config: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const stored = FEATURES.flatMap((name) => {
    const value = Object.hasOwn(config, name) ? config[name] : undefined;
    return value === undefined || value === null ? [] : [[name, value] as const];
  });
  const features: Record<string, unknown> = Object.fromEntries(stored);
  const moderation = features.sensitive_word_avoidance;
  if (isRecord(moderation) && isRecord(moderation.config)) {
    const { endpoint: _, api_key: __, ...config } = moderation.config;
    features.sensitive_word_avoidance = { ...moderation, config };
  }
  return features;
}
