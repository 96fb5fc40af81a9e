import type { App } from '../../apps/app.ts';
import type { ChatMessage, ContentPart } from '../../models/chat-model.ts';
import { countMessages } from '../../models/count-tokens.ts';
import type { EngineTask } from '../../runs/engine.ts';
import { withoutReasoning } from '../../runs/reasoning.ts';
import { type RunFile, runFileOf } from '../../runs/run-file.ts';
import { type Thought, thoughtOf } from '../../runs/thought.ts';
import { listContextItems } from '../../store/conversation-items.ts';
import { listMessageFiles } from '../../store/files.ts';
import { listContextMessages } from '../../store/messages.ts';
import { POSITIONS } from '../../store/positions.ts';
import type { ConversationItemRow, ConversationRow, MessageRow } from '../../store/schema.ts';
import { listThoughts } from '../../store/thoughts.ts';
import type { EngineParts } from '../engine-parts.ts';
import { fileParts } from './file-parts.ts';
import { earlierRounds } from './thought-messages.ts';

/** Turns remembered at most (`facts/dify-dsl-engine.md` §8.2), and read from the store at once. */
const MAX_TURNS = 500;
const PAGE = 50;

/** What was said at one moment of a conversation: a turn, or a message that stands beside the turns. */
interface Said {
  readonly at: number;
  /** Of those of one moment; a turn's own words come last. */
  readonly position: number;
  readonly messages: readonly ChatMessage[];
  /** The same without the work of an agent, for when that is too much. */
  readonly brief?: readonly ChatMessage[];
}

/** What was said at one moment, and its size. */
interface Remembered {
  readonly messages: readonly ChatMessage[];
  readonly tokens: number;
}

/** No text has fewer tokens than one for so many characters: what is longer need not be counted to be too long. */
const MAX_CHARACTERS_PER_TOKEN = 16;

/**
 * What was said before one turn, and what came with it as context: read once, of which less is taken when there is less
 * room. Turns without an answer, or with thoughts alone, are left out (`facts/dify-dsl-engine.md` §8.2).
 */
export class Memory {
  readonly #parts: EngineParts;
  readonly #task: EngineTask;
  /** From new to old. */
  #read: readonly Remembered[] | null = null;

  constructor(parts: EngineParts, task: EngineTask) {
    this.#parts = parts;
    this.#task = task;
  }

  /** As much of the newest as fits into `maxTokens`, oldest first. The first time decides how much there is at all. */
  async within(maxTokens: number): Promise<ChatMessage[]> {
    this.#read ??= await recall(this.#parts, this.#task, maxTokens);
    const taken: ChatMessage[] = [];
    let tokens = 0;
    for (const said of this.#read) {
      tokens += said.tokens;
      if (tokens > maxTokens) break;
      taken.unshift(...said.messages);
    }
    return taken;
  }
}

/** Of an agent's turn without its work where that does not fit, and then of all before it. */
async function recall(parts: EngineParts, task: EngineTask, maxTokens: number): Promise<Remembered[]> {
  const { conversation } = task;
  if (task.app.mode === 'completion') return [];
  const remembered: Remembered[] = [];
  let left = maxTokens;
  const remember = (messages: readonly ChatMessage[]): boolean => {
    if (charactersOf(messages) > left * MAX_CHARACTERS_PER_TOKEN) return false;
    const tokens = countMessages(messages);
    if (tokens > left) return false;
    left -= tokens;
    remembered.push({ messages, tokens });
    return true;
  };
  for (const { role, text, files } of task.context.toReversed())
    if (!remember([message(parts, task.app, role, text, files)])) return remembered;
  if (!conversation || task.isNewConversation) return remembered;
  const detail = { ofWork: task.app.config.agent?.strategy === 'function_call' };
  for await (const { messages, brief } of newestFirst(
    turns(parts, task, conversation, detail),
    items(parts, task, conversation),
  )) {
    if (brief && (!detail.ofWork || !remember(messages))) {
      detail.ofWork = false;
      if (!remember(brief)) break;
    } else if (!brief && !remember(messages)) break;
  }
  return remembered;
}

function charactersOf(messages: readonly ChatMessage[]): number {
  return messages.reduce((sum, { content }) => sum + (typeof content === 'string' ? content.length : 0), 0);
}

/** Two sequences, each from new to old, as one. */
async function* newestFirst(a: AsyncGenerator<Said>, b: AsyncGenerator<Said>): AsyncGenerator<Said> {
  let [fromA, fromB] = await Promise.all([a.next(), b.next()]);
  while (!fromA.done || !fromB.done) {
    if (!fromA.done && (fromB.done || isAfter(fromA.value, fromB.value))) {
      yield fromA.value;
      fromA = await a.next();
    } else if (!fromB.done) {
      yield fromB.value;
      fromB = await b.next();
    }
  }
}

function isAfter(one: Said, other: Said): boolean {
  return one.at === other.at ? one.position > other.position : one.at > other.at;
}

