/** The owner's word: flags over environment over `parley.yml` over defaults, in one frozen object. */
export interface Config {
  readonly host: string;
  /** 0 picks a free port. */
  readonly port: number;
  /** Absolute path. */
  readonly dataDir: string;
  /** Absolute path. */
  readonly appsDir: string;
  readonly database:
    | { readonly kind: 'sqlite'; readonly path: string }
    | { readonly kind: 'postgres'; readonly url: string };
  readonly providers: readonly ProviderConfig[];
  readonly defaultModel: { readonly provider: string; readonly name: string } | null;
  /** Keys of the Service API; each opens one app. */
  readonly keys: readonly { readonly key: string; readonly app: string }[];
  /** Personal access tokens of the Coze API, with the ids of the apps and the names of the permissions they open. */
  readonly tokens: readonly {
    readonly key: string;
    readonly apps: readonly string[] | 'all';
    readonly scopes: readonly string[] | 'all';
  }[];
  readonly coze: CozeSettings;
  readonly appSettings: Readonly<Record<string, AppSettings>>;
  /** By the id that a DSL names as `api_based_extension_id`; an exported DSL carries neither address nor key. */
  readonly apiExtensions: Readonly<Record<string, ApiExtension>>;
  readonly limits: Limits;
  readonly logLevel: 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'trace' | 'silent';
  /** Address that clients see, for signed file URLs; null: taken from each request's Host header. */
  readonly publicUrl: string | null;
}

/** How a provider speaks. Everything of type `openai` and `openai-compatible` uses the direct client. */
export type ProviderType = 'openai' | 'openai-compatible' | 'anthropic' | 'google' | 'azure' | 'bedrock';

export interface ProviderConfig {
  /** Key in `providers:`; what a DSL's provider name is mapped to. */
  readonly name: string;
  readonly type: ProviderType;
  readonly apiKey: string | null;
  readonly baseUrl: string | null;
  /**
   * Facts about single models, e.g. a context window. The list never restricts: every name is passed on. Of several
   * endpoints that a DSL calls `openai_api_compatible` alike, the one that lists the app's model answers.
   */
  readonly models: readonly ModelConfig[];
  /** Provider-specific settings, e.g. `resource_name`, `api_version`, `region`, `headers`. */
  readonly options: Readonly<Record<string, unknown>>;
}

export interface ModelConfig {
  readonly name: string;
  readonly contextWindow?: number;
}

export interface CozeSettings {
  /** Whether an answer goes on when its chat is canceled, as it does in Coze (`facts/coze-wire.md` §9.9), or stops. */
  readonly cancel: 'continue' | 'interrupt';
  /** A port for the Coze API alone, 0 picks a free one; null: none. */
  readonly port: number | null;
}

/** A Dify API extension (`point`/`params` over POST with a bearer key), for moderation of type `api`. */
export interface ApiExtension {
  readonly endpoint: string;
  readonly apiKey: string;
}

export interface AppSettings {
  /** What happens to a run whose last reader's connection is lost. Default: continue. */
  readonly onDisconnect: { readonly kind: 'continue' } | { readonly kind: 'stop'; readonly afterMs: number };
  /** Runs at once; null: unlimited. */
  readonly maxConcurrency: number | null;
}

/** Limits of `facts/dify-wire.md` §14, in bytes and milliseconds. */
export interface Limits {
  readonly maxExecutionMs: number;
  readonly fileBytes: number;
  readonly imageBytes: number;
  readonly audioBytes: number;
  readonly videoBytes: number;
  /** JSON bodies. */
  readonly bodyBytes: number;
  /** Requests per minute per key; null: unlimited. */
  readonly requestsPerMinute: number | null;
  /** How long SIGTERM waits for running runs before it ends them. */
  readonly drainMs: number;
  readonly fileUrlSeconds: number;
}
