import type { z } from 'zod';
import { APP_ID } from './app-id.ts';
import type { AppSettings, Config, ModelConfig } from './config.ts';
import {
  baseUrl,
  httpUrl,
  integer,
  limitOrNone,
  listOf,
  mapOf,
  mapping,
  oneOf,
  parsed,
  pathOrAddress,
  text,
} from './config-values.ts';
import { DEFAULT_APP_SETTINGS } from './default-app-settings.ts';
import { isRecord } from './is-record.ts';
import { keysSchema } from './keys-schema.ts';
import { outboundRules } from './outbound-rules.ts';
import { parseDuration } from './parse-duration.ts';
import { parseSize } from './parse-size.ts';
import { PROVIDER_TYPES } from './provider-type.ts';
import { toolsSchema } from './tools-schema.ts';

/**
 * `parley.yml`, declared once: its keys, what each accepts, and the words of the message when it does not. A new key
 * is a line here and a line where `load-config.ts` puts it into `Config`. Keys that are absent stay absent.
 */
const duration = parsed('a duration such as 500ms, 30s, 20m or 1h', parseDuration);
/** Of what would otherwise end at once. */
const positiveDuration = parsed(
  'a duration such as 500ms, 30s, 20m or 1h',
  (value) => parseDuration(value) || undefined,
);
const size = parsed('a size such as 512KB or 15MB', parseSize);
const milliseconds = integer(1, 86_400_000, 'a number of milliseconds');
const yesOrNo = parsed('true or false', (value) => (typeof value === 'boolean' ? value : undefined));

