import type { ChatMessage, ChatModel, ChatRequest, ContentPart } from '../../../models/chat-model.ts';
import { countMessages } from '../../../models/count-tokens.ts';
import type { AgentTurn } from '../../agent/agent-turn.ts';
import { tokensForAnswer } from '../../prompt/tokens-for-answer.ts';
import { transcript } from '../../prompt/transcript.ts';
import { withinWindow } from '../../prompt/within-window.ts';
import type { WorkflowHistory } from '../workflow-services.ts';

export interface AgentPromptParts extends Required<Pick<ChatRequest, 'params' | 'stop'>> {
  readonly model: ChatModel;
  readonly mode: 'chat' | 'completion';
  readonly instruction: string;
  readonly query: string;
  readonly files: readonly ContentPart[];
  /** Null: the node has no memory, or there is no conversation. */
  readonly history: WorkflowHistory | null;
  /** Turns to remember; null: as many as there is room for. */
  readonly turns: number | null;
}

/** How an agent node asks its model: instruction, what is remembered, query and files (`facts/dify-dsl-engine.md` §4.17). */
export function agentPrompt({
  model,
  params,
  stop,
  history,
  turns,
  ...parts
}: AgentPromptParts): AgentTurn['prompt'] {
  return async ({ reserved = 0, frame = (instruction) => instruction }) => {
    const instruction = frame(parts.instruction);
    const withMemory = (memory: readonly ChatMessage[]) => layOut({ ...parts, instruction }, memory);
    const fixed = countMessages(withMemory([])) + reserved;
    const forAnswer = tokensForAnswer(model, Number(params.max_tokens) || null);
    const maxTokens = model.contextWindow - forAnswer - fixed;
    const memory = history === null || maxTokens <= 0 ? [] : await history.within({ turns, maxTokens });
    return {
      messages: withMemory(memory),
      params: withinWindow(params, model, fixed),
      ...(stop.length > 0 ? { stop } : {}),
    };
  };
}

type Words = Pick<AgentPromptParts, 'mode' | 'instruction' | 'query' | 'files'>;

function layOut({ mode, instruction, query, files }: Words, memory: readonly ChatMessage[]): ChatMessage[] {
  if (mode === 'completion') {
    const before = memory.length > 0 ? `${transcript(memory, 'Human', 'Assistant')}\n` : '';
    return [user(`${instruction}\n\n${before}Human: ${query}\n\nAssistant: `, files)];
  }
  if (query === '' && files.length === 0) return [...memory, user(instruction, files)];
  const system: ChatMessage[] = instruction === '' ? [] : [{ role: 'system', content: instruction }];
  return [...system, ...memory, user(query, files)];
}

function user(text: string, files: readonly ContentPart[]): ChatMessage {
  if (files.length === 0) return { role: 'user', content: text };
  return { role: 'user', content: text === '' ? files : [...files, { kind: 'text', text }] };
}
