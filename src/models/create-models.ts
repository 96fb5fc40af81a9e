import type { Config } from '../config/config.ts';
import { ParleyError } from '../errors.ts';
import { createSpeechModel } from './ai-sdk/create-speech-model.ts';
import { createTranscriptionModel } from './ai-sdk/create-transcription-model.ts';
import type { ChatModel, ModelRef } from './chat-model.ts';
import type { ConfiguredProvider } from './configured-provider.ts';
import { createProvider } from './create-provider.ts';
import { createDemoModel } from './demo/create-demo-model.ts';
import { findAudioSource } from './find-audio-source.ts';
import { findProvider } from './find-provider.ts';
import { findVoices } from './find-voices.ts';
import type { Models } from './models.ts';
import { createAgent } from './openai/create-agent.ts';
import { createModerationModel } from './openai/create-moderation-model.ts';
import { priceOf } from './price-list.ts';
import { withCommonParams } from './with-common-params.ts';

/**
 * Every model of the owner's configuration.
 *
 * @throws Error when a provider lacks what it cannot work without (a base URL), or `default_model` names a provider
 *   that is not configured.
 */
export function createModels(
  config: Pick<Config, 'providers' | 'defaultModel'>,
  log: { warn(o: object, msg: string): void },
): Models {
  const agent = createAgent();
  const all = config.providers.map((provider) => createProvider(agent, provider));
  for (const { name, usable } of all) {
    if (!usable) log.warn({ provider: name }, 'model provider has no API key and is not used');
  }
  const providers = all.filter((provider) => provider.usable);
  const demo = all.length === 0;
  const demoModel = createDemoModel();
  const defaultModel = config.defaultModel;
  if (defaultModel && !isDemo(defaultModel) && !findProvider(all, defaultModel)) {
    throw new Error(`default_model names the provider "${defaultModel.provider}", which is not configured.`);
  }
  const warned = new Set<string>();

  function chat(ref: ModelRef): ChatModel {
    if (isDemo(ref)) return demoModel;
    const own = findProvider(providers, ref);
    if (own) return own.chat(ref.name, ref.mode);
    const fallback = defaultChat();
    if (fallback) {
      warnOnce(ref, fallback);
      return withCommonParams(fallback);
    }
    if (demo) return demoModel;
    throw notInitialized();
  }

  function defaultChat(): ChatModel | null {
    if (!defaultModel) return null;
    if (isDemo(defaultModel)) return demoModel;
    return findProvider(providers, defaultModel)?.chat(defaultModel.name) ?? null;
  }

  function warnOnce(ref: ModelRef, fallback: ChatModel): void {
    const key = JSON.stringify([ref.provider, ref.name]);
    if (warned.has(key) || warned.size >= 1000) return;
    warned.add(key);
    const used = { provider: fallback.provider, name: fallback.name };
    const wanted = { provider: ref.provider, name: ref.name };
    log.warn({ wanted, used }, 'the app’s own model is not configured: default_model answers');
  }

  return {
    chat,
    demo,
    transcription(ref) {
      const found = findAudioSource(providers, ref, 'transcription_model');
      if (!found && providers.length === 0) throw notInitialized();
      if (!found) {
        throw new ParleyError(
          'provider_not_support_speech_to_text',
          400,
          'Provider not support speech to text.',
        );
      }
      return createTranscriptionModel(found.endpoint, found.model);
    },
    speech(ref) {
      const found = findAudioSource(providers, ref, 'speech_model');
      if (!found) throw notInitialized();
      return createSpeechModel(found.endpoint, found.model, findVoices(found.provider));
    },
    moderation() {
      const provider = providers.find((p) => p.type === 'openai');
      if (!provider?.openai) throw notInitialized();
      const name = option(provider, 'moderation_model', 'omni-moderation-latest');
      return createModerationModel(provider.openai.endpoint, name);
    },
    price(model, usage) {
      const provider = all.find((p) => p.name === model.provider);
      const id =
        provider && provider.type !== 'openai-compatible' ? typeNames[provider.type] : model.provider;
      return priceOf({ name: id, baseUrl: provider?.baseUrl ?? null }, model.name, usage);
    },
    close: () => agent.destroy(),
  };
}

const typeNames = {
  openai: 'openai',
  anthropic: 'anthropic',
  google: 'google',
  azure: 'azure_openai',
  bedrock: 'bedrock',
} as const;

function isDemo(ref: ModelRef): boolean {
  return ref.provider === 'demo';
}

function option(provider: ConfiguredProvider, name: string, fallback: string): string {
  const value = provider.options[name];
  return typeof value === 'string' && value !== '' ? value : fallback;
}

/** Text of `facts/dify-wire.md` §2. */
function notInitialized(): ParleyError {
  return new ParleyError(
    'provider_not_initialize',
    400,
    'No valid model provider credentials found. ' +
      'Please go to Settings -> Model Provider to complete your provider credentials.',
  );
}
