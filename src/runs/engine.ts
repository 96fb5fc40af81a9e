import type { App } from '../apps/app.ts';
import type { QueryFrom } from '../store/accept-turn.ts';
import type { Owner } from '../store/owner.ts';
import type { ConversationRow } from '../store/schema.ts';
import type { RunEvent, RunUsage } from './run-event.ts';
import type { RunFile } from './run-file.ts';

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
export type EngineEvent = Extract<RunEvent, { kind: 'text' | 'text_replaced' | 'audio' }>;

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
  readonly query: string;
  readonly inputs: Readonly<Record<string, unknown>>;
  readonly files: readonly RunFile[];
  /** Comes before the query, after what is remembered. */
  readonly context: readonly ContextMessage[];
  /** Where the query stands in the conversation too: not to be told twice. */
  readonly queryFrom: QueryFrom | null;
  /** False: the answer is not spoken, whatever the app says. */
  readonly aloud: boolean;
  readonly signal: AbortSignal;
  emit(event: EngineEvent): void;
  /** Tells what has been used so far; the last word counts, also after a stop. */
  setUsage(usage: RunUsage | (() => Promise<RunUsage>)): void;
}
