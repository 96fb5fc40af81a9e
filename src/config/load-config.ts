import { existsSync, readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import type { z } from 'zod';
import type { Config, Limits, ProviderConfig, SandboxConfig, ToolConfig } from './config.ts';
import { ConfigError } from './config-error.ts';
import { CONFIG_FLAGS } from './config-flags.ts';
import { type ConfigFile, database, logLevel, port } from './config-schema.ts';
import { deepFreeze } from './deep-freeze.ts';
import { DEFAULT_LIMITS } from './default-limits.ts';
import { environmentProviders, impliedDefaultModel } from './environment-providers.ts';
import { providerType } from './provider-type.ts';
import { readConfigFile } from './read-config-file.ts';

export interface ConfigSources {
  /** Flags only, without the command's name. */
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Where `parley.yml` is looked for, and what relative paths outside of it start from. */
  readonly cwd: string;
}

/**
 * The configuration: flags over environment over `parley.yml` over defaults. The only reader of the environment.
 *
 * @throws ConfigError naming every value that is wrong and what was expected there.
 * @example loadConfig({ argv: ['--port', '0'], env: process.env, cwd: process.cwd() }).dataDir // '/srv/parley/data'
 */
export function loadConfig({ argv, env, cwd }: ConfigSources): Config {
  const flags = readFlags(argv);
  const word = (flag: keyof typeof CONFIG_FLAGS) => flags[flag] ?? (env[variableOf(flag)] || undefined);
  const { file, folder } = readFile(word('config'), env, cwd);
  const path = (flag: 'data' | 'apps' | 'tools') => {
    const given = word(flag);
    if (given !== undefined) return resolve(cwd, given);
    const inFile = flag === 'tools' ? file.tools_folder : file[flag];
    return inFile === undefined ? undefined : resolve(folder, inFile);
  };
  const portOf = (flag: 'port' | 'coze-port') =>
    check(flags[flag] === undefined ? variableOf(flag) : `--${flag}`, port, word(flag));

  const dataDir = path('data') ?? resolve(cwd, 'data');
  const fromEnvironment = environmentProviders(env);
  const fromFile = Object.entries(file.providers ?? {}).map(([name, provider]) =>
    fileProvider(name, provider),
  );

  return deepFreeze<Config>({
    host: word('host') ?? file.host ?? '127.0.0.1',
    port: portOf('port') ?? file.port ?? 5001,
    dataDir,
    appsDir: path('apps') ?? resolve(cwd, 'examples'),
    database: absolute(check('PARLEY_DATABASE_URL', database, env.PARLEY_DATABASE_URL || undefined), cwd) ??
      absolute(file.database, folder) ?? { kind: 'sqlite', path: resolve(dataDir, 'parley.db') },
    providers: [
      ...fromFile,
      ...fromEnvironment.filter((provider) => !fromFile.some((own) => isSame(own, provider))),
    ],
    defaultModel: file.default_model ?? (fromFile.length === 0 ? impliedDefaultModel(fromEnvironment) : null),
    keys: file.keys?.filter((entry) => 'app' in entry) ?? [],
    tokens: file.keys?.filter((entry) => 'apps' in entry) ?? [],
    coze: {
      cancel: file.coze?.cancel ?? 'continue',
      port: portOf('coze-port') ?? file.coze?.port ?? null,
    },
    appSettings: file.app_settings ?? {},
    apiExtensions: Object.fromEntries(
      Object.entries(file.api_extensions ?? {}).map(([id, { endpoint, api_key }]) => [
        id,
        { endpoint, apiKey: api_key },
      ]),
    ),
    tools: file.tools?.map((tool) => withAbsoluteDocument(tool, folder)) ?? [],
    toolsDir: path('tools') ?? resolve(cwd, 'tools'),
    toolSecrets: readToolSecrets(env),
    variable: (name) => (Object.hasOwn(env, name) ? env[name] : undefined),
    outboundAllow: file.outbound?.allow ?? [],
    sandbox: readSandbox(file.sandbox ?? {}, folder),
    limits: readLimits(file.limits ?? {}),
    logLevel:
      check('PARLEY_LOG_LEVEL', logLevel, env.PARLEY_LOG_LEVEL || undefined) ?? file.log_level ?? 'info',
    publicUrl: file.public_url ?? null,
  });
}

/** The environment variable that stands for a flag. */
function variableOf(flag: keyof typeof CONFIG_FLAGS): string {
  return `PARLEY_${flag.toUpperCase().replaceAll('-', '_')}`;
}

function readFlags(argv: readonly string[]): { [Flag in keyof typeof CONFIG_FLAGS]?: string | undefined } {
  try {
    return parseArgs({ args: [...argv], options: CONFIG_FLAGS, strict: true, allowPositionals: false })
      .values;
  } catch (error) {
    const reason = (error as Error).message.split('. ')[0] ?? '';
    const known = Object.keys(CONFIG_FLAGS).map((flag) => `--${flag}`);
    throw new ConfigError([{ where: 'command line', reason: `${reason}; expected ${known.join(', ')}` }]);
  }
}

/** The named file, which must exist, or `parley.yml` in `cwd` where there is one. */
function readFile(
  named: string | undefined,
  env: ConfigSources['env'],
  cwd: string,
): { readonly file: ConfigFile; readonly folder: string } {
  const path = resolve(cwd, named ?? 'parley.yml');
  if (named === undefined && !existsSync(path)) return { file: {}, folder: cwd };
  let source: string;
  try {
    source = readFileSync(path, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new ConfigError([{ where: named ?? 'parley.yml', reason: `expected a readable file (${code})` }]);
  }
  return { file: readConfigFile(source, named ?? 'parley.yml', env), folder: dirname(path) };
}

function check<T>(where: string, schema: z.ZodType<T>, value: string | undefined): T | undefined {
  if (value === undefined) return undefined;
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw new ConfigError(result.error.issues.map(({ message }) => ({ where, reason: message })));
}

function absolute(value: Config['database'] | undefined, folder: string): Config['database'] | undefined {
  if (value?.kind !== 'sqlite' || value.path === ':memory:') return value;
  return { kind: 'sqlite', path: resolve(folder, value.path) };
}

function withAbsoluteDocument(tool: ToolConfig, folder: string): ToolConfig {
  if (tool.kind !== 'openapi' || isAddress(tool.document)) return tool;
  return { ...tool, document: resolve(folder, tool.document) };
}

function isAddress(text: string): boolean {
  return /^https?:\/\//i.test(text);
}

const TOOL_SECRET = /^PARLEY_TOOL_(.+)$/;

function readToolSecrets(env: ConfigSources['env']): Record<string, string> {
  const secrets = Object.entries(env).flatMap(([variable, value]): [string, string][] => {
    const name = TOOL_SECRET.exec(variable)?.[1];
    return name !== undefined && value ? [[name, value]] : [];
  });
  return Object.fromEntries(secrets);
}

function readSandbox(
  { javascript, python }: NonNullable<ConfigFile['sandbox']>,
  folder: string,
): SandboxConfig {
  const packages = python?.packages ?? null;
  return {
    javascript: { timeoutMs: javascript?.timeout ?? null, memoryBytes: javascript?.memory ?? null },
    python: {
      timeoutMs: python?.timeout ?? null,
      memoryBytes: python?.memory ?? null,
      packages: packages === null || isAddress(packages) ? packages : resolve(folder, packages),
    },
  };
}

function fileProvider(name: string, provider: NonNullable<ConfigFile['providers']>[string]): ProviderConfig {
  const { type, api_key, base_url, models, ...options } = provider;
  return {
    name,
    type: type ?? providerType(name),
    apiKey: api_key ?? null,
    baseUrl: base_url ?? null,
    models: models ?? [],
    options,
  };
}

/** An environment's provider is left out where the file has it, also under its other name (`gemini` is `google`). */
function isSame(inFile: ProviderConfig, inEnvironment: ProviderConfig): boolean {
  if (inFile.name === inEnvironment.name) return true;
  return inEnvironment.name === 'google' && inFile.name === 'gemini';
}

function readLimits(file: NonNullable<ConfigFile['limits']>): Limits {
  const { requests_per_minute: requests, file_url_expiry: expiry } = file;
  return {
    maxExecutionMs: file.max_execution_time ?? DEFAULT_LIMITS.maxExecutionMs,
    fileBytes: file.file_size ?? DEFAULT_LIMITS.fileBytes,
    imageBytes: file.image_size ?? DEFAULT_LIMITS.imageBytes,
    audioBytes: file.audio_size ?? DEFAULT_LIMITS.audioBytes,
    videoBytes: file.video_size ?? DEFAULT_LIMITS.videoBytes,
    bodyBytes: file.body_size ?? DEFAULT_LIMITS.bodyBytes,
    requestsPerMinute: requests === undefined ? DEFAULT_LIMITS.requestsPerMinute : requests,
    drainMs: file.drain_time ?? DEFAULT_LIMITS.drainMs,
    fileUrlSeconds: expiry === undefined ? DEFAULT_LIMITS.fileUrlSeconds : Math.ceil(expiry / 1_000),
    workflowSteps: file.workflow_steps ?? DEFAULT_LIMITS.workflowSteps,
  };
}
