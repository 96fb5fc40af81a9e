import type { AudioEndpoint } from './ai-sdk/load-openai.ts';
import type { ModelRef } from './chat-model.ts';
import type { ConfiguredProvider } from './configured-provider.ts';
import { findProvider } from './find-provider.ts';

/** Who speaks or listens, and with which model. */
export interface AudioSource {
  readonly provider: ConfiguredProvider;
  readonly endpoint: AudioEndpoint;
  readonly model: string;
}

/** Options by which an owner names a provider's audio models, and what OpenAI has without being told. */
const defaults = { speech_model: 'tts-1', transcription_model: 'whisper-1' } as const;

/**
 * The app's own provider if it has audio, else one for which the owner names an audio model, else OpenAI. `app` is the
 * app's chat model: its provider counts, its name never does. Null when nobody has audio.
 */
export function findAudioSource(
  providers: readonly ConfiguredProvider[],
  app: ModelRef | undefined,
  option: keyof typeof defaults,
): AudioSource | null {
  const named = (provider: ConfiguredProvider): string | null => {
    const model = provider.options[option];
    return provider.openai && typeof model === 'string' && model !== '' ? model : null;
  };
  const isOpenAI = (provider: ConfiguredProvider) => provider.type === 'openai';
  const own = app ? findProvider(providers, app) : null;
  const provider =
    own && (named(own) !== null || isOpenAI(own))
      ? own
      : (providers.find((other) => named(other) !== null) ?? providers.find(isOpenAI));
  if (!provider?.openai) return null;
  return { provider, endpoint: provider.openai.audio, model: named(provider) ?? defaults[option] };
}
