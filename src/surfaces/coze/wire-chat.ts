import type { Run } from '../../runs/run.ts';
import type { RunOutcome } from '../../runs/run-event.ts';
import { pendingUses, type ToolUse } from '../../runs/thought.ts';
import type { ConversationRow } from '../../store/schema.ts';
import type { TurnRow } from '../../store/turns.ts';
import { unixSeconds } from '../unix-seconds.ts';
import { lastError } from './coze-error.ts';
import { decimalId, messageId, namedId } from './ids.ts';

/** `facts/coze-wire.md` §9.6. */
export type ChatStatus = 'created' | 'in_progress' | 'completed' | 'failed' | 'requires_action' | 'canceled';

/** Ids that every event of a chat carries. */
export interface ChatIds {
  readonly chat: string;
  readonly conversation: string;
  readonly bot: string;
  readonly section: string;
  /** Id of the chat's message at one of `POSITIONS`. */
  message(position: number): string;
}

export function chatIdsOfRun({ facts }: Run): ChatIds {
  const row = { id: facts.messageId, created_at: facts.createdAt };
  return chatIds(row, facts.conversationId ?? '', facts.section, facts.app.id);
}

export function chatIdsOfTurn(turn: TurnRow): ChatIds {
  return chatIds(turn, turn.conversation_id ?? '', turn.section, turn.app_id);
}

function chatIds(
  row: { readonly id: string; readonly created_at: number },
  conversationId: string,
  section: string | null,
  appId: string,
): ChatIds {
  return {
    chat: messageId(row, 0),
    conversation: decimalId(conversationId),
    bot: namedId('bot', appId),
    section: decimalId(section ?? conversationId),
    message: (position) => messageId(row, position),
  };
}

/** Id of the section that a conversation is in: its own until it was cleared (`facts/coze-wire.md` §9.1). */
export function sectionId({ id, section }: Pick<ConversationRow, 'id' | 'section'>): string {
  return decimalId(section ?? id);
}

/** ChatV3ChatDetail (seed 002, `facts/coze-wire.md` §9.1); what is not known yet is null or zero. */
export interface WireChat {
  readonly id: string;
  readonly conversation_id: string;
  readonly bot_id: string;
  readonly status: ChatStatus;
  readonly created_at: number;
  readonly completed_at: number | null;
  readonly failed_at: number | null;
  readonly meta_data: Readonly<Record<string, string>>;
  readonly last_error: { readonly code: number; readonly msg: string };
  readonly section_id: string;
  readonly required_action: {
    readonly type: string;
    readonly submit_tool_outputs: { readonly tool_calls: readonly WireToolCall[] };
  };
  readonly usage: {
    readonly token_count: number;
    readonly output_count: number;
    readonly input_count: number;
  };
}

/** A call that the chat waits for. */
export interface WireToolCall {
  readonly id: string;
  readonly type: 'function';
  readonly function: { readonly name: string; readonly arguments: string };
}

interface ChatState {
  readonly status: ChatStatus;
  readonly createdAt: number;
  /** When it came to its final state. */
  readonly endedAt: number | null;
  readonly metadata: Readonly<Record<string, string>> | null;
  readonly error: { readonly code: string | null; readonly message: string } | null;
  readonly promptTokens: number;
  readonly answerTokens: number;
  /** Calls that it waits for, when it requires action. */
  readonly pending?: readonly ToolUse[];
}

function wireChat(ids: ChatIds, state: ChatState): WireChat {
  const { status, endedAt, promptTokens, answerTokens, pending = [] } = state;
  const ended = endedAt === null ? null : unixSeconds(endedAt);
  return {
    id: ids.chat,
    conversation_id: ids.conversation,
    bot_id: ids.bot,
    status,
    created_at: unixSeconds(state.createdAt),
    completed_at: status === 'failed' ? null : ended,
    failed_at: status === 'failed' ? ended : null,
    meta_data: state.metadata ?? {},
    last_error:
      status === 'failed' && state.error
        ? lastError(state.error.code, state.error.message)
        : { code: 0, msg: '' },
    section_id: ids.section,
    required_action: {
      type: status === 'requires_action' ? 'submit_tool_outputs' : '',
      submit_tool_outputs: { tool_calls: pending.map(wireToolCall) },
    },
    usage: {
      token_count: promptTokens + answerTokens,
      output_count: answerTokens,
      input_count: promptTokens,
    },
  };
}

