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
  /** Who told the last reasoning apart, and whether the model has spoken since. */
  #told: 'model' | 'tags' = 'tags';
  #spoke = false;

  constructor(format: ReasoningFormat) {
    this.#format = format;
  }

  /** What a piece adds, which may be nothing yet. */
  add({ kind, text }: ChatDelta): SplitPiece {
    if (this.#format === 'tagged') {
      return this.#keep(kind === 'reasoning' ? this.#thinking.reasoning(text) : this.#thinking.text(text));
    }
    if (kind === 'reasoning') return this.#reason(text);
    this.#spoke ||= text !== '';
    return this.#split(this.#splitter.add(this.#tags.add(text)));
  }

  /** What is left when the model has ended. */
  end(): SplitPiece {
    if (this.#format === 'tagged') return this.#keep(this.#thinking.end());
    const held = this.#split(this.#splitter.add(this.#tags.end()));
    const left = this.#split(this.#splitter.end());
    return { text: held.text + left.text, reasoning: held.reasoning + left.reasoning };
  }

  /** All of the answer; without reasoning in it, also without blank lines that it leaves. */
  get text(): string {
    return this.#format === 'tagged' ? this.#text : this.#text.replace(/\n\s*\n/g, '\n\n').trim();
  }

  /** All of the reasoning that was taken out, a line for each passage. */
  get reasoning(): string {
    return this.#reasoning.trim();
  }

  #reason(text: string): SplitPiece {
    const isNext = this.#spoke && this.#reasoning !== '';
    this.#told = 'model';
    this.#spoke = false;
    return this.#keep('', isNext && text !== '' ? `\n${text}` : text);
  }

  /** Between passages of its own the splitter puts lines itself. */
  #split({ text, reasoning }: SplitPiece): SplitPiece {
    const isNext = reasoning !== '' && this.#told === 'model';
    if (reasoning !== '') this.#told = 'tags';
    return this.#keep(this.#text === '' ? text.trimStart() : text, isNext ? `\n${reasoning}` : reasoning);
  }

  #keep(text: string, reasoning = ''): SplitPiece {
    this.#text += text;
    this.#reasoning += reasoning;
    return { text, reasoning };
  }
}
