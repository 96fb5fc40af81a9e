import type { App } from '../apps/app.ts';
import type { Config } from '../config/config.ts';
import { createModels } from '../models/create-models.ts';
import { PythonPackages } from '../sandbox/python/python-packages.ts';
import { CliError } from './cli-error.ts';

/** What a server with this configuration lacks of what an app needs, beside tools. The app is served without. */
export interface Lack {
  /** Null: it stands on no single line. */
  readonly line: number | null;
  readonly problem: string;
}

export async function findLacks(config: Config, app: App): Promise<readonly Lack[]> {
  return [
    ...missingModels(config, app),
    ...(await missingPackages(config, app)),
    ...(app.config.workflow?.datasets ?? []).map(({ id, line }) => ({
      line,
      problem: `the dataset ${id} is not on this server`,
    })),
  ];
}

/** As the server chooses them. Where no provider is configured at all, the demo model stands in for every model. */
function missingModels(config: Config, { config: { model, workflow } }: App): readonly Lack[] {
  const lacks: Lack[] = [];
  let told: string | null = null;
  const models = modelsOf(config, (message) => {
    told = message;
  });
  try {
    for (const { line, ...ref } of workflow?.models ?? [{ ...model, line: null }]) {
      told = null;
      try {
        models.chat(ref);
      } catch {
        told = 'its provider is not configured, or has no key';
      }
      if (told !== null) lacks.push({ line, problem: `the model ${ref.provider}/${ref.name}: ${told}` });
    }
  } finally {
    models.close();
  }
  return lacks;
}

/** @throws CliError when no server would start with these providers */
function modelsOf(config: Config, tell: (message: string) => void): ReturnType<typeof createModels> {
  try {
    return createModels(config, { warn: (_, message) => tell(message) });
  } catch (error) {
    throw new CliError((error as Error).message);
  }
}

async function missingPackages(config: Config, { config: { workflow } }: App): Promise<readonly Lack[]> {
  const wanted = workflow?.packages ?? [];
  const source = config.sandbox.python.packages;
  if (wanted.length === 0) return [];
  const names = wanted.map(({ name }) => name);
  let missing = names;
  let why = 'set sandbox.python.packages in parley.yml';
  if (source !== null) {
    why = `it is not among the packages in ${source}`;
    try {
      missing = [...(await new PythonPackages(source).missing(names))];
    } catch (error) {
      why = (error as Error).message;
    }
  }
  return wanted
    .filter(({ name }) => missing.includes(name))
    .map(({ name, line }) => ({ line, problem: `the Python package ${name} is missing: ${why}` }));
}
