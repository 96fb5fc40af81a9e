import type { ModelConfig, ProviderConfig } from '../config/config.ts';
import type { AudioEndpoint } from './ai-sdk/load-openai.ts';
import type { ChatModel, ModelRef } from './chat-model.ts';
import type { UpstreamEndpoint } from './openai/upstream-endpoint.ts';

/** One entry of the owner's `providers:`, ready to be asked. */
export interface ConfiguredProvider {
  readonly name: string;
  readonly type: ProviderConfig['type'];
  readonly models: readonly ModelConfig[];
  readonly options: ProviderConfig['options'];
  /** Null where the package of the provider knows its own address. */
  readonly baseUrl: string | null;
  /** False: the credentials that it needs are missing. */
  readonly usable: boolean;
  /** `mode` is heeded by providers of OpenAI's protocol alone: the others have chat models only. */
  chat(model: string, mode?: ModelRef['mode']): ChatModel;
  /** Null for providers that do not speak OpenAI's protocol. */
  readonly openai: { readonly endpoint: UpstreamEndpoint; readonly audio: AudioEndpoint } | null;
}
