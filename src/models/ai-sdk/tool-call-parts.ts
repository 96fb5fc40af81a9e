import type {
  LanguageModelV3StreamPart,
  LanguageModelV3ToolCall,
  SharedV3ProviderMetadata,
} from '@ai-sdk/provider';
import type { ToolCall } from '../chat-model.ts';
import { ToolCallBudget } from '../tool-call-budget.ts';
import { upstreamLimits } from '../upstream-limits.ts';
import type { ProviderData, SignedReasoning } from './provider-data.ts';

interface Draft {
  readonly id: string;
  readonly name: string;
  input: string;
  isWhole: boolean;
  metadata: SharedV3ProviderMetadata | undefined;
  readonly reasoning: readonly SignedReasoning[];
}

interface Thought {
  text: string;
  metadata: SharedV3ProviderMetadata | undefined;
}

/**
 * Puts the tool calls of one answer together from its stream parts, and keeps with each what must go back with it. The
 * part `tool-call` is the whole call; its input in pieces counts only for an answer that broke off before. Calls that
 * the provider makes itself are none of ours.
 */
export class ToolCallParts {
  readonly #drafts: Draft[] = [];
  readonly #thoughts = new Map<string, Thought>();
  readonly #budget = new ToolCallBudget();
  #thoughtChars = 0;

  /**
   * Takes a part; true when it belongs to a call.
   *
   * @throws UpstreamError beyond the limits for tool calls.
   */
  read(part: LanguageModelV3StreamPart): boolean {
    switch (part.type) {
      case 'reasoning-start':
      case 'reasoning-delta':
      case 'reasoning-end':
        this.#think(part.id, part.type === 'reasoning-delta' ? part.delta : '', part.providerMetadata);
        return false;
      case 'tool-input-start':
        if (part.providerExecuted) return false;
        this.#begin(part.id, part.toolName);
        return true;
      case 'tool-input-delta':
        return this.#addInput(part.id, part.delta);
      case 'tool-call':
        if (part.providerExecuted) return false;
        this.#complete(part);
        return true;
      default:
        return false;
    }
  }

  calls(): ToolCall[] {
    return this.#drafts.map(({ id, name, input, metadata, reasoning }) => {
      const data: ProviderData = {
        ...(metadata === undefined ? {} : { metadata }),
        ...(reasoning.length === 0 ? {} : { reasoning }),
      };
      const call = { id, name, arguments: input.trim() || '{}' };
      return Object.keys(data).length === 0 ? call : { ...call, providerData: { aiSdk: data } };
    });
  }

  #begin(id: string, name: string): Draft {
    this.#budget.addCall();
    this.#budget.addChars(id.length + name.length);
    const reasoning = this.#takeThoughts();
    const draft: Draft = { id, name, input: '', isWhole: false, metadata: undefined, reasoning };
    this.#drafts.push(draft);
    return draft;
  }

  /** Ids are the provider's, and may come again for another call once the first is whole. */
  #open(id: string): Draft | undefined {
    return this.#drafts.find((draft) => draft.id === id && !draft.isWhole);
  }

  #addInput(id: string, delta: string): boolean {
    const draft = this.#open(id);
    if (draft === undefined) return false;
    this.#budget.addChars(delta.length);
    draft.input += delta;
    return true;
  }

  #complete(call: LanguageModelV3ToolCall): void {
    const draft = this.#open(call.toolCallId) ?? this.#begin(call.toolCallId, call.toolName);
    this.#budget.addChars(Math.max(call.input.length - draft.input.length, 0));
    draft.input = call.input;
    draft.isWhole = true;
    if (call.providerMetadata === undefined) return;
    this.#budget.addChars(JSON.stringify(call.providerMetadata).length);
    draft.metadata = call.providerMetadata;
  }

  #think(id: string, text: string, metadata: SharedV3ProviderMetadata | undefined): void {
    this.#thoughtChars += text.length + (metadata === undefined ? 0 : JSON.stringify(metadata).length);
    if (this.#thoughtChars > upstreamLimits.maxKeptReasoningChars) {
      this.#thoughts.clear();
      return;
    }
    const thought = this.#thoughts.get(id) ?? { text: '', metadata: undefined };
    thought.text += text;
    thought.metadata = metadata ?? thought.metadata;
    this.#thoughts.set(id, thought);
  }

  /** The signed ones: no provider takes others back. */
  #takeThoughts(): SignedReasoning[] {
    const signed = [...this.#thoughts.values()].flatMap(({ text, metadata }) =>
      metadata === undefined ? [] : [{ text, metadata }],
    );
    this.#thoughts.clear();
    return signed;
  }
}