async function* turns(
  parts: EngineParts,
  task: EngineTask,
  conversation: ConversationRow,
  detail: { readonly ofWork: boolean },
): AsyncGenerator<Said> {
  // Not what was said while this turn waited for its caller.
  let before: Pick<MessageRow, 'id' | 'created_at'> | undefined = {
    id: task.messageId,
    created_at: task.createdAt,
  };
  for (let read = 0; read < MAX_TURNS; read += PAGE) {
    const { rows, hasMore } = await listContextMessages(parts.store, task.owner, conversation, {
      ...(before ? { before } : {}),
      limit: PAGE,
    });
    const answered = rows.filter(
      (row) => row.id !== task.messageId && !isQuery(task, row.id) && isComplete(row),
    );
    const [files, thoughts] = await Promise.all([
      filesOf(parts, task, answered),
      detail.ofWork ? thoughtsOf(parts, task, answered) : new Map<string, Thought[]>(),
    ]);
    for (const row of answered) {
      yield {
        at: row.created_at,
        position: Number.POSITIVE_INFINITY,
        ...halves(parts, task.app, row, files.get(row.id) ?? [], thoughts.get(row.id) ?? []),
      };
    }
    before = rows.at(-1);
    if (!hasMore || !before) return;
  }
}

/** The row that the query of this turn was taken from. */
function isQuery({ queryFrom }: EngineTask, id: string): boolean {
  return queryFrom !== null && ('itemId' in queryFrom ? queryFrom.itemId : queryFrom.turnId) === id;
}

/** A turn is context when it was answered; of one whose answer was deleted, the query is. */
function isComplete(row: MessageRow): boolean {
  if (row.status === 'paused') return false;
  return row.answer_hidden === 1 || withoutReasoning(row.answer) !== '';
}

function halves(
  parts: EngineParts,
  app: App,
  row: MessageRow,
  files: readonly RunFile[],
  thoughts: readonly Thought[],
): Pick<Said, 'messages' | 'brief'> {
  const asked = row.query_hidden === 0 ? [message(parts, app, 'user', row.query, files)] : [];
  if (row.answer_hidden === 1) return { messages: asked };
  const brief = [...asked, message(parts, app, 'assistant', withoutReasoning(row.answer), [])];
  const worked = earlierRounds(thoughts, row.answer);
  if (!worked) return { messages: brief };
  return { messages: [...asked, ...worked.rounds, { role: 'assistant', content: worked.answer }], brief };
}

async function* items(
  parts: EngineParts,
  task: EngineTask,
  conversation: ConversationRow,
): AsyncGenerator<Said> {
  let before: Pick<ConversationItemRow, 'created_at' | 'position'> | undefined = {
    created_at: task.createdAt,
    position: POSITIONS.query,
  };
  for (let read = 0; read < MAX_TURNS; read += PAGE) {
    const rows = await listContextItems(parts.store, conversation, {
      ...(before ? { before } : {}),
      exceptMessageId: task.messageId,
      limit: PAGE,
    });
    for (const row of rows) {
      if (isQuery(task, row.id)) continue;
      const files: RunFile[] =
        row.files === null || !task.app.config.fileUpload.enabled ? [] : JSON.parse(row.files);
      // Of a message of files alone nothing is left for an app that takes none.
      if (row.text === '' && files.length === 0) continue;
      yield {
        at: row.created_at,
        position: row.position,
        messages: [message(parts, task.app, row.role, row.text, files)],
      };
    }
    before = rows.at(-1);
    if (rows.length < PAGE || !before) return;
  }
}

/** Of agents that call functions; what others have thought is in their answers. */
async function thoughtsOf(
  { store }: EngineParts,
  { app }: EngineTask,
  rows: readonly MessageRow[],
): Promise<Map<string, Thought[]>> {
  const found = await listThoughts(
    store,
    app.id,
    rows.map(({ id }) => id),
  );
  return new Map(
    [...Map.groupBy(found, (row) => row.message_id)].map(([id, rows]) => [id, rows.map(thoughtOf)]),
  );
}

async function filesOf(
  { store }: EngineParts,
  { app }: EngineTask,
  rows: readonly MessageRow[],
): Promise<Map<string, RunFile[]>> {
  const files = new Map<string, RunFile[]>();
  if (!app.config.fileUpload.enabled) return files;
  const found = await listMessageFiles(
    store,
    app.id,
    rows.map((row) => row.id),
  );
  for (const row of found) {
    if (row.belongs_to !== 'user') continue;
    const ofMessage = files.get(row.message_id) ?? [];
    files.set(row.message_id, [...ofMessage, runFileOf(row)]);
  }
  return files;
}

function message(
  { files: storage }: EngineParts,
  app: App,
  role: 'user' | 'assistant',
  text: string,
  files: readonly RunFile[],
): ChatMessage {
  if (role === 'assistant') return { role, content: text };
  const attached: ContentPart[] = fileParts(storage, app.config.fileUpload.imageDetail, files);
  if (attached.length === 0) return { role, content: text };
  return { role, content: text === '' ? attached : [...attached, { kind: 'text', text }] };
}
