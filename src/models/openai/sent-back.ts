import type { ToolCall } from '../chat-model.ts';
import { isRecord } from '../is-record.ts';

/**
 * What this client keeps in a tool call's `providerData`, under `openai`: fields beyond OpenAI's protocol that their
 * providers demand back. They go only to where they came from, in the words in which they came.
 */
export interface SentBack {
  /** DeepSeek and Kimi refuse a message with tool calls that lacks the thoughts before them. First call only. */
  readonly reasoning_content?: unknown;
  /** The same with OpenRouter. First call only. */
  readonly reasoning_details?: unknown;
  /** Gemini 3 refuses a call that lacks the signature of its thoughts. */
  readonly extra_content?: unknown;
}

/** Nothing for calls of other providers. */
export function sentBack(call: ToolCall | undefined): SentBack {
  const data = call?.providerData;
  return isRecord(data) && isRecord(data.openai) ? data.openai : {};
}