function wireToolCall({ id, name, arguments: written }: ToolUse): WireToolCall {
  return { id, type: 'function', function: { name, arguments: written === '' ? '{}' : written } };
}

/** A chat that is going on, as its stream begins. */
export function runningChat({ facts }: Run, ids: ChatIds, status: 'created' | 'in_progress'): WireChat {
  return wireChat(ids, {
    status,
    createdAt: facts.createdAt,
    endedAt: null,
    metadata: facts.metadata,
    error: null,
    promptTokens: 0,
    answerTokens: 0,
  });
}

/** A chat that has ended, as its stream ends. */
export function endedChat({ facts }: Run, ids: ChatIds, outcome: RunOutcome): WireChat {
  const { usage, error, stoppedBy } = outcome;
  const status = statusOf(outcome.status, stoppedBy, outcome.canceledAt !== null);
  return wireChat(ids, {
    status,
    createdAt: facts.createdAt,
    endedAt: outcome.canceledAt ?? (status === 'requires_action' ? null : outcome.endedAt),
    metadata: facts.metadata,
    error: error ? { code: error.code, message: error.message } : stopError(stoppedBy),
    promptTokens: usage.promptTokens,
    answerTokens: usage.completionTokens,
    pending: status === 'requires_action' ? pendingUses(outcome.thoughts) : [],
  });
}

/** A stored chat. `pending` are the calls that it waits for, when its run is paused. */
export function storedChat(turn: TurnRow, pending: readonly ToolUse[] = []): WireChat {
  const status = statusOf(turn.run_status, turn.stopped_by, turn.canceled_at !== null);
  return wireChat(chatIdsOfTurn(turn), {
    status,
    createdAt: turn.created_at,
    endedAt: turn.canceled_at ?? turn.finished_at,
    metadata: turn.run_metadata === null ? null : JSON.parse(turn.run_metadata),
    error:
      turn.run_error === null
        ? stopError(turn.stopped_by)
        : { code: turn.error_code, message: turn.run_error },
    promptTokens: turn.prompt_tokens,
    answerTokens: turn.answer_tokens,
    pending,
  });
}

/** A running chat that is not kept, when it was given up. */
export function givenUpChat({ facts }: Run, ids: ChatIds, canceledAt: number): WireChat {
  return wireChat(ids, {
    status: 'canceled',
    createdAt: facts.createdAt,
    endedAt: canceledAt,
    metadata: facts.metadata,
    error: null,
    promptTokens: 0,
    answerTokens: 0,
  });
}

/**
 * A canceled chat stays canceled, however its run ends (seed 002). One that was stopped by other means (the Dify surface,
 * the owner's rule for lost connections) is complete with what had been said, and context as that.
 */
function statusOf(run: TurnRow['run_status'], stoppedBy: string | null, canceled: boolean): ChatStatus {
  if (canceled) return 'canceled';
  switch (run) {
    case 'running':
      return 'in_progress';
    case 'paused':
      return 'requires_action';
    case 'succeeded':
      return 'completed';
    case 'failed':
      return 'failed';
    case 'stopped':
      return stoppedBy === 'user' || stoppedBy === 'disconnect' ? 'completed' : 'failed';
  }
}

/** Why the server ended a run by itself. */
function stopError(stoppedBy: string | null): ChatState['error'] {
  switch (stoppedBy) {
    case 'timeout':
      return { code: 'internal_server_error', message: 'The chat took longer than this server allows.' };
    case 'shutdown':
      return { code: 'internal_server_error', message: 'The server was shut down while it was answering.' };
    default:
      return null;
  }
}
