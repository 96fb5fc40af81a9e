import type { AppSettings } from '../../config/config.ts';
import type { EnvironmentVariable } from '../app.ts';
import { numberOf } from '../environment-of.ts';
import type { DslProblem } from './dsl-error.ts';
import type { DslNode } from './dsl-node.ts';

/** What is wrong between the variables that an app declares and those that its owner sets. Values are never shown. */
export function environmentWarnings(
  declared: DslNode,
  environment: readonly EnvironmentVariable[],
  env: AppSettings['env'],
): readonly DslProblem[] {
  const warnings: DslProblem[] = [];
  const { line } = declared;
  /** Secrets that the file has a value for. */
  const inFile = new Set<string>();
  const lines = new Map(
    environment.length === 0
      ? []
      : declared.items().map((item) => {
          const name = item.get('name').word();
          if (item.get('value_type').value === 'secret' && item.get('value').word() !== '') inFile.add(name);
          return [name, item.line] as const;
        }),
  );
  for (const { name, type, value } of environment) {
    const set = Object.hasOwn(env, name) ? env[name] : undefined;
    const at = lines.get(name) ?? line;
    if (set === undefined ? value === null : set === '' && type === 'secret') {
      const what = type === 'secret' ? 'the secret' : 'the environment variable';
      const lack = inFile.has(name) ? 'is not taken from the file' : 'has no value';
      warnings.push({
        line: at,
        reason: `${what} ${name} ${lack}: set it in app_settings under env, or the app runs with an empty one`,
      });
    } else if (set !== undefined && type === 'number' && numberOf(set) === undefined) {
      warnings.push({
        line: at,
        reason: `the environment variable ${name} is a number, and what app_settings sets under env is none; the file's value holds`,
      });
    }
  }
  for (const name of Object.keys(env)) {
    if (lines.has(name)) continue;
    warnings.push({ line, reason: `app_settings sets env.${name}, which the app does not declare` });
  }
  return warnings;
}
