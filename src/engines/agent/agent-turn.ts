import type { ChatMessage, ChatModel, ChatRequest, ChatResult, ModelRef } from '../../models/chat-model.ts';
import { pendingUses, type Thought, type ToolUse } from '../../runs/thought.ts';
import { newId } from '../../store/new-id.ts';
import type { AnswerWriter } from '../answer/answer-writer.ts';
import type { TurnUsage } from '../answer/turn-usage.ts';
import type { PromptOptions } from '../prompt/build-prompt.ts';
import { callTools, type ToolCaller } from './call-tools.ts';

/**
 * What the rounds of one agent's turn share, and all that they ask of whoever has it work: the engine of agent apps, or a
 * node of a workflow.
 */
export interface AgentTurn extends ToolCaller {
  readonly model: ChatModel;
  /** As the app names it. */
  readonly ref: ModelRef;
  readonly maxIterations: number;
  /** The author's own prompt of a ReAct agent; null: the one that comes with Parley. */
  readonly template: string | null;
  /** Of a turn that goes on after a pause: what was thought before it. */
  readonly earlier: readonly Thought[];
  /** The request without what this turn has done so far, anew for each round: what is remembered makes room for the work. */
  prompt(options: Omit<PromptOptions, 'memory'>): Promise<ChatRequest>;
  readonly writer: AgentWriter;
  /** Counts what the model uses; null: the model does so itself. */
  readonly usage: Pick<TurnUsage, 'begin' | 'end'> | null;
  /** Tells a thought, or more of one that was told. */
  think(thought: Thought): void;
}

/** Where an agent's words go. */
export type AgentWriter = Pick<
  AnswerWriter,
  'answer' | 'refused' | 'signal' | 'add' | 'aside' | 'keep' | 'endPassage'
>;

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

export function beginThought(turn: AgentTurn, position: number): BegunThought {
  const thought: Thought = { id: newId(), position, text: '', uses: [], files: [], createdAt: Date.now() };
  let shown = false;
  const show = () => {
    if (!shown) turn.think({ ...thought, open: true });
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
  usage?.begin(request, said);
  try {
    const result = await model.chat(request, onDelta, { signal: writer.signal });
    usage?.end(result.usage, result.toolCalls);
    return writer.refused ? null : result;
  } catch (error) {
    if (writer.refused) return null;
    throw error;
  }
}

/** Tells what the model thought of, has it done, and tells what came of it. */
export async function act(
  turn: AgentTurn,
  thought: Thought,
  uses: readonly ToolUse[],
): Promise<{ readonly thought: Thought; readonly waits: boolean }> {
  const begun = { ...thought, uses };
  turn.think(begun);
  const done = { ...begun, ...(await callTools(turn, uses)) };
  // Nothing has come of it where all is for the caller to do.
  if (done.uses.some(({ output }) => output !== null)) turn.think(done);
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
