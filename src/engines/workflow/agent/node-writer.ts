import type { ChatDelta } from '../../../models/chat-model.ts';
import type { AgentWriter } from '../../agent/agent-turn.ts';
import { Thinking } from '../../answer/thinking.ts';
import type { NodeContext } from '../node-context.ts';

/**
 * What an agent node says, as its variable `text`. Thoughts of a ReAct agent are no part of it: they are in its log
 * (as those of Dify's own strategies).
 */
export class NodeWriter implements AgentWriter {
  readonly #context: Pick<NodeContext, 'emit' | 'signal'>;
  readonly #thinking = new Thinking();
  #answer = '';
  /** Nodes have no moderation of their own. */
  readonly refused = false;

  constructor(context: Pick<NodeContext, 'emit' | 'signal'>) {
    this.#context = context;
  }

  get answer(): string {
    return this.#answer;
  }

  get signal(): AbortSignal {
    return this.#context.signal;
  }

  add({ kind, text }: ChatDelta): void {
    this.#say(kind === 'reasoning' ? this.#thinking.reasoning(text) : this.#thinking.text(text));
  }

  aside(): void {}

  /** Nothing of it has been shown before. */
  keep(text: string): void {
    this.#say(text);
  }

  endPassage(): void {
    this.#say(this.#thinking.end());
  }

  #say(text: string): void {
    if (text === '') return;
    this.#answer += text;
    this.#context.emit('text', text);
  }
}
