import * as z from 'zod';
import type { App, FileUpload } from '../../apps/app.ts';
import type { RunFile } from '../../runs/run-file.ts';
import type { ContextRequest, RunRequest } from '../../runs/run-request.ts';
import { findNewestItem } from '../../store/conversation-items.ts';
import { findFileByShortId } from '../../store/files.ts';
import type { ConversationRow } from '../../store/schema.ts';
import { findNewestTurn, type TurnRow } from '../../store/turns.ts';
import { checkMetaData } from './check-meta-data.ts';
import { type Content, type FilePart, MAX_PARTS, readContent } from './content.ts';
import { CozeError, parameterError } from './coze-error.ts';
import { questionFiles } from './find-message.ts';
import { shortIdOf } from './ids.ts';
import type { CozeContext } from './route.ts';
import { list, metaData, optionalText, text } from './schema.ts';

/** `facts/coze-wire.md` §9.5. */
export const MAX_MESSAGES = 100;

const TYPES = ['question', 'answer', 'function_call', 'tool_output', 'tool_response'] as const;

/** Characters of one message: more than any model reads, and little enough to list fifty of them. */
export const MAX_TEXT = 2_000_000;

/** One of `additional_messages`. */
export const chatMessage = z.object({
  role: z.enum(['user', 'assistant']),
  content: z.union([
    text(MAX_TEXT),
    list(z.unknown(), { max: MAX_PARTS }).transform((parts) => JSON.stringify(parts)),
  ]),
  content_type: optionalText(z.enum(['text', 'object_string'])),
  type: optionalText(z.enum(TYPES)),
  meta_data: metaData,
});

export type ChatMessage = z.output<typeof chatMessage>;

/** What a chat asks, and what comes with it. */
export type AskedTurn = Required<Pick<RunRequest, 'query' | 'files' | 'context'>> &
  Pick<RunRequest, 'queryMetadata' | 'queryFrom'>;

/** What one message says. */
export interface Said extends Content {
  readonly role: 'user' | 'assistant';
  readonly metadata: Readonly<Record<string, string>> | null;
}

/**
 * Reads `additional_messages` by the rules of `facts/coze-wire.md` §9.5: the last is the query, the rest is context;
 * without any, the conversation's last message is the query.
 *
 * @throws CozeError 4000 | 4003 | 4004
 */
export async function readMessages(
  context: CozeContext,
  app: App,
  messages: readonly ChatMessage[],
  { conversation, keep }: { readonly conversation: ConversationRow | null; readonly keep: boolean },
): Promise<AskedTurn> {
  if (messages.length > MAX_MESSAGES)
    throw new CozeError(4004, `There are more than ${MAX_MESSAGES} additional_messages.`);
  if (messages.length === 0) return lastOfConversation(context, conversation);
  const said = messages.map((message) => readMessage(message, keep));
  if (said.some(({ parts }) => parts.length > 0) && !app.config.fileUpload.enabled)
    throw parameterError('this bot takes no files.');
  for (const { parts } of said) refuseTooMany(parts, app.config.fileUpload);
  refuseLoneFiles(said);
  const query = said.pop() as Said;
  if (query.role !== 'user') throw parameterError("the last of additional_messages must be the user's.");
  const before = said.at(-1);
  // Files whose words stand right before them are asked about together.
  const words =
    query.text === '' && before?.role === 'user' && before.parts.length === 0 ? said.pop() : undefined;
  const asked: ContextRequest[] = [];
  for (const { role, text, parts, metadata } of said)
    asked.push({ role, text, metadata, files: await mappings(context, parts) });
  if ((words?.text ?? query.text) === '') throw parameterError('content of the last message is empty.');
  return {
    query: words?.text ?? query.text,
    files: await mappings(context, query.parts),
    context: asked,
    ...(query.metadata ? { queryMetadata: query.metadata } : {}),
  };
}

