import { reasoningOf, withoutReasoning } from '../../runs/reasoning.ts';
import type { RunFile } from '../../runs/run-file.ts';
import { POSITIONS } from '../../store/positions.ts';
import type { ConversationItemRow, ConversationRow } from '../../store/schema.ts';
import type { TurnRow } from '../../store/turns.ts';
import { unixSeconds } from '../unix-seconds.ts';
import { writeContent } from './content.ts';
import { decimalId, messageId, namedId } from './ids.ts';
import { type ChatIds, chatIdsOfTurn } from './wire-chat.ts';

/** `facts/coze-wire.md` §9.2. */
export interface WireMessage {
  readonly id: string;
  readonly conversation_id: string;
  /** Empty for messages that no chat produced. */
  readonly bot_id: string;
  readonly chat_id: string;
  readonly section_id: string;
  readonly role: 'user' | 'assistant';
  readonly type: 'question' | 'answer' | 'function_call' | 'tool_response' | 'verbose' | 'follow_up' | '';
  readonly content: string;
  readonly content_type: 'text' | 'object_string';
  readonly created_at: number;
  readonly updated_at: number;
  readonly meta_data: Readonly<Record<string, string>>;
  readonly reasoning_content?: string;
}

/** Marks the end of all answers (`facts/coze-wire.md` §9.3); `finish_reason` 1: it was interrupted. */
export function verboseContent(interrupted: boolean): string {
  return JSON.stringify({
    msg_type: 'generate_answer_finish',
    data: JSON.stringify({ finish_reason: interrupted ? 1 : 0, FinData: '' }),
    from_module: null,
    from_unit: null,
  });
}

/** A message that a chat says while it goes on; `at` in milliseconds. */
export function saidMessage(
  ids: ChatIds,
  position: number,
  message: Pick<WireMessage, 'type' | 'content'> & { readonly reasoning_content?: string },
  at: number,
): WireMessage {
  return {
    id: ids.message(position),
    conversation_id: ids.conversation,
    bot_id: ids.bot,
    chat_id: ids.chat,
    section_id: ids.section,
    role: 'assistant',
    content_type: 'text',
    created_at: unixSeconds(at),
    updated_at: unixSeconds(at),
    meta_data: {},
    ...message,
  };
}

/** An answer, its reasoning apart from it. */
export function answerContent(answer: string): {
  readonly content: string;
  readonly reasoning_content?: string;
} {
  const reasoning = reasoningOf(answer);
  const content = withoutReasoning(answer);
  return reasoning === '' ? { content } : { content, reasoning_content: reasoning };
}

/** What was asked in a turn. */
export function questionOf(turn: TurnRow, files: readonly RunFile[]): WireMessage {
  return {
    ...half(turn, POSITIONS.query, turn.query_metadata, turn.created_at),
    role: 'user',
    type: 'question',
    ...writeContent(turn.query, files),
  };
}

/** What was answered in a turn. */
export function answerOf(turn: TurnRow): WireMessage {
  return {
    ...half(turn, POSITIONS.answer, turn.answer_metadata, turn.finished_at ?? turn.updated_at),
    role: 'assistant',
    type: 'answer',
    content_type: 'text',
    ...answerContent(turn.answer),
  };
}

/** The end of a turn's answers. */
export function verboseOf(turn: TurnRow): WireMessage {
  return {
    ...half(turn, POSITIONS.finish, null, turn.finished_at ?? turn.updated_at),
    role: 'assistant',
    type: 'verbose',
    content_type: 'text',
    content: verboseContent(turn.run_status === 'stopped'),
  };
}

/** A message that is no half of a turn. */
export function itemMessage(item: ConversationItemRow, conversation: ConversationRow): WireMessage {
  const { message_id: turn, created_at } = item;
  const inChat = item.type !== '' && turn !== null;
  return {
    id: messageId({ id: inChat ? turn : item.id, created_at }, item.position),
    conversation_id: decimalId(conversation.id),
    bot_id: inChat ? namedId('bot', conversation.app_id) : '',
    chat_id: inChat ? messageId({ id: turn, created_at }, 0) : '',
    section_id: decimalId(item.section ?? conversation.id),
    role: item.role,
    type: item.type,
    ...writeContent(item.text, item.files === null ? [] : JSON.parse(item.files)),
    created_at: unixSeconds(created_at),
    updated_at: unixSeconds(item.updated_at),
    meta_data: item.metadata === null ? {} : JSON.parse(item.metadata),
  };
}

function half(turn: TurnRow, position: number, metadata: string | null, at: number) {
  const ids = chatIdsOfTurn(turn);
  return {
    id: ids.message(position),
    conversation_id: ids.conversation,
    bot_id: ids.bot,
    chat_id: ids.chat,
    section_id: ids.section,
    created_at: unixSeconds(at),
    updated_at: unixSeconds(turn.updated_at),
    meta_data: metadata === null ? {} : JSON.parse(metadata),
  };
}
