import type { ThoughtRow } from '../store/schema.ts';

/** One round of an agent: what the model said, what it had done, and what came of that (Dify's `agent_thought`). */
export interface Thought {
  readonly id: string;
  /** From 1, in its turn. */
  readonly position: number;
  /** What the model said in this round. */
  readonly text: string;
  /** In the order of the model; empty in a last round. */
  readonly uses: readonly ToolUse[];
  /** Files that its tools made: ids of `RunFile`s. */
  readonly files: readonly string[];
  /** Milliseconds since 1970. */
  readonly createdAt: number;
  /** The model is still at it: what it says belongs to its text. */
  readonly open?: true;
}

/** One call of a tool. */
export interface ToolUse {
  /** The model's id of the call, unlike all others of its turn. */
  readonly id: string;
  /** Of the provider of tools. */
  readonly provider: string;
  /** As the model knows the tool. */
  readonly name: string;
  /** For people, by language: `{ en_US: 'Current Time' }`. */
  readonly label: Readonly<Record<string, string>>;
  /** JSON as the model wrote it, possibly malformed. */
  readonly arguments: string;
  /** What the model's provider wants back with the call (`models/chat-model.ts`). */
  readonly providerData?: unknown;
  /** What the model is told; null while it is not known. */
  readonly output: string | null;
  /** `caller`: whoever asked the app executes it. */
  readonly executedBy: 'server' | 'caller';
}

/** Calls that the run's caller is to execute, and has not yet. */
export function pendingUses(thoughts: readonly Thought[]): readonly ToolUse[] {
  return (thoughts.at(-1)?.uses ?? []).filter(
    ({ executedBy, output }) => executedBy === 'caller' && output === null,
  );
}

/** The last thought, when its model is still at it. */
export function openThought(thoughts: readonly Thought[]): Thought | null {
  const last = thoughts.at(-1);
  return last?.open ? last : null;
}

/**
 * What is known of a turn that broke off: its open thought has what was said of it; and where all that was shown were
 * thoughts (ReAct), these are the answer.
 */
export function brokenOff(
  answer: string,
  thoughts: readonly Thought[],
): { readonly answer: string; readonly thoughts: readonly Thought[] } {
  const closed = thoughts.map(({ open: _, ...thought }) => ({ ...thought, text: thought.text.trim() }));
  const said = closed.map(({ text }) => text).filter((text) => text !== '');
  return { answer: answer === '' ? said.join('\n') : answer, thoughts: closed };
}

/** The same thoughts with the newer of two of one id. */
export function withThought(thoughts: readonly Thought[], thought: Thought): readonly Thought[] {
  const others = thoughts.filter(({ id }) => id !== thought.id);
  return [...others, thought].sort((a, b) => a.position - b.position);
}

export function thoughtRow(
  { id, position, text, uses, files, createdAt }: Thought,
  { appId, messageId }: { readonly appId: string; readonly messageId: string },
): ThoughtRow {
  return {
    id,
    app_id: appId,
    message_id: messageId,
    position,
    text,
    uses: JSON.stringify(uses),
    files: JSON.stringify(files),
    created_at: createdAt,
  };
}

export function thoughtOf(row: ThoughtRow): Thought {
  return {
    id: row.id,
    position: row.position,
    text: row.text,
    uses: JSON.parse(row.uses),
    files: JSON.parse(row.files),
    createdAt: row.created_at,
  };
}
