import type { ChatMessage } from '../../models/chat-model.ts';
import { countMessages } from '../../models/count-tokens.ts';
import type { EngineTask } from '../../runs/engine.ts';
import { listMessageFiles } from '../../store/files.ts';
import { listMessages } from '../../store/messages.ts';
import type { MessageFileRow, MessageRow } from '../../store/schema.ts';
import type { EngineParts } from '../engine-parts.ts';
import { storedFileParts } from './file-parts.ts';
import { withoutThinking } from './thinking.ts';

/** Turns remembered at most (`facts/dify-dsl-engine.md` §8.2), and read from the store at once. */
const MAX_TURNS = 500;
const PAGE = 50;

/**
 * Earlier turns of the conversation as messages, oldest first: as many of the newest as fit into `maxTokens`.
 * Turns without an answer, or with thoughts alone, are left out (`facts/dify-dsl-engine.md` §8.2).
 */
export async function recall(
  parts: EngineParts,
  task: EngineTask,
  maxTokens: number,
): Promise<ChatMessage[]> {
  if (!task.conversation || task.isNewConversation) return [];
  const remembered: ChatMessage[] = [];
  let tokens = 0;
  let before: MessageRow | undefined;
  for (let turns = 0; turns < MAX_TURNS; turns += PAGE) {
    const { rows, hasMore } = await listMessages(parts.store, task.owner, task.conversation.id, {
      ...(before ? { before } : {}),
      limit: PAGE,
    });
    const answered = rows.filter((row) => row.id !== task.messageId && withoutThinking(row.answer) !== '');
    const files = await filesOf(parts, task, answered);
    for (const row of answered) {
      const turn = asMessages(parts, task, row, files.get(row.id) ?? []);
      tokens += countMessages(turn);
      if (tokens > maxTokens) return remembered;
      remembered.unshift(...turn);
    }
    before = rows.at(-1);
    if (!hasMore || !before) break;
  }
  return remembered;
}

async function filesOf(
  { store }: EngineParts,
  { app }: EngineTask,
  rows: readonly MessageRow[],
): Promise<Map<string, MessageFileRow[]>> {
  if (!app.config.fileUpload.enabled) return new Map();
  const files = await listMessageFiles(
    store,
    app.id,
    rows.map((row) => row.id),
  );
  return Map.groupBy(files, (file) => file.message_id);
}

function asMessages(
  { files: storage }: EngineParts,
  { app }: EngineTask,
  row: MessageRow,
  files: readonly MessageFileRow[],
): ChatMessage[] {
  const parts = storedFileParts(storage, app.config.fileUpload.imageDetail, files);
  return [
    {
      role: 'user',
      content: parts.length > 0 ? [...parts, { kind: 'text', text: row.query }] : row.query,
    },
    { role: 'assistant', content: withoutThinking(row.answer) },
  ];
}
