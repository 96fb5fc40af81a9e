import { newId } from '../store/new-id.ts';
import { POSITIONS } from '../store/positions.ts';
import type { ConversationItemRow } from '../store/schema.ts';
import type { ContextMessage } from './engine.ts';
import type { RunFacts } from './run.ts';

/** What came with a query, as items of its conversation. */
export function contextItems(
  facts: RunFacts,
  context: readonly (ContextMessage & { readonly metadata: Readonly<Record<string, string>> | null })[],
): ConversationItemRow[] {
  return context.map(({ role, text, files, metadata }, index) => ({
    ...item(facts, 1 + index),
    role,
    type: role === 'user' ? 'question' : 'answer',
    text,
    files: files.length > 0 ? JSON.stringify(files) : null,
    metadata: metadata && JSON.stringify(metadata),
  }));
}

/** Questions that were suggested after an answer. */
export function followUpItems(facts: RunFacts, questions: readonly string[]): ConversationItemRow[] {
  return questions.map((text, index) => ({
    ...item(facts, POSITIONS.followUp + index),
    role: 'assistant',
    type: 'follow_up',
    text: text.replaceAll('\0', ''),
    files: null,
    metadata: null,
  }));
}

function item({ conversationId, messageId, section, createdAt }: RunFacts, position: number) {
  return {
    id: newId(),
    conversation_id: conversationId ?? '',
    message_id: messageId,
    position,
    section,
    created_at: createdAt,
    updated_at: Date.now(),
  };
}
