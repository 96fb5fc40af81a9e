import type { OutboundRule } from '../config/outbound-rule.ts';
import type { ModelUsage } from './model-usage.ts';
import type { ToolIcon } from './tool-icon.ts';
import type { ToolPart } from './tool-part.ts';

/** JSON Schema of an object: `properties`, `required`, and whatever else the source of the tool says. */
export type ParameterSchema = Readonly<Record<string, unknown>>;

/** Something that a model, or a workflow, may have done. Called through `invokeTool`, which checks and bounds it. */
export interface Tool {
  /** Of its provider, as `parley.yml` or Dify name it, e.g. `time`, `weather`. */
  readonly provider: string;
  /** As the DSL's `tool_name` has it, e.g. `current_time`, an operationId, the name of an MCP tool. */
  readonly name: string;
  /** For people, by language as Dify writes it: `{ en_US: 'Current Time' }`. */
  readonly label: Readonly<Record<string, string>>;
  /** For models. */
  readonly description: string;
  /** All parameters, the author's included; defaults stand in the schemas as `default`. */
  readonly parameters: ParameterSchema;
  /**
   * Parameters that the app's author sets (Dify's `form: form`, `facts/dify-dsl-engine.md` §9): they are not shown to a
   * model, which could not set them either.
   */
  readonly authored: readonly string[];
  readonly icon: ToolIcon;
  /** How long one call may take; null: the default of `invokeTool`. */
  readonly timeoutMs: number | null;
  /** `caller`: whoever asked the app executes it and brings the result; `invoke` is never called then. */
  readonly executedBy: 'server' | 'caller';
  /** What its owner has not set and no call can do without, in words for them. */
  readonly lack?: string;
  /**
   * Arguments have been cast and checked against `parameters`. Must settle promptly once `context.signal` aborts, having
   * ended whatever goes on elsewhere.
   *
   * @throws ToolError with what the model, or the author, can act on; OutboundError, SandboxError, and whatever `signal`
   * aborted with, pass through
   */
  invoke(args: Readonly<Record<string, unknown>>, context: ToolContext): Promise<readonly ToolPart[]>;
}

/** For whom a tool works, and what bounds it. */
export interface ToolContext {
  readonly appId: string;
  readonly endUserId: string;
  /** The end user's own name on the wire. */
  readonly user: string;
  readonly conversationId: string | null;
  /** Exceptions from the guard of outbound requests: the server's and the app's. */
  readonly allow: readonly OutboundRule[];
  /** Lets the app's own model shorten a text, for tools with such an option; null: no model is at hand. */
  readonly summarize: ((text: string, options: { readonly signal: AbortSignal }) => Promise<string>) | null;
  /** Apps that have called one another to come here, the outermost first; bounds apps as tools of apps. */
  readonly callers: readonly string[];
  /** How many apps have been called as tools, in the whole of the outermost run; counted there. */
  readonly appCalls: { count: number };
  /** Hears what a call has used of models. */
  onUsage(usage: ModelUsage): void;
  readonly signal: AbortSignal;
}
