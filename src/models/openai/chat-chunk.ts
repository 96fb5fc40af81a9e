import type { ChatDelta, ChatResult, TokenUsage } from '../chat-model.ts';
import { reportedUsage } from '../reported-usage.ts';

/**
 * A chunk of a streamed answer, or (with `message`) a whole one, or one of a text completion (with `text`), as
 * providers send it: OpenAI's API reference, read leniently, with the differences of DeepSeek (`reasoning_content`), OpenRouter and Groq (`reasoning`, `x_groq`),
 * Moonshot (usage inside the choice) and Mistral (content in parts).
 */
export interface ChatChunk {
  readonly error?: unknown;
  readonly choices?: readonly ChatChoice[] | null;
  readonly usage?: WireUsage | null;
  readonly x_groq?: { readonly usage?: WireUsage | null; readonly error?: unknown } | null;
}

export interface ChatChoice {
  readonly index?: number;
  readonly delta?: WireMessage | null;
  readonly message?: WireMessage | null;
  /** The piece of a text completion. Some send it beside `delta` too, with the same words. */
  readonly text?: string | null;
  readonly finish_reason?: string | null;
  readonly usage?: WireUsage | null;
}

export interface WireMessage {
  readonly content?: string | readonly WirePart[] | null;
  readonly reasoning_content?: string | null;
  readonly reasoning?: string | null;
  readonly refusal?: string | null;
  /** OpenRouter's form of reasoning, with signatures; the words stand in `reasoning` too. */
  readonly reasoning_details?: unknown;
  /** A list of `WireToolCall`. */
  readonly tool_calls?: unknown;
  /** What came before `tool_calls`: one call, without an id. */
  readonly function_call?: unknown;
}

/** A tool call of a whole message, or a piece of one. */
export interface WireToolCall {
  readonly index?: unknown;
  readonly id?: unknown;
  readonly function?: unknown;
  readonly extra_content?: unknown;
}

interface WirePart {
  readonly type?: string;
  readonly text?: string;
  readonly thinking?: string | readonly { readonly text?: string }[];
}

interface WireUsage {
  readonly prompt_tokens?: unknown;
  readonly completion_tokens?: unknown;
}

/** Calls `onDelta` for what a message or a delta says, reasoning first. */
export function emitMessage(message: WireMessage, onDelta: (delta: ChatDelta) => void): void {
  const reasoning = message.reasoning_content || message.reasoning;
  if (typeof reasoning === 'string' && reasoning !== '') onDelta({ kind: 'reasoning', text: reasoning });
  const content = message.content || message.refusal;
  if (!content) return;
  if (typeof content === 'string') onDelta({ kind: 'text', text: content });
  else if (Array.isArray(content)) for (const part of content as readonly WirePart[]) emitPart(part, onDelta);
}

function emitPart(part: WirePart, onDelta: (delta: ChatDelta) => void): void {
  if (part.type === 'thinking') {
    const text =
      typeof part.thinking === 'string'
        ? part.thinking
        : (part.thinking ?? []).map((p) => p.text ?? '').join('');
    if (text !== '') onDelta({ kind: 'reasoning', text });
  } else if (part.text) {
    onDelta({ kind: 'text', text: part.text });
  }
}

export function usageOf(chunk: ChatChunk): TokenUsage | null {
  const usage = chunk.usage ?? chunk.x_groq?.usage ?? chunk.choices?.[0]?.usage;
  return usage ? reportedUsage(usage.prompt_tokens, usage.completion_tokens) : null;
}

export function finishReason(wire: string): ChatResult['finishReason'] {
  switch (wire) {
    case 'stop':
    case 'eos':
    case 'stop_sequence':
      return 'stop';
    case 'length':
    case 'max_tokens':
      return 'length';
    case 'content_filter':
    case 'sensitive':
      return 'content_filter';
    case 'tool_calls':
    case 'function_call':
      return 'tool_calls';
    default:
      return 'other';
  }
}
