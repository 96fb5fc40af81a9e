import type { SharedV3ProviderMetadata } from '@ai-sdk/provider';
import type { ToolCall } from '../chat-model.ts';
import { isRecord } from '../is-record.ts';

/**
 * What this adapter keeps in a tool call's `providerData`, under `aiSdk`. Each package puts its own under its own name,
 * and passes over what stands under another's.
 */
export interface ProviderData {
  /** Of the call itself: the signature of Gemini's thoughts, without which Gemini 3 refuses the call. */
  readonly metadata?: SharedV3ProviderMetadata;
  /**
   * The signed thoughts between the call before and this one. While Claude thinks, it refuses a call without them, on
   * Bedrock as well.
   */
  readonly reasoning?: readonly SignedReasoning[];
}

export interface SignedReasoning {
  readonly text: string;
  readonly metadata: SharedV3ProviderMetadata;
}

/** Nothing for calls of other providers. */
export function providerData(call: ToolCall): ProviderData {
  const data = call.providerData;
  return isRecord(data) && isRecord(data.aiSdk) ? data.aiSdk : {};
}
