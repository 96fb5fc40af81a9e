import type { ApiExtension, AppSettings } from '../config/config.ts';
import { DEFAULT_APP_SETTINGS } from '../config/default-app-settings.ts';
import type { App, AppMode, FileType, Moderation } from './app.ts';
import { DslError, type DslProblem } from './dsl/dsl-error.ts';
import { readApp } from './dsl/read-app.ts';

/** What an app needs around it in order to answer. */
export interface AppNeeds {
  readonly mode: AppMode;
  /** As the file names it. */
  readonly provider: string;
  readonly model: string;
  /** Variables that a request must bring. */
  readonly requiredInputs: readonly string[];
  /** Kinds of files that the model must understand; `any` for no restriction; empty: none. */
  readonly files: readonly (FileType | 'any')[];
  readonly moderation: Moderation['source']['kind'] | null;
  /** Of an agent, as `provider/tool`. */
  readonly tools: readonly string[];
  readonly speechToText: boolean;
  readonly textToSpeech: boolean;
}

export interface AppCheck {
  readonly file: string;
  /** Empty: the app is served. */
  readonly problems: readonly DslProblem[];
  /** Parts of the file that the app runs without. */
  readonly warnings: readonly string[];
  /** Null when there are problems. */
  readonly needs: AppNeeds | null;
  readonly app: App | null;
}

/** What `parley app check FILE` prints. */
export function checkApp(
  source: string,
  file: string,
  options: {
    readonly apiExtensions?: Readonly<Record<string, ApiExtension>>;
    readonly settings?: AppSettings;
  } = {},
): AppCheck {
  const warnings: string[] = [];
  try {
    const app = readApp(source, {
      ...options,
      id: 'checked',
      file,
      settings: options.settings ?? DEFAULT_APP_SETTINGS,
      onWarning: ({ line, reason }) => warnings.push(`${file}:${line}: ${reason}`),
    });
    return { file, problems: [], warnings, needs: needsOf(app), app };
  } catch (error) {
    if (!(error instanceof DslError)) throw error;
    return { file, problems: error.problems, warnings, needs: null, app: null };
  }
}

function needsOf({ mode, config }: App): AppNeeds {
  const { model, fileUpload, moderation, agent } = config;
  const types = fileUpload.allowedTypes.length === 0 ? (['any'] as const) : fileUpload.allowedTypes;
  return {
    mode,
    provider: model.provider,
    model: model.name,
    requiredInputs: config.inputForm.filter(({ required }) => required).map(({ variable }) => variable),
    files: fileUpload.enabled ? types : [],
    moderation: moderation?.source.kind ?? null,
    tools: (agent?.tools ?? []).map(
      ({ providerName, providerId, tool }) => `${providerName || providerId}/${tool}`,
    ),
    speechToText: config.speechToText,
    textToSpeech: config.textToSpeech.enabled,
  };
}
