import type { OutboundRule } from './outbound-rule.ts';

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
  /** In the order of `tools:`. */
  readonly tools: readonly ToolConfig[];
  /** Absolute path of the folder with OpenAPI documents; it need not be there. */
  readonly toolsDir: string;
  /** `PARLEY_TOOL_…` of the environment, by the rest of the name: credentials of the tools of that folder. */
  readonly toolSecrets: Readonly<Record<string, string>>;
  /**
   * A variable of the environment that a reference outside of `parley.yml` names (the credentials of a tool that was
   * added); undefined: it is not set. A function, so that the whole environment stands in no copy of the configuration.
   */
  readonly variable: (name: string) => string | undefined;
  /** Exceptions from the guard of requests that apps cause, for all apps. */
  readonly outboundAllow: readonly OutboundRule[];
  readonly sandbox: SandboxConfig;
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
  /** What happens to an app with tools that the server lacks: its runs are refused (the default), or go on without. */
  readonly missingTools: 'refuse' | 'ignore';
  /** Exceptions from the guard of outbound requests that hold for this app, beside the server's. */
  readonly outboundAllow: readonly OutboundRule[];
  /** Environment variables of a workflow, secrets among them, over those of its file. */
  readonly env: Readonly<Record<string, string | number>>;
}

/** One entry of `tools:`: a provider of tools, found by `name` from the DSL. What the owner wrote here is trusted. */
export type ToolConfig = {
  readonly name: string;
  /** Of one call of one of its tools; null: the default. */
  readonly timeoutMs: number | null;
} & (
  | {
      readonly kind: 'openapi';
      /** The address of a document, or the absolute path of a file. */
      readonly document: string;
      /** Sent with every request. */
      readonly headers: Readonly<Record<string, string>>;
      readonly query: Readonly<Record<string, string>>;
      /** Goes over the document's servers; null: the first of them. */
      readonly baseUrl: string | null;
    }
  | { readonly kind: 'mcp'; readonly server: McpServerConfig }
  | { readonly kind: 'client'; readonly functions: readonly ClientFunction[] }
  /** Settings of a built-in provider. */
  | { readonly kind: 'builtin'; readonly apiKey: string | null; readonly baseUrl: string | null }
);

/** Only `parley.yml` may name a command (`facts/peers.md` §4.3 D4). */
export type McpServerConfig =
  | { readonly kind: 'http'; readonly url: string; readonly headers: Readonly<Record<string, string>> }
  | {
      readonly kind: 'stdio';
      readonly command: string;
      readonly args: readonly string[];
      /** All of its environment, beside the few variables that a process cannot do without. */
      readonly env: Readonly<Record<string, string>>;
    };

/** A function that the caller of an app executes, on surfaces that can ask for it. */
export interface ClientFunction {
  readonly name: string;
  readonly description: string;
  /** JSON Schema of its arguments, an object. */
  readonly parameters: Readonly<Record<string, unknown>>;
}

/** What the owner says of the sandboxes; null or absent: the default. Sizes in bytes, times in milliseconds. */
export interface SandboxConfig {
  readonly javascript: { readonly timeoutMs: number | null; readonly memoryBytes: number | null };
  readonly python: {
    readonly timeoutMs: number | null;
    readonly memoryBytes: number | null;
    /** Folder (absolute path) or address of Pyodide's packages; null: the standard library only. */
    readonly packages: string | null;
  };
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
  /** Nodes that one run of a workflow may start, those inside containers included. */
  readonly workflowSteps: number;
}
