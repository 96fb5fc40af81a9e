import type { App } from '../../../src/apps/app.ts';
import { DslError, type DslProblem } from '../../../src/apps/dsl/dsl-error.ts';
import { type ReadAppOptions, readApp } from '../../../src/apps/dsl/read-app.ts';
import { DEFAULT_APP_SETTINGS } from '../../../src/config/default-app-settings.ts';

export const options: ReadAppOptions = { id: 'a', file: 'a.yml', settings: DEFAULT_APP_SETTINGS };

export function app(modelConfig: string, mode = 'chat', extra: Partial<ReadAppOptions> = {}): App {
  return readApp(dsl(modelConfig, mode), { ...options, ...extra });
}

/** `model_config` begins at line 4 with `model`; the given lines follow from line 5. */
export function dsl(modelConfig: string, mode = 'chat'): string {
  return [
    'kind: app',
    `app: { name: A, mode: ${mode} }`,
    'model_config:',
    '  model: { provider: openai, name: gpt-4o-mini, mode: chat, completion_params: { temperature: 0.5 } }',
    ...modelConfig.split('\n').map((line) => `  ${line}`),
  ].join('\n');
}

export function problems(source: string): readonly DslProblem[] {
  return error(source)?.problems ?? [];
}

export function error(source: string, extra: Partial<ReadAppOptions> = {}): DslError | null {
  try {
    readApp(source, { ...options, ...extra });
    return null;
  } catch (thrown) {
    if (thrown instanceof DslError) return thrown;
    throw thrown;
  }
}