/** @throws CozeError 4000 | 4003 */
export function readMessage(
  { role, type, content, content_type, meta_data }: ChatMessage,
  keep: boolean,
): Said {
  if (type === 'question' && role !== 'user')
    throw parameterError("a message of type question is the user's.");
  if (role === 'user' && type !== undefined && type !== 'question')
    throw parameterError(`a message of type ${type} is the assistant's.`);
  if (keep && type !== undefined && type !== 'question' && type !== 'answer')
    throw parameterError(`a message of type ${type} needs auto_save_history=false.`);
  checkMetaData(meta_data);
  if (role === 'assistant' && content_type === 'object_string')
    throw parameterError("a message of the assistant's is text.");
  if (role === 'assistant') return { role, text: content, parts: [], metadata: meta_data ?? null };
  return { role, ...readContent(content, content_type ?? 'text'), metadata: meta_data ?? null };
}

/** A message of files alone is one with the words beside it (`facts/coze-wire.md` §9.5). @throws CozeError 4000 */
export function refuseLoneFiles(said: readonly Said[]): void {
  for (const [index, { text, parts }] of said.entries()) {
    if (text === '' && parts.length > 0 && !said[index - 1]?.text && !said[index + 1]?.text)
      throw parameterError('a message of files alone needs a text message directly before or after it.');
  }
}

/** Before each is looked for. @throws CozeError 4000 */
export function refuseTooMany(parts: readonly FilePart[], { maxCount }: FileUpload): void {
  if (parts.length > maxCount) throw parameterError(`there are more than ${maxCount} files.`);
}

/** Files as `runs.start` takes them. @throws CozeError 4000 for an id that names no upload of this token */
export async function mappings(
  { parts: { store }, account }: CozeContext,
  parts: readonly FilePart[],
): Promise<unknown[]> {
  const found: unknown[] = [];
  for (const { type, fileId, url } of parts) {
    const kind = type === 'file' ? {} : { type };
    if (fileId === null) {
      found.push({ ...kind, transfer_method: 'remote_url', url });
      continue;
    }
    const shortId = shortIdOf(fileId);
    const file = shortId === null ? undefined : await findFileByShortId(store, account, shortId);
    if (!file) throw parameterError(`file_id ${fileId} does not exist.`);
    found.push({ ...kind, transfer_method: 'local_file', upload_file_id: file.id });
  }
  return found;
}

/** A message that was put into the conversation and waits for its answer, or the query of a turn that has none. */
async function lastOfConversation(
  { parts: { store } }: CozeContext,
  conversation: ConversationRow | null,
): Promise<AskedTurn> {
  const item = conversation ? await findNewestItem(store, conversation) : undefined;
  const turn = conversation ? await findNewestTurn(store, conversation) : undefined;
  const section = conversation?.section ?? null;
  if (item && item.created_at > (turn?.created_at ?? 0)) {
    if (item.role === 'user' && item.section === section) {
      const files: RunFile[] = item.files === null ? [] : JSON.parse(item.files);
      return { query: item.text, files: files.map(mappingOf), context: [], queryFrom: { itemId: item.id } };
    }
  } else if (turn && isUnanswered(turn) && turn.section === section) {
    const files = conversation && (await questionFiles(store, conversation, [turn.id])).get(turn.id);
    return {
      query: turn.query,
      files: (files ?? []).map(mappingOf),
      context: [],
      queryFrom: { turnId: turn.id },
      ...(turn.query_metadata ? { queryMetadata: JSON.parse(turn.query_metadata) } : {}),
    };
  }
  throw parameterError("additional_messages is required: the conversation's last message is not the user's.");
}

/** The words of a canceled turn are no words of its conversation (seed 002). */
function isUnanswered({ answer, query_hidden, canceled_at, run_status }: TurnRow): boolean {
  return answer === '' && query_hidden === 0 && canceled_at === null && run_status !== 'paused';
}

function mappingOf({ type, uploadId, url }: RunFile): unknown {
  return uploadId === null
    ? { type, transfer_method: 'remote_url', url }
    : { type, transfer_method: 'local_file', upload_file_id: uploadId };
}
