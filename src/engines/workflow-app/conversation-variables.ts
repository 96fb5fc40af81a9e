import type { App, ConversationVariable } from '../../apps/app.ts';
import {
  ensureConversationVariables,
  listConversationVariables,
  setConversationVariable,
} from '../../store/conversation-variables.ts';
import { newId } from '../../store/new-id.ts';
import type { Store } from '../../store/open-store.ts';
import type { ConversationRow } from '../../store/schema.ts';
import type { SegmentType } from '../workflow/values/segment-type.ts';
import type { Value } from '../workflow/values/value.ts';
import type { Variable } from '../workflow/values/variable.ts';

/**
 * The variables that a chatflow keeps from turn to turn (`facts/dify-dsl-engine.md` §3.7): made with their first values
 * at a conversation's first turn, later ones when the app has got them; written when a node sets them, in that order.
 */
export class ConversationVariables {
  readonly #store: Store;
  /** Null: nothing of the turn is kept. */
  readonly #conversationId: string | null;
  #writing: Promise<void> = Promise.resolve();
  #error: unknown = null;

  private constructor(store: Store, conversationId: string | null) {
    this.#store = store;
    this.#conversationId = conversationId;
  }

  /** Those of the app, with what they hold now. */
  static async load(
    store: Store,
    app: App,
    conversation: ConversationRow | null,
    { kept, isNew }: { readonly kept: boolean; readonly isNew: boolean },
  ): Promise<{
    readonly values: readonly (readonly [name: string, Variable])[];
    readonly variables: ConversationVariables;
  }> {
    const declared = app.config.workflow?.conversationVariables ?? [];
    const id = conversation?.id ?? null;
    const variables = new ConversationVariables(store, kept ? id : null);
    if (declared.length === 0) return { values: [], variables };
    const rows = id === null || isNew ? [] : await listConversationVariables(store, id);
    const stored = new Map(rows.map((row) => [row.name, row]));
    const missing = declared.filter(({ name }) => !stored.has(name));
    if (kept && id !== null && missing.length > 0) {
      const now = Date.now();
      await ensureConversationVariables(
        store,
        missing.map(({ name, type, value, description }) => ({
          id: newId(),
          app_id: app.id,
          conversation_id: id,
          name,
          value_type: type,
          value: JSON.stringify(value ?? null),
          description,
          created_at: now,
          updated_at: now,
        })),
      );
    }
    const values = declared.map((variable) => {
      const row = stored.get(variable.name);
      return [variable.name, asVariable(variable, row ? JSON.parse(row.value) : variable.value)] as const;
    });
    return { values, variables };
  }

  /** Returns at once; the end of the run waits for it. */
  set(name: string, { value }: Variable): void {
    const conversationId = this.#conversationId;
    if (conversationId === null) return;
    const json = JSON.stringify(value);
    this.#writing = this.#writing
      .then(() =>
        setConversationVariable(this.#store, { conversationId, name, value: json, now: Date.now() }),
      )
      .catch((error) => {
        this.#error ??= error;
      });
  }

  /** All that was set is stored. @throws what the store has thrown */
  async settled(): Promise<void> {
    await this.#writing;
    if (this.#error !== null) throw this.#error;
  }
}

/** An empty list keeps the type that it is declared with; other values tell theirs. */
function asVariable({ type }: ConversationVariable, value: unknown): Variable {
  if (type === 'secret' || (type.startsWith('array[') && Array.isArray(value) && value.length === 0))
    return { value: value as Value, type: type as SegmentType };
  return { value: value as Value };
}
