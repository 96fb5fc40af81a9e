import type { App } from '../apps/app.ts';
import type { QueryFrom } from '../store/accept-turn.ts';
import type { Owner } from '../store/owner.ts';
import type { ConversationRow } from '../store/schema.ts';
import type { RunEvent, RunUsage } from './run-event.ts';
import type { RunFile } from './run-file.ts';
import type { Thought } from './thought.ts';
import type { WorkflowOutcome } from './workflow-event.ts';

/** Executes the runs of one app mode. It knows no protocol: it emits events and answers usage. */
export interface Engine {
  /** Refuses, before anything is accepted, what could never run. @throws ParleyError */
  check(app: App): void;
  /**
   * Executes one run. Must settle promptly once `task.signal` aborts; what it throws then is of no interest.
   * @throws ParleyError when the run fails; any other error is a defect and reaches clients as an internal error.
   */
  execute(task: EngineTask): Promise<void>;
}

/** What an engine tells; the rest of the events is the hall's own. */
export type EngineEvent = Extract<
  RunEvent,
  { kind: 'text' | 'text_replaced' | 'aside' | 'thought' | 'file' | 'audio' | 'workflow_started' | 'node' }
>;

/** Earlier words that came with a request. */
export interface ContextMessage {
  readonly role: 'user' | 'assistant';
  readonly text: string;
  readonly files: readonly RunFile[];
}

/** One run, as its engine sees it. */
export interface EngineTask {
  readonly app: App;
  readonly owner: Owner;
  /** The end user's own name on the wire. */
  readonly user: string;
  /** Null for completion apps. */
  readonly conversation: ConversationRow | null;
  /** True on the first turn of a conversation, which has no history. */
  readonly isNewConversation: boolean;
  readonly messageId: string;
  /** Milliseconds since 1970: where the turn stands in its conversation. */
  readonly createdAt: number;
  readonly query: string;
  readonly inputs: Readonly<Record<string, unknown>>;
  readonly files: readonly RunFile[];
  /** Files that came as inputs, by the variables of the app's form. */
  readonly inputFiles: Readonly<Record<string, readonly RunFile[]>>;
  /** Of a workflow's run, its id in the store and on the wire, which is not the task's. */
  readonly workflowRunId: string | null;
  /** Comes before the query, after what is remembered. */
  readonly context: readonly ContextMessage[];
  /** Where the query stands in the conversation too: not to be told twice. */
  readonly queryFrom: QueryFrom | null;
  /** False: the answer is not spoken, whatever the app says. */
  readonly aloud: boolean;
  /** False: nothing of the turn is stored, and its engine stores nothing either. */
  readonly kept: boolean;
  /** Ids of the apps that called this one as a tool, the outermost first. */
  readonly callers: readonly string[];
  /** How many apps have been called as tools, in the whole of the outermost run; counted there. */
  readonly appCalls: { count: number };
  /** Whether the end user gets files where the answer goes. */
  readonly showsFiles: boolean;
  /** Whether the caller can execute functions: the engine may offer such tools, and then `pause`. */
  readonly callerExecutes: boolean;
  /** Of a run that goes on after a pause: its thoughts, with what the caller brought as outputs, and what it has used. */
  readonly resumed: { readonly thoughts: readonly Thought[]; readonly usage: RunUsage } | null;
  readonly signal: AbortSignal;
  emit(event: EngineEvent): void;
  /** Says, as the last word before `execute` resolves, that the run waits for its caller to execute what it thought of. */
  pause(): void;
  /** Tells what has been used so far; the last word counts, also after a stop. */
  setUsage(usage: RunUsage | (() => Promise<RunUsage>)): void;
  /** Tells how a workflow's run stands; asked once, at the end, also after a stop. */
  setWorkflow(read: () => WorkflowOutcome): void;
  /** Address under which clients of this run reach a stored file. */
  fileUrl(fileId: string): string;
}
