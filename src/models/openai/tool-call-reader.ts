import type { ToolCall } from '../chat-model.ts';
import { isRecord } from '../is-record.ts';
import { ToolCallBudget } from '../tool-call-budget.ts';
import { UpstreamError } from '../upstream-error.ts';
import type { WireMessage, WireToolCall } from './chat-chunk.ts';
import { JsonObjectEnd } from './json-object-end.ts';
import type { SentBack } from './sent-back.ts';

interface Draft {
  id: string;
  name: string;
  arguments: string;
  readonly end: JsonObjectEnd;
  /** Gemini's thought signature and its like, which its OpenAI endpoint wants back. */
  extraContent: Readonly<Record<string, unknown>> | null;
}

interface Piece {
  readonly index: number | null;
  readonly id: string;
  readonly name: string;
  readonly arguments: string;
  readonly extraContent: Readonly<Record<string, unknown>> | null;
}

/**
 * Puts the tool calls of one answer together from its pieces. OpenAI's own form: the first piece of a call has index,
 * id and name, the others its index and more of the arguments. What others do differently:
 *
 * - id and name in every piece, or another id in each (older vLLM): a piece without a name is never a call's first;
 * - no index, or index 0 for every call (Gemini, gateways, older Ollama): then a name begins a call if it comes with
 *   another id, is another, or follows complete arguments;
 * - no ids at all (left empty here, made up by `withUniqueIds`);
 * - arguments as an object, whole calls at once, `function_call` in place of `tool_calls`.
 */
export class ToolCallReader {
  readonly #drafts: Draft[] = [];
  readonly #byIndex = new Map<number, Draft>();
  readonly #budget = new ToolCallBudget();

  get isEmpty(): boolean {
    return this.#drafts.length === 0;
  }

  /**
   * Takes what a delta or a whole message calls; false when that is nothing.
   *
   * @throws UpstreamError beyond the limits for tool calls.
   */
  read(message: WireMessage): boolean {
    const pieces = piecesOf(message);
    if (pieces.length === 0) return false;
    const named = new Set<Draft>();
    for (const piece of pieces) {
      const draft = this.#find(piece, named) ?? this.#begin();
      if (piece.index !== null) this.#byIndex.set(piece.index, draft);
      if (piece.name !== '') named.add(draft);
      this.#add(draft, piece);
    }
    return true;
  }

  /**
   * The calls of the answer. `reasoning` goes back with the first of them.
   *
   * @throws UpstreamError for arguments of a call that never got a name.
   */
  calls(reasoning: SentBack | null): ToolCall[] {
    // Some (Qwen) send calls of nothing beside ordinary answers.
    const drafts = this.#drafts.filter((draft) => draft.name !== '' || draft.arguments.trim() !== '');
    return drafts.map((draft, position) => {
      if (draft.name === '') {
        throw new UpstreamError('malformed', 'The model provider sent a tool call without a name.');
      }
      const data: SentBack = {
        ...(position === 0 ? reasoning : {}),
        ...(draft.extraContent === null ? {} : { extra_content: draft.extraContent }),
      };
      const call = { id: draft.id, name: draft.name, arguments: draft.arguments.trim() || '{}' };
      return Object.keys(data).length === 0 ? call : { ...call, providerData: { openai: data } };
    });
  }

  /** The call that `piece` goes on with; null when it begins one. `named`: calls named in the same delta. */
  #find(piece: Piece, named: ReadonlySet<Draft>): Draft | null {
    const draft =
      piece.index === null
        ? (this.#drafts.findLast(({ id }) => id !== '' && id === piece.id) ?? this.#drafts.at(-1))
        : this.#byIndex.get(piece.index);
    if (draft === undefined) return null;
    if (piece.name === '' || draft.name === '') return draft;
    if (named.has(draft)) return null;
    const isOther = piece.id !== '' && draft.id !== '' ? piece.id !== draft.id : piece.name !== draft.name;
    return isOther || (draft.end.isReached && piece.arguments.trim() !== '') ? null : draft;
  }

  #begin(): Draft {
    this.#budget.addCall();
    const draft = { id: '', name: '', arguments: '', end: new JsonObjectEnd(), extraContent: null };
    this.#drafts.push(draft);
    return draft;
  }

  #add(draft: Draft, piece: Piece): void {
    if (draft.id === '' && piece.id !== '') {
      this.#budget.addChars(piece.id.length);
      draft.id = piece.id;
    }
    if (draft.name === '' && piece.name !== '') {
      this.#budget.addChars(piece.name.length);
      draft.name = piece.name;
    }
    this.#budget.addChars(piece.arguments.length);
    draft.arguments += piece.arguments;
    draft.end.add(piece.arguments);
    if (piece.extraContent !== null) {
      this.#budget.addChars(JSON.stringify(piece.extraContent).length);
      draft.extraContent = { ...draft.extraContent, ...piece.extraContent };
    }
  }
}

function piecesOf(message: WireMessage): Piece[] {
  if (Array.isArray(message.tool_calls)) {
    const pieces = (message.tool_calls as readonly unknown[]).filter(isRecord).map(pieceOf);
    if (pieces.length > 0) return pieces;
  }
  return isRecord(message.function_call) ? [pieceOf({ function: message.function_call })] : [];
}

function pieceOf(wire: WireToolCall): Piece {
  const own = isRecord(wire.function) ? wire.function : {};
  return {
    index: typeof wire.index === 'number' ? wire.index : null,
    id: text(wire.id),
    name: text(own.name),
    arguments: isRecord(own.arguments) ? JSON.stringify(own.arguments) : text(own.arguments),
    extraContent: isRecord(wire.extra_content) ? wire.extra_content : null,
  };
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
