import type { OutboundRule } from '../../config/outbound-rule.ts';
import type { ChatMessage, ContentPart } from '../../models/chat-model.ts';
import type { Models } from '../../models/models.ts';
import type { Outbound } from '../../outbound/outbound.ts';
import type { Sandbox } from '../../sandbox/sandbox.ts';
import type { ModelUsage } from '../../tools/model-usage.ts';
import type { ToolContext } from '../../tools/tool.ts';
import type { Tools } from '../../tools/tools.ts';
import type { FileValue } from './values/file-value.ts';
import type { ValueRecord } from './values/value.ts';

/** The world as nodes know it. Whoever starts a run supplies it; a kind that needs more of the world adds it here. */
export interface WorkflowServices {
  /** Runs the code of code nodes. */
  readonly sandbox: Sandbox;
  /** Whose code it is: an app's id. */
  readonly tenant: string;
  /** The way to the network for HTTP nodes, and the exceptions of the guard that hold for this app. */
  readonly outbound: Outbound;
  readonly allow: readonly OutboundRule[];
  readonly files: WorkflowFiles;
  /** Models, by the names that a DSL uses. */
  readonly models: Models;
  /** Hears what nodes have used of models, call by call, that of tools included. */
  onModelUsage(usage: ModelUsage): void;
  /** What was said before; null: the run is in no conversation. */
  readonly history: WorkflowHistory | null;
  /** Tools, by the names that a DSL uses. */
  readonly tools: Tools;
  /** The app's owner lets agents go without tools that the server lacks. */
  readonly toolsAreOptional: boolean;
  /** For whom tools work here. `onUsage` hears of a call besides `onModelUsage`. */
  toolContext(options: { readonly signal: AbortSignal; onUsage?(usage: ModelUsage): void }): ToolContext;
  readonly knowledge: WorkflowKnowledge;
  /** Hears of defects that a run survives, for the log. */
  onError(error: unknown): void;
  readonly clock: Clock;
  /** A new UUID. */
  newId(): string;
}

/** The turns of the conversation before this one, without the node's own prompt. */
export interface WorkflowHistory {
  /**
   * The newest that fit, oldest first: user and assistant by turns.
   *
   * @param turns at most so many; null: as many as there is room for
   */
  within(limits: { readonly turns: number | null; readonly maxTokens: number }): Promise<ChatMessage[]>;
}

/** Datasets, by the ids that a DSL uses. */
export interface WorkflowKnowledge {
  /**
   * The best passages, best first, as `result` of a knowledge-retrieval node has them (`facts/dify-dsl-engine.md` §4.5).
   *
   * @throws Error naming the dataset that is not there
   */
  retrieve(query: KnowledgeQuery, options: { readonly signal: AbortSignal }): Promise<readonly ValueRecord[]>;
}

export interface KnowledgeQuery {
  readonly datasetIds: readonly string[];
  readonly query: string;
  readonly attachments: readonly FileValue[];
  readonly mode: 'single' | 'multiple';
  /** `single_retrieval_config`, `multiple_retrieval_config` and `metadata_*` of the node, as they stand in the file. */
  readonly settings: ValueRecord;
}

export interface WorkflowFiles {
  /** For a model: its bytes are read when the request is written. @throws NodeError for what no model can be given */
  contentOf(file: FileValue, options: { readonly detail: 'low' | 'high' | 'auto' }): ContentPart;
  /** @throws when there is no such file, or it is larger than `maxBytes` */
  read(file: FileValue, options: { maxBytes: number; signal: AbortSignal }): Promise<Uint8Array>;
  /** Keeps a file that a node has made or fetched. */
  save(
    file: { readonly bytes: Uint8Array; readonly filename: string; readonly mimeType: string },
    options: { signal: AbortSignal },
  ): Promise<FileValue>;
}

export interface Clock {
  /** Milliseconds since 1970, with fractions. */
  now(): number;
  /** Resolves later, rejects with `signal.reason` on abort. */
  sleep(ms: number, options: { signal: AbortSignal }): Promise<void>;
}
