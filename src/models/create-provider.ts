import type { Agent } from 'undici';
import type { ProviderConfig } from '../config/config.ts';
import { createAiSdkChatModel } from './ai-sdk/create-ai-sdk-chat-model.ts';
import { createFetch } from './ai-sdk/create-fetch.ts';
import { type AiSdkType, loadLanguageModel, optionKeys } from './ai-sdk/load-language-model.ts';
import type { ChatModel, ModelRef } from './chat-model.ts';
import type { ConfiguredProvider } from './configured-provider.ts';
import { contextWindow } from './context-window.ts';
import { createEndpoint } from './openai/create-endpoint.ts';
import { createOpenAIChatModel } from './openai/create-openai-chat-model.ts';
import { createOpenAICompletionModel } from './openai/create-openai-completion-model.ts';
import { canonicalProviderName } from './provider-names.ts';
import { stringRecord } from './string-record.ts';
import { wellKnownProviders } from './well-known-providers.ts';
import { withDefaultPath } from './with-default-path.ts';

const versionedServers = new Set(['ollama', 'xinference', 'localai', 'lmstudio', 'vllm']);

/**
 * Makes a configured provider ready; opens no connection and loads no package.
 *
 * @throws Error when it needs a base URL and has none, or a wrong one.
 */
export function createProvider(agent: Agent, config: ProviderConfig): ConfiguredProvider {
  return isAiSdk(config) ? aiSdkProvider(agent, config) : openAIProvider(agent, config);
}

function openAIProvider(agent: Agent, config: ProviderConfig): ConfiguredProvider {
  const canonical = canonicalProviderName(config.name);
  const known = wellKnownProviders[config.type === 'openai' ? 'openai' : canonical]?.baseUrl ?? null;
  const given = config.baseUrl ?? known;
  if (given === null) {
    throw new Error(
      `Provider "${config.name}" (type ${config.type}) needs a base_url, e.g. http://127.0.0.1:8000/v1.`,
    );
  }
  const versioned = config.type === 'openai' || versionedServers.has(canonical);
  const baseUrl = versioned ? withDefaultPath(given, '/v1') : given;
  const endpoint = createEndpoint(agent, config, baseUrl);
  const hosted = config.baseUrl === null && known !== null && !isLocal(known);
  return {
    name: config.name,
    type: config.type,
    models: config.models,
    options: config.options,
    baseUrl,
    usable: hasKey(config) || !hosted,
    chat: memoize((name, mode) => {
      const model = {
        provider: config.name,
        name,
        contextWindow: contextWindow(config, name, hosted || isWellKnownHost(baseUrl)),
      };
      return mode === 'completion'
        ? createOpenAICompletionModel(endpoint, model)
        : createOpenAIChatModel(endpoint, model, { isOpenAI: config.type === 'openai' });
    }),
    openai: {
      endpoint,
      audio: {
        apiKey: config.apiKey,
        baseUrl,
        headers: stringRecord(config.options.headers),
        secrets: endpoint.secrets,
        limitMs: endpoint.bodyGapMs,
      },
    },
  };
}

function aiSdkProvider(
  agent: Agent,
  config: ProviderConfig & { readonly type: AiSdkType },
): ConfiguredProvider {
  if (
    config.type === 'azure' &&
    config.baseUrl === null &&
    typeof config.options.resource_name !== 'string'
  ) {
    throw new Error(`Provider "${config.name}" (type azure) needs a base_url or a resource_name.`);
  }
  const secrets = [
    config.apiKey ?? '',
    ...Object.values(stringRecord(config.options.headers)),
    ...['secret_access_key', 'session_token'].map((key) => String(config.options[key] ?? '')),
  ].filter((secret) => secret.length >= 8);
  return {
    name: config.name,
    type: config.type,
    models: config.models,
    options: config.options,
    baseUrl: config.baseUrl,
    usable:
      config.type === 'bedrock' || hasKey(config) || (config.type !== 'azure' && config.baseUrl !== null),
    chat: memoize((name) =>
      createAiSdkChatModel(
        { provider: config.name, name, contextWindow: contextWindow(config, name, true) },
        {
          load: () => loadLanguageModel(config, name, createFetch(agent)),
          optionKeys: optionKeys[config.type],
          secrets,
        },
      ),
    ),
    openai: null,
  };
}

function isAiSdk(config: ProviderConfig): config is ProviderConfig & { readonly type: AiSdkType } {
  return config.type !== 'openai' && config.type !== 'openai-compatible';
}

function hasKey(config: ProviderConfig): boolean {
  return Boolean(config.apiKey) || Object.keys(stringRecord(config.options.headers)).length > 0;
}

function isLocal(url: string): boolean {
  return /^https?:\/\/(127\.|localhost|\[::1\])/.test(url);
}

function isWellKnownHost(baseUrl: string): boolean {
  const host = URL.parse(baseUrl)?.host;
  return Object.values(wellKnownProviders).some(
    (known) => known.baseUrl !== null && !isLocal(known.baseUrl) && URL.parse(known.baseUrl)?.host === host,
  );
}

type CreateModel = (name: string, mode?: ModelRef['mode']) => ChatModel;

function memoize(create: CreateModel): CreateModel {
  const made = { chat: new Map<string, ChatModel>(), completion: new Map<string, ChatModel>() };
  return (name, mode = 'chat') => {
    const model = made[mode].get(name) ?? create(name, mode);
    made[mode].set(name, model);
    return model;
  };
}
