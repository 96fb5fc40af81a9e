import type { ChatDelta, ChatMessage } from '../../models/chat-model.ts';
import { countMessages, countTools } from '../../models/count-tokens.ts';
import { thoughtMessages } from '../prompt/thought-messages.ts';
import { type AgentEnd, type AgentTurn, act, askModel, beginThought, withoutFiles } from './agent-turn.ts';
import { usesOf } from './call-tools.ts';
import { MaxIterationsError } from './max-iterations-error.ts';

/**
 * The model calls functions until it calls none (`facts/dify-dsl-engine.md` §8.4). After `maxIterations` rounds it gets one
 * more in which it must answer. All that it says is the answer, a line for each round.
 *
 * @throws ParleyError when it calls in that round too, and what the model throws
 */
export async function functionCall(turn: AgentTurn): Promise<AgentEnd> {
  const { maxIterations, offered, earlier, writer } = turn;
  const tools = [...offered.values()].map(({ spec }) => spec);
  const work: ChatMessage[] = [];
  let reserved = countTools(tools);
  const add = (messages: readonly ChatMessage[]) => {
    work.push(...messages);
    reserved += countMessages(messages);
  };
  for (const thought of earlier) add(thoughtMessages(thought));
  let spoke = earlier.some(({ text }) => text !== '');

  for (let round = earlier.length + 1; ; round++) {
    const last = round > maxIterations;
    const prompt = await turn.prompt({ reserved });
    const text = new Passage(turn, spoke);
    const messages = round === 1 ? prompt.messages : withoutFiles(prompt.messages);
    const request = {
      ...prompt,
      messages: [...messages, ...work],
      ...(tools.length > 0 ? { tools } : {}),
      ...(last ? { toolChoice: 'none' as const } : {}),
    };
    const { thought, show, ended } = beginThought(turn, round);
    const onDelta = (delta: ChatDelta) => {
      show();
      text.add(delta);
    };
    const result = await askModel(turn, request, onDelta, () => text.said).finally(ended);
    writer.endPassage();
    show();
    spoke ||= text.said !== '';
    const told = { ...thought, text: text.said };
    if (result === null || result.toolCalls.length === 0) {
      turn.think(told);
      return 'answered';
    }
    if (last) {
      turn.think({ ...told, uses: usesOf(result.toolCalls, offered) });
      throw new MaxIterationsError(maxIterations);
    }
    const acted = await act(turn, told, usesOf(result.toolCalls, offered));
    if (acted.waits) return 'paused';
    add(thoughtMessages(acted.thought));
  }
}

/** What the model says in one round. */
class Passage {
  readonly #turn: AgentTurn;
  readonly #spoke: boolean;
  #from: number | null = null;

  constructor(turn: AgentTurn, spoke: boolean) {
    this.#turn = turn;
    this.#spoke = spoke;
  }

  add(delta: ChatDelta): void {
    const { writer } = this.#turn;
    if (this.#from === null && delta.text !== '') {
      if (this.#spoke) writer.add({ kind: 'text', text: '\n' });
      this.#from = writer.answer.length;
    }
    writer.add(delta);
  }

  get said(): string {
    return this.#from === null ? '' : this.#turn.writer.answer.slice(this.#from);
  }
}
