import type { App } from '../apps/app.ts';

/** What a surface asks for, already out of its wire format but not yet checked against the app. */
export interface RunRequest {
  readonly app: App;
  readonly endUser: { readonly id: string; readonly sessionId: string };
  /** Name of the surface, e.g. `dify`. */
  readonly surface: string;
  readonly query: string;
  readonly inputs: Readonly<Record<string, unknown>>;
  /** File mappings of `facts/dify-wire.md` §6.1. */
  readonly files: readonly unknown[];
  /** Null begins a new conversation; ignored for completion apps. */
  readonly conversationId: string | null;
  /** Lets the model find a title for a new conversation, in the background. */
  readonly autoGenerateName: boolean;
}
