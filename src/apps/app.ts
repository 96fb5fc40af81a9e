import type { AppSettings } from '../config/config.ts';

/** Modes that Parley serves today; a DSL of another mode is reported on load. */
export type WorkflowMode = 'workflow' | 'advanced-chat';

export type AppMode = 'chat' | 'agent-chat' | 'completion' | WorkflowMode;

/** One app as its DSL file defines it. Frozen: a changed file yields a new App with a new `version`. */
export interface App {
  /** From the file name, stable across restarts: `examples/assistant.yml` → `assistant`. */
  readonly id: string;
  readonly mode: AppMode;
  readonly name: string;
  readonly description: string;
  readonly icon: {
    readonly type: 'emoji' | 'image' | 'link';
    readonly value: string;
    readonly background: string;
  };
  readonly useIconAsAnswerIcon: boolean;
  readonly tags: readonly string[];
  /** The DSL document as it was read. */
  readonly definition: string;
  /** SHA-256 of the definition, hex. */
  readonly version: string;
  readonly config: AppConfig;
  readonly settings: AppSettings;
}

/**
 * `model_config` of a chat, agent or completion app (`facts/dify-dsl-engine.md` §2.3), or `workflow.features` and what
 * else a workflow is made of (§2.2, §2.4), checked and with defaults filled in.
 */
export interface AppConfig {
  /**
   * The model that answers. Of a workflow, whose nodes have models of their own, the first of those: for titles, suggested
   * questions and speech; with an empty `provider` where it has none, which is the owner's default model.
   */
  readonly model: AppModel;
  /** Of a workflow, an empty one. */
  readonly prompt:
    | { readonly kind: 'simple'; readonly prePrompt: string }
    | {
        readonly kind: 'advanced-chat';
        readonly messages: readonly {
          readonly role: 'system' | 'user' | 'assistant';
          readonly text: string;
        }[];
      }
    | {
        readonly kind: 'advanced-completion';
        readonly text: string;
        readonly userPrefix: string;
        readonly assistantPrefix: string;
      };
  readonly inputForm: readonly InputField[];
  readonly fileUpload: FileUpload;
  readonly openingStatement: string;
  readonly suggestedQuestions: readonly string[];
  readonly suggestedQuestionsAfterAnswer: boolean;
  readonly speechToText: boolean;
  readonly textToSpeech: {
    readonly enabled: boolean;
    readonly voice: string;
    readonly language: string;
    readonly autoPlay: boolean;
  };
  readonly moderation: Moderation | null;
  /** Null: the app is no agent. */
  readonly agent: AgentConfig | null;
  /** Null: the app is neither a workflow nor a chatflow. */
  readonly workflow: WorkflowConfig | null;
  /** Feature objects as stored, for GET /parameters (`facts/dify-wire.md` §9.1: stored JSON passes through). */
  readonly stored: Readonly<Record<string, unknown>>;
}

export interface AppModel {
  readonly provider: string;
  readonly name: string;
  readonly mode: 'chat' | 'completion';
  /** Without `stop`. */
  readonly completionParams: Readonly<Record<string, unknown>>;
  readonly stop: readonly string[];
}

/** `workflow` of a workflow or chatflow (`facts/dify-dsl-engine.md` §2.2). */
export interface WorkflowConfig extends WorkflowNeeds {
  /** `graph` as it stands in the file. An engine has found nothing wrong with it (`WorkflowReader`). */
  readonly graph: unknown;
  /** As the file has them; what the owner sets (`AppSettings.env`) goes over their values. */
  readonly environment: readonly EnvironmentVariable[];
  /** With their first values. */
  readonly conversationVariables: readonly ConversationVariable[];
}

/** What the nodes of a workflow use of the server. */
export interface WorkflowNeeds {
  readonly models: readonly (Pick<AppModel, 'provider' | 'name' | 'mode'> & { readonly line: number })[];
  readonly tools: readonly ToolRef[];
  readonly datasets: readonly { readonly id: string; readonly line: number }[];
  /** Packages of Python that its code imports, beside the standard library. */
  readonly packages: readonly { readonly name: string; readonly line: number }[];
}

export interface EnvironmentVariable {
  readonly name: string;
  readonly type: 'string' | 'number' | 'secret';
  /** Null: the file has none. That of a secret is never taken from there. */
  readonly value: string | number | null;
  readonly description: string;
}

export interface ConversationVariable {
  readonly name: string;
  /** As the file has it: `string`, `number`, `integer`, `float`, `boolean`, `object`, `secret`, `array[string]`, … */
  readonly type: string;
  /** JSON. */
  readonly value: unknown;
  readonly description: string;
}

/** `agent_mode` of an agent app (`facts/dify-dsl-engine.md` §2.3). */
export interface AgentConfig {
  readonly strategy: 'function_call' | 'react';
  /** Rounds with tools; one more without any follows. */
  readonly maxIterations: number;
  /** Template of a ReAct agent's prompt; null: the engine's own. */
  readonly prompt: string | null;
  /** Enabled ones, in the order of the file. */
  readonly tools: readonly ToolRef[];
}

/** A tool as a DSL names it. */
export interface ToolRef {
  /** `builtin`, `api`, `mcp`, `workflow`, `client`, `plugin`, …, as it stands there. */
  readonly providerType: string;
  readonly providerId: string;
  readonly providerName: string;
  readonly tool: string;
  readonly label: string;
  /** What the author has set of its parameters. */
  readonly values: Readonly<Record<string, unknown>>;
  /** Where it stands in the file. */
  readonly line: number;
}

/** One field of `user_input_form`. `options` for selects; `default` as stored. */
export interface InputField {
  readonly type:
    | 'text-input'
    | 'paragraph'
    | 'select'
    | 'number'
    | 'checkbox'
    | 'file'
    | 'file-list'
    | 'json_object';
  readonly variable: string;
  readonly label: string;
  readonly required: boolean;
  readonly maxLength: number | null;
  readonly options: readonly string[];
  readonly default: unknown;
  /** Of `file` and `file-list`: which files it takes; `maxCount` is 1 and `maxLength`. */
  readonly files: FileUpload | null;
}

export type FileType = 'image' | 'document' | 'audio' | 'video' | 'custom';
export type TransferMethod = 'remote_url' | 'local_file';

/** Both stored forms of `file_upload` (`facts/dify-dsl-engine.md` §2.4) read into one. */
export interface FileUpload {
  readonly enabled: boolean;
  /** Empty: all. */
  readonly allowedTypes: readonly FileType[];
  /** For `custom`; lower case, without dot. */
  readonly allowedExtensions: readonly string[];
  readonly allowedMethods: readonly TransferMethod[];
  readonly maxCount: number;
  readonly imageDetail: 'low' | 'high' | 'auto';
}

/** `sensitive_word_avoidance`, enabled. */
export interface Moderation {
  readonly source:
    | { readonly kind: 'keywords'; readonly keywords: readonly string[] }
    | { readonly kind: 'openai_moderation' }
    | { readonly kind: 'api'; readonly endpoint: string; readonly apiKey: string };
  /** Null: this direction is not checked. */
  readonly input: { readonly presetResponse: string } | null;
  readonly output: { readonly presetResponse: string } | null;
}
