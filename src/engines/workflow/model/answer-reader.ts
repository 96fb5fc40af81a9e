import type { ChatDelta } from '../../../models/chat-model.ts';
import { ReasoningSplitter, type SplitPiece } from '../../../runs/reasoning.ts';
import { Thinking } from '../../answer/thinking.ts';
import { ThinkTagStream } from './plain-think-tags.ts';

/** Reasoning stays in the text, between tags, or is taken out of it. */
export type ReasoningFormat = 'tagged' | 'separated';

/**
 * A node's answer while its model gives it, and its reasoning, by the node's `reasoning_format`
 * (`facts/dify-dsl-engine.md` §4.4). A model may tell its reasoning apart itself, or write it between tags.
 */
export class AnswerReader {
  readonly #format: ReasoningFormat;
  readonly #thinking = new Thinking();
  readonly #tags = new ThinkTagStream();
  readonly #splitter = new ReasoningSplitter();
  #text = '';
  #reasoning = '';

  constructor(format: ReasoningFormat) {
    this.#format = format;
  }

  /** What a piece adds, which may be nothing yet. */
  add({ kind, text }: ChatDelta): SplitPiece {
    return this.#read(kind === 'reasoning' ? this.#thinking.reasoning(text) : this.#thinking.text(text));
  }

  /** What is left when the model has ended. */
  end(): SplitPiece {
    const closed = this.#read(this.#thinking.end());
    if (this.#format === 'tagged') return closed;
    const held = this.#keep(this.#splitter.add(this.#tags.end()));
    const left = this.#keep(this.#splitter.end());
    return {
      text: closed.text + held.text + left.text,
      reasoning: closed.reasoning + held.reasoning + left.reasoning,
    };
  }

  /** All of the answer; without reasoning in it, also without blank lines that it leaves. */
  get text(): string {
    return this.#format === 'tagged' ? this.#text : this.#text.replace(/\n\s*\n/g, '\n\n').trim();
  }

  /** All of the reasoning that was taken out. */
  get reasoning(): string {
    return this.#reasoning.trim();
  }

  #read(tagged: string): SplitPiece {
    if (this.#format === 'separated') return this.#keep(this.#splitter.add(this.#tags.add(tagged)));
    return this.#keep({ text: tagged, reasoning: '' });
  }

  #keep({ text, reasoning }: SplitPiece): SplitPiece {
    const shown = this.#format === 'separated' && this.#text === '' ? text.trimStart() : text;
    this.#text += shown;
    this.#reasoning += reasoning;
    return { text: shown, reasoning };
  }
}
