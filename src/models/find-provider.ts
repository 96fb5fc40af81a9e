import type { ProviderConfig } from '../config/config.ts';
import type { ModelRef } from './chat-model.ts';
import { canonicalProviderName } from './provider-names.ts';
import { wellKnownProviders } from './well-known-providers.ts';

/**
 * The configured provider that a DSL's `ref` means, or null:
 *
 * 1. the one of exactly that name, then the one of the same canonical name;
 * 2. the only one (or the only one that lists the model) of the type that the name stands for, so that an app's
 *    `anthropic` finds a provider which the owner called `claude-prod`;
 * 3. for `openai_api_compatible`, under which Dify keeps any number of endpoints per model name: the one of type
 *    `openai-compatible` that lists the model, else the only one with an address of its own, else the only one.
 */
export function findProvider<P extends Pick<ProviderConfig, 'name' | 'type' | 'models'>>(
  providers: readonly P[],
  ref: ModelRef,
): P | null {
  const canonical = canonicalProviderName(ref.provider);
  const named =
    providers.find((p) => p.name === ref.provider) ??
    providers.find((p) => canonicalProviderName(p.name) === canonical);
  if (named) return named;

  const type = typeNames[canonical];
  if (type === undefined) return null;
  const ofType = providers.filter((p) => p.type === type);
  const listing = ofType.find((p) => p.models.some((model) => model.name === ref.name));
  const custom = ofType.filter((p) => !isWellKnown(p.name));
  return listing ?? only(custom) ?? only(ofType);
}

const typeNames: Readonly<Record<string, ProviderConfig['type']>> = {
  openai: 'openai',
  openai_api_compatible: 'openai-compatible',
  anthropic: 'anthropic',
  google: 'google',
  azure_openai: 'azure',
  bedrock: 'bedrock',
};

function isWellKnown(name: string): boolean {
  return Boolean(wellKnownProviders[canonicalProviderName(name)]?.baseUrl);
}

function only<T>(items: readonly T[]): T | null {
  return items.length === 1 ? (items[0] ?? null) : null;
}
