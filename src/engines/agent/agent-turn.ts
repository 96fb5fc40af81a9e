import { ParleyError } from '../../errors.ts';
import type { ChatMessage, ChatModel, ChatRequest, ChatResult } from '../../models/chat-model.ts';
import type { EngineTask } from '../../runs/engine.ts';
import { pendingUses, type Thought, type ToolUse } from '../../runs/thought.ts';
import { newId } from '../../store/new-id.ts';
import type { ToolContext } from '../../tools/tool.ts';
import type { AnswerWriter } from '../answer/answer-writer.ts';
import type { TurnUsage } from '../answer/turn-usage.ts';
import type { EngineParts } from '../engine-parts.ts';
import type { Memory } from '../prompt/memory.ts';
import { callTools } from './call-tools.ts';
import type { OfferedTool } from './offered-tools.ts';

/** What the rounds of one agent's turn share. */
export interface AgentTurn {
  readonly parts: EngineParts;
  readonly task: EngineTask;
  readonly model: ChatModel;
  readonly maxIterations: number;
  /** By the names that the model knows. */
  readonly offered: ReadonlyMap<string, OfferedTool>;
  readonly memory: Memory;
  readonly writer: AnswerWriter;
  readonly usage: TurnUsage;
  readonly context: ToolContext;
}

/** How a strategy ends: with the answer, or waiting for the caller. */
export type AgentEnd = 'answered' | 'paused';

/** When a model has said nothing for this long, clients get the beginning of its thought. */
const SIGN_OF_LIFE_MS = 1_000;

/** A thought that begins. `show` tells it, once: with the first word of its model, or when that lets wait for itself. */
export interface BegunThought {
  readonly thought: Thought;
  show(): void;
  /** The model has ended, well or not. */
  ended(): void;
}

export function beginThought({ task }: AgentTurn, position: number): BegunThought {
  const thought: Thought = { id: newId(), position, text: '', uses: [], files: [], createdAt: Date.now() };
  let shown = false;
  const show = () => {
    if (!shown) task.emit({ kind: 'thought', thought: { ...thought, open: true } });
    shown = true;
  };
  const signOfLife = setTimeout(show, SIGN_OF_LIFE_MS);
  return { thought, show, ended: () => clearTimeout(signOfLife) };
}

/** Asks the model once. Null when what it said was refused; the turn is over then. @throws ParleyError */
export async function askModel(
  { model, writer, usage }: AgentTurn,
  request: ChatRequest,
  onDelta: Parameters<ChatModel['chat']>[1],
  said: () => string,
): Promise<ChatResult | null> {
  usage.begin(request, said);
  try {
    const result = await model.chat(request, onDelta, { signal: writer.signal });
    usage.end(result.usage, result.toolCalls);
    return writer.refused ? null : result;
  } catch (error) {
    if (writer.refused) return null;
    throw error;
  }
}

/** Tells what the model thought of, has it done, and tells what came of it. */
export async function act(
  { parts, task, offered, context }: AgentTurn,
  thought: Thought,
  uses: readonly ToolUse[],
): Promise<{ readonly thought: Thought; readonly waits: boolean }> {
  const begun = { ...thought, uses };
  task.emit({ kind: 'thought', thought: begun });
  const done = { ...begun, ...(await callTools(parts, task, offered, uses, context)) };
  // Nothing has come of it where all is for the caller to do.
  if (done.uses.some(({ output }) => output !== null)) task.emit({ kind: 'thought', thought: done });
  return { thought: done, waits: pendingUses([done]).length > 0 };
}

/** Files go with the first round only (`facts/dify-dsl-engine.md` §8.4): later ones have words in their place. */
export function withoutFiles(messages: readonly ChatMessage[]): ChatMessage[] {
  return messages.map((message) => {
    if (message.role !== 'user' || typeof message.content === 'string') return message;
    const words = message.content.map((part) =>
      part.kind === 'text' ? part.text : `[${part.kind === 'image' ? 'image' : 'file'}]`,
    );
    return { role: 'user', content: words.join('\n') };
  });
}

/** `facts/dify-dsl-engine.md` §8.4. */
export function tooManyIterations(limit: number): ParleyError {
  return new ParleyError(
    'completion_request_error',
    400,
    `Agent exceeded the maximum iteration limit of ${limit}. The agent was unable to complete the task within the allowed number of iterations.`,
  );
}
