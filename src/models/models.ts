import type { ChatModel, ModelRef, TokenUsage } from './chat-model.ts';
import type { ModerationModel } from './moderation-model.ts';
import type { Price } from './price.ts';
import type { SpeechModel, TranscriptionModel } from './speech-model.ts';

/** Every configured model, found by the names that a DSL uses. Built by `createModels(config, log)`. */
export interface Models {
  /**
   * The chat model that answers for `ref`: the app's own provider when it is configured, else the owner's
   * `default_model` (with the parameters that every provider knows), else (no provider configured at all) `demo`.
   *
   * @throws ParleyError `provider_not_initialize` when nothing can answer.
   */
  chat(ref: ModelRef): ChatModel;
  /**
   * Speech to text of the provider that `find-audio-source.ts` chooses; the app's chat model is never asked.
   *
   * @throws ParleyError `provider_not_initialize` | `provider_not_support_speech_to_text`
   */
  transcription(ref?: ModelRef): TranscriptionModel;
  /** Text to speech, chosen likewise. @throws ParleyError `provider_not_initialize` */
  speech(ref?: ModelRef): SpeechModel;
  /** Moderation endpoint of the OpenAI provider. @throws ParleyError `provider_not_initialize` */
  moderation(): ModerationModel;
  /** Price of `usage` from the kept price list; zero prices for unknown models. */
  price(model: ChatModel, usage: TokenUsage): Promise<Price>;
  /** True when no provider is configured and `demo` answers for every app. */
  readonly demo: boolean;
  /** Closes pooled connections. */
  close(): Promise<void>;
}
