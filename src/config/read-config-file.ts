import type { z } from 'zod';
import { ConfigError } from './config-error.ts';
import { type ConfigFile, configSchema } from './config-schema.ts';
import { hideEnvReferences, resolveEnvReferences, showEnvReferences } from './env-references.ts';
import { readYaml, type YamlProblem, type YamlSource } from './yaml-source.ts';

const MAX_BYTES = 1024 ** 2;

/**
 * Reads `parley.yml`.
 *
 * @throws ConfigError with every problem and its `file:line:column`.
 * @example readConfigFile('port: ${PORT}', 'parley.yml', { PORT: '8080' }) // { port: 8080 }
 */
export function readConfigFile(
  source: string,
  file: string,
  env: Readonly<Record<string, string | undefined>>,
): ConfigFile {
  const yaml = readYaml(hideEnvReferences(source), {
    maxBytes: MAX_BYTES,
    rewrite: (text) => resolveEnvReferences(text, env),
  });
  if (yaml.value === undefined) throw configError(file, yaml.problems);

  const result = configSchema.safeParse(yaml.value ?? {});
  if (result.success && yaml.problems.length === 0) return result.data;
  const issues = result.error?.issues.flatMap((issue) => problemsOf(issue, yaml)) ?? [];
  const isNew = (issue: YamlProblem) =>
    !yaml.problems.some(({ line, column }) => line === issue.line && column === issue.column);
  throw configError(file, [...yaml.problems, ...issues.filter(isNew)]);
}

/** One zod issue as problems; a missing value is reported at the mapping that lacks it. */
function problemsOf(issue: z.core.$ZodIssue, yaml: YamlSource): YamlProblem[] {
  const path = issue.path.map((step) => (typeof step === 'number' ? step : String(step)));
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({
      ...yaml.positionOfKey([...path, key]),
      reason: `unknown key "${key}", ${issue.message}`,
    }));
  }
  const position = issue.code === 'invalid_key' ? yaml.positionOfKey(path) : yaml.positionOf(path);
  const name = path.findLast((step) => typeof step === 'string');
  return [{ ...position, reason: name === undefined ? issue.message : `${name}: ${issue.message}` }];
}

function configError(file: string, problems: readonly YamlProblem[]): ConfigError {
  const sorted = problems.toSorted((a, b) => a.line - b.line || a.column - b.column);
  return new ConfigError(
    sorted.map(({ line, column, reason }) => ({
      where: `${file}:${line}:${column}`,
      reason: showEnvReferences(reason),
    })),
  );
}
