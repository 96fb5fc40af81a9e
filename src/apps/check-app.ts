import { parse } from 'node:path';
import { DEFAULT_APP_SETTINGS } from '../config/default-app-settings.ts';
import type { App, AppConfig, AppMode, FileType, Moderation } from './app.ts';
import { DslError, type DslProblem } from './dsl/dsl-error.ts';
import { type ReadAppOptions, readApp } from './dsl/read-app.ts';
import { toolRefsOf } from './tool-refs.ts';

/** What an app needs around it in order to answer. */
export interface AppNeeds {
  readonly mode: AppMode;
  /** As `provider/name`, the way the file names them. */
  readonly models: readonly string[];
  /** Variables that a request must bring. */
  readonly requiredInputs: readonly string[];
  /** Kinds of files that it takes; `any` for no restriction; empty: none. */
  readonly files: readonly (FileType | 'any')[];
  readonly moderation: Moderation['source']['kind'] | null;
  /** As `provider/tool`. */
  readonly tools: readonly string[];
  /** Ids. */
  readonly datasets: readonly string[];
  /** Python packages, by the names they are imported under. */
  readonly packages: readonly string[];
  readonly environment: readonly { readonly name: string; readonly secret: boolean }[];
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
  options: Partial<Pick<ReadAppOptions, 'apiExtensions' | 'readWorkflow' | 'settings'>> = {},
): AppCheck {
  const warnings: string[] = [];
  try {
    const app = readApp(source, {
      ...options,
      id: parse(file).name,
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
  const { moderation, workflow } = config;
  return {
    mode,
    models: unique((workflow?.models ?? [config.model]).map(({ provider, name }) => `${provider}/${name}`)),
    requiredInputs: config.inputForm.filter(({ required }) => required).map(({ variable }) => variable),
    files: filesOf(config),
    moderation: moderation?.source.kind ?? null,
    tools: unique(
      toolRefsOf(config).map(({ providerName, providerId, tool }) => `${providerName || providerId}/${tool}`),
    ),
    datasets: (workflow?.datasets ?? []).map(({ id }) => id),
    packages: (workflow?.packages ?? []).map(({ name }) => name),
    environment: (workflow?.environment ?? []).map(({ name, type }) => ({ name, secret: type === 'secret' })),
    speechToText: config.speechToText,
    textToSpeech: config.textToSpeech.enabled,
  };
}

function filesOf({ fileUpload, inputForm }: AppConfig): readonly (FileType | 'any')[] {
  const taken = [fileUpload, ...inputForm.flatMap(({ files }) => (files === null ? [] : [files]))];
  return unique(
    taken
      .filter(({ enabled }) => enabled)
      .flatMap(({ allowedTypes }): readonly (FileType | 'any')[] =>
        allowedTypes.length === 0 ? ['any'] : allowedTypes,
      ),
  );
}

function unique<T>(items: readonly T[]): readonly T[] {
  return [...new Set(items)];
}
