import type { Config } from '../config/config.ts';
import { ParleyError } from '../errors.ts';
import { createSpeechModel } from './ai-sdk/create-speech-model.ts';
import { createTranscriptionModel } from './ai-sdk/create-transcription-model.ts';
import type { ChatModel, ModelRef } from './chat-model.ts';
import type { ConfiguredProvider } from './configured-provider.ts';
import { createProvider } from './create-provider.ts';
import { createDemoModel } from './demo/create-demo-model.ts';
import { findProvider } from './find-provider.ts';
import type { Models } from './models.ts';
import { createAgent } from './openai/create-agent.ts';
import { createModerationModel } from './openai/create-moderation-model.ts';
import { priceOf } from './price-list.ts';

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
    if (own && lists(own, ref.name)) return own.chat(ref.name);
    const fallback = defaultChat();
    if (fallback) {
      warnOnce(ref, fallback);
      return fallback;
    }
    if (own) return own.chat(ref.name);
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
    log.warn({ wanted: ref, used }, 'the app’s own model is not configured: default_model answers');
  }

  /** The app's own provider when it speaks OpenAI's protocol, else the one the owner gave `option`, else OpenAI. */
  function audioProvider(ref: ModelRef | undefined, option: string) {
    const own = ref && findProvider(providers, ref);
    if (ref && own?.openai) return { provider: own, openai: own.openai, name: ref.name };
    const other =
      providers.find((p) => p.openai && typeof p.options[option] === 'string') ??
      providers.find((p) => p.type === 'openai');
    return other?.openai ? { provider: other, openai: other.openai, name: '' } : null;
  }

  return {
    chat,
    demo,
    transcription(ref) {
      const found = audioProvider(ref, 'transcription_model');
      if (!found && providers.length === 0) throw notInitialized();
      if (!found) {
        throw new ParleyError(
          'provider_not_support_speech_to_text',
          400,
          'Provider not support speech to text.',
        );
      }
      const name = found.name || option(found.provider, 'transcription_model', 'whisper-1');
      return createTranscriptionModel(found.openai.audio, name);
    },
    speech(ref) {
      const found = audioProvider(ref, 'speech_model');
      if (!found) throw notInitialized();
      const name = found.name || option(found.provider, 'speech_model', 'tts-1');
      return createSpeechModel(found.openai.audio, name, option(found.provider, 'voice', 'alloy'));
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

/** A provider for which the owner lists models answers for those. */
function lists(provider: ConfiguredProvider, model: string): boolean {
  return provider.models.length === 0 || provider.models.some((entry) => entry.name === model);
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
