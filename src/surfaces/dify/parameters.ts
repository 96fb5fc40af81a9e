import type { App } from '../../apps/app.ts';
import type { Limits } from '../../config/config.ts';

/** What GET /parameters says of a feature that the app's author has not stored (`facts/dify-wire.md` §9.1). */
const DEFAULTS = {
  opening_statement: '',
  suggested_questions: [],
  suggested_questions_after_answer: { enabled: false },
  speech_to_text: { enabled: false },
  text_to_speech: { enabled: false, voice: '', language: '', autoPlay: 'disabled' },
  retriever_resource: { enabled: true },
  annotation_reply: { enabled: false },
  more_like_this: { enabled: false },
  user_input_form: [],
  sensitive_word_avoidance: { enabled: false, type: '', configs: [] },
  file_upload: {
    image: {
      enabled: false,
      number_limits: 3,
      detail: 'high',
      transfer_methods: ['remote_url', 'local_file'],
    },
  },
} as const;

/** Files of one request in a workflow; a constant of Dify's that clients read. */
const WORKFLOW_FILE_UPLOAD_LIMIT = 10;

/** Body of GET /parameters: the features as stored, and the limits of this server in whole MB. */
export function appParameters(
  { config: { stored } }: Pick<App, 'config'>,
  limits: Pick<Limits, 'fileBytes' | 'imageBytes' | 'audioBytes' | 'videoBytes'>,
): Record<string, unknown> {
  return {
    ...Object.fromEntries(
      Object.entries(DEFAULTS).map(([feature, preset]) => [feature, stored[feature] ?? preset]),
    ),
    system_parameters: {
      image_file_size_limit: megabytes(limits.imageBytes),
      video_file_size_limit: megabytes(limits.videoBytes),
      audio_file_size_limit: megabytes(limits.audioBytes),
      file_size_limit: megabytes(limits.fileBytes),
      workflow_file_upload_limit: WORKFLOW_FILE_UPLOAD_LIMIT,
    },
  };
}

/** Rounded up, so that no client refuses a file that the server would take. */
function megabytes(bytes: number): number {
  return Math.ceil(bytes / 1024 ** 2);
}
