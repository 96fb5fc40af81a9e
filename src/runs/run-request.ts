import type { App } from '../apps/app.ts';
import type { QueryFrom } from '../store/accept-turn.ts';
import type { Owner } from '../store/owner.ts';
import type { ConversationRow } from '../store/schema.ts';
import type { ContextMessage } from './engine.ts';

/** What a surface asks for, already out of its wire format but not yet checked against the app. */
export interface RunRequest {
  readonly app: App;
  readonly endUser: { readonly id: string; readonly sessionId: string };
  /** Name of the surface, e.g. `dify`. */
  readonly surface: string;
  readonly query: string;
  /** What the end user said, where the app has it as an input and no query; stored as the query. */
  readonly said?: string;
  readonly inputs: Readonly<Record<string, unknown>>;
  /** File mappings of `facts/dify-wire.md` §6.1. */
  readonly files: readonly unknown[];
  /** Null begins a new conversation; ignored for completion apps. */
  readonly conversationId: string | null;
  /** The row of that conversation when nobody has spoken in it: it becomes the end user's with this turn. */
  readonly unclaimed?: ConversationRow;
  /** Runs the app as it is now, whatever version the conversation was begun with. */
  readonly newestVersion?: boolean;
  /** Of a workflow: the version that runs, by the id of that; absent or null: the newest. */
  readonly workflowId?: string | null;
  /** Lets the model find a title for a new conversation, in the background. */
  readonly autoGenerateName: boolean;
  /** Gives a completion app a conversation too; each turn of it stands alone all the same. */
  readonly inConversation?: boolean;
  /** Earlier words that come with the query: context, kept as items of the conversation. */
  readonly context?: readonly ContextRequest[];
  /** Whose uploads may be attached; by default the end user's. */
  readonly filesOf?: Owner;
  /** The caller's own pairs of the run, and of the query. */
  readonly metadata?: Readonly<Record<string, string>>;
  readonly queryMetadata?: Readonly<Record<string, string>>;
  /** Where the query stands in the conversation already; it is listed once. */
  readonly queryFrom?: QueryFrom;
  /** False: the turn is not kept, not found again, and no context of later ones. */
  readonly keep?: boolean;
  /** Refuses a conversation whose latest turn is still running. */
  readonly exclusive?: boolean;
  /** Suggests questions as part of the run, where the app has that. */
  readonly followUps?: boolean;
  /** False: the answer is not spoken, whatever the app says. */
  readonly aloud?: boolean;
  /** False: files that the app makes are not shown where the answer goes. */
  readonly showsFiles?: boolean;
  /** Address of a stored file as this client reaches it; by default files have none. */
  readonly fileUrl?: (fileId: string) => string;
  /** The caller can execute functions of the app's (`Runs.resume`); only for turns that are kept. */
  readonly callerExecutes?: boolean;
}

/** One message of `RunRequest.context`, its files not yet found. */
export interface ContextRequest extends Omit<ContextMessage, 'files'> {
  readonly files: readonly unknown[];
  readonly metadata: Readonly<Record<string, string>> | null;
}