export const port = integer(0, 65_535, 'a port number from 0 to 65535');
export const logLevel = oneOf(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']);

/** `postgres://…`, `sqlite:PATH` or a path; the path is not yet absolute. */
export const database = parsed(
  'a postgres:// address or the path of an SQLite file',
  (value): Config['database'] | undefined => {
    if (typeof value !== 'string' || value.trim() === '') return undefined;
    if (/^postgres(ql)?:\/\//.test(value))
      return URL.canParse(value) ? { kind: 'postgres', url: value } : undefined;
    const path = value.replace(/^sqlite:(\/\/(?=\/))?/, '');
    return path === '' || /^[a-z][a-z0-9+]+:\/\//i.test(path) ? undefined : { kind: 'sqlite', path };
  },
);

const model = parsed(
  'a model name, or a mapping with name and context_window',
  (value): ModelConfig | undefined => {
    if (typeof value === 'string') return value === '' ? undefined : { name: value };
    if (!isRecord(value) || typeof value.name !== 'string' || value.name === '') return undefined;
    const { name, context_window: window, ...others } = value;
    if (Object.keys(others).length > 0) return undefined;
    if (window === undefined) return { name };
    return Number.isSafeInteger(window) && (window as number) > 0
      ? { name, contextWindow: window as number }
      : undefined;
  },
);

/** What a provider may need beyond its key and address; kept under these names in `ProviderConfig.options`. */
const providerOptions = {
  headers: mapOf(
    /^[\w!#$%&'*+.^`|~-]+$/,
    'an HTTP header name',
    text(),
    'a mapping of HTTP headers',
  ).optional(),
  resource_name: text().optional(),
  api_version: text().optional(),
  use_deployment_based_urls: yesOrNo.optional(),
  region: text().optional(),
  access_key_id: text().optional(),
  secret_access_key: text().optional(),
  session_token: text().optional(),
  transcription_model: text().optional(),
  speech_model: text().optional(),
  voice: text().optional(),
  voices: listOf(text(), 'a list of voices').optional(),
  moderation_model: text().optional(),
  headers_timeout_ms: milliseconds.optional(),
  body_timeout_ms: milliseconds.optional(),
};

const provider = mapping({
  type: oneOf(PROVIDER_TYPES).optional(),
  api_key: text().optional(),
  base_url: baseUrl().optional(),
  models: listOf(model, 'a list of models').optional(),
  ...providerOptions,
});

const onDisconnect = parsed(
  'continue, stop, or { stop_after: 30s }',
  (value): AppSettings['onDisconnect'] | undefined => {
    if (value === 'continue') return { kind: 'continue' };
    if (value === 'stop') return { kind: 'stop', afterMs: 0 };
    if (!isRecord(value) || Object.keys(value).join() !== 'stop_after') return undefined;
    const afterMs = parseDuration(value.stop_after);
    return afterMs === undefined ? undefined : { kind: 'stop', afterMs };
  },
);

/** Booleans are refused: YAML would have changed their spelling. */
const environmentValue = parsed('a string or a number', (value): string | number | undefined =>
  typeof value === 'string' || Number.isFinite(value) ? (value as string | number) : undefined,
);

const appSettings = mapping({
  on_disconnect: onDisconnect.optional(),
  max_concurrency: limitOrNone('a number of runs; 0 for no limit').optional(),
  missing_tools: oneOf(['refuse', 'ignore']).optional(),
  outbound: mapping({ allow: outboundRules.optional() }).optional(),
  env: mapOf(
    /\S/,
    'the name of an environment variable',
    environmentValue,
    'a mapping of environment variables',
  ).optional(),
}).transform(
  (settings): AppSettings => ({
    onDisconnect: settings.on_disconnect ?? DEFAULT_APP_SETTINGS.onDisconnect,
    maxConcurrency: settings.max_concurrency ?? DEFAULT_APP_SETTINGS.maxConcurrency,
    missingTools: settings.missing_tools ?? DEFAULT_APP_SETTINGS.missingTools,
    outboundAllow: settings.outbound?.allow ?? DEFAULT_APP_SETTINGS.outboundAllow,
    env: settings.env ?? DEFAULT_APP_SETTINGS.env,
  }),
);

/** The most is what a 32-bit WebAssembly memory can be. */
function sandboxMemory(leastMb: number) {
  return parsed(`a size from ${leastMb}MB to 4GB`, (value) => {
    const bytes = parseSize(value);
    return bytes !== undefined && bytes >= leastMb * 1024 ** 2 && bytes <= 4 * 1024 ** 3 ? bytes : undefined;
  });
}

export const configSchema = mapping({
  host: text('a host name or address').optional(),
  port: port.optional(),
  data: text('the path of a folder').optional(),
  apps: text('the path of a folder').optional(),
  database: database.optional(),
  public_url: baseUrl().optional(),
  log_level: logLevel.optional(),
  providers: mapOf(/\S/, 'the name of a provider', provider, 'a mapping of providers').optional(),
  default_model: mapping({
    provider: text('the name of a provider'),
    name: text('the name of a model'),
  }).optional(),
  keys: keysSchema.optional(),
  coze: mapping({
    cancel: oneOf(['continue', 'interrupt']).optional(),
    port: port.optional(),
  }).optional(),
  app_settings: mapOf(APP_ID, 'the id of an app', appSettings, 'a mapping of app ids').optional(),
  api_extensions: mapOf(
    /\S/,
    'the id of an API extension',
    mapping({ endpoint: httpUrl(), api_key: text() }),
    'a mapping of API extensions',
  ).optional(),
  tools: toolsSchema.optional(),
  tools_folder: text('the path of a folder').optional(),
  outbound: mapping({ allow: outboundRules.optional() }).optional(),
  sandbox: mapping({
    javascript: mapping({
      timeout: positiveDuration.optional(),
      memory: sandboxMemory(32).optional(),
    }).optional(),
    python: mapping({
      timeout: positiveDuration.optional(),
      memory: sandboxMemory(64).optional(),
      packages: pathOrAddress('the path or the http(s) address of a folder of packages').optional(),
    }).optional(),
  }).optional(),
  limits: mapping({
    max_execution_time: duration.optional(),
    file_size: size.optional(),
    image_size: size.optional(),
    audio_size: size.optional(),
    video_size: size.optional(),
    body_size: size.optional(),
    requests_per_minute: limitOrNone('a number of requests; 0 for no limit').optional(),
    drain_time: duration.optional(),
    file_url_expiry: duration.optional(),
    workflow_steps: integer(1, 1_000_000, 'a number of nodes from 1 to 1000000').optional(),
  }).optional(),
});

/** `parley.yml` as read: keys as in the file, values in the form of `Config`. */
export type ConfigFile = z.output<typeof configSchema>;
