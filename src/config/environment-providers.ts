import type { Config, ProviderConfig } from './config.ts';
import { providerType } from './provider-type.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** Models that answer for every app when the environment names one of these providers and nothing else is configured. */
const MODEL_WITHOUT_OPENAI: readonly (readonly [provider: string, model: string])[] = [
  ['anthropic', 'claude-haiku-4-5'],
  ['google', 'gemini-2.5-flash'],
  ['ollama', 'llama3.2'],
];

/**
 * Providers that the usual environment variables name: `OPENAI_API_KEY` with `OPENAI_BASE_URL`, `ANTHROPIC_API_KEY`,
 * `GEMINI_API_KEY`, and `OLLAMA_BASE_URL`, which needs no key. Empty variables count as absent.
 */
export function environmentProviders(env: Environment): readonly ProviderConfig[] {
  const providers: ProviderConfig[] = [];
  const add = (name: string, apiKey: string | null, baseUrl: string | null) =>
    providers.push({ name, type: providerType(name), apiKey, baseUrl, models: [], options: {} });

  if (env.OPENAI_API_KEY) add('openai', env.OPENAI_API_KEY, withoutSlash(env.OPENAI_BASE_URL));
  if (env.ANTHROPIC_API_KEY) add('anthropic', env.ANTHROPIC_API_KEY, null);
  if (env.GEMINI_API_KEY) add('google', env.GEMINI_API_KEY, null);
  const ollama = withoutSlash(env.OLLAMA_BASE_URL);
  if (ollama !== null) add('ollama', null, /\/v\d+$/.test(ollama) ? ollama : `${ollama}/v1`);
  return providers;
}

/**
 * The default model that the environment implies, for an owner who configured nothing in `parley.yml`.
 *
 * The example apps name OpenAI, so with `OPENAI_API_KEY` they answer by themselves, and no default is implied: an app
 * of a provider that is not configured fails with `provider_not_initialize`. With only a key of another provider
 * nothing would answer, so that provider's small current model does.
 */
export function impliedDefaultModel(providers: readonly ProviderConfig[]): Config['defaultModel'] {
  const names = new Set(providers.map(({ name }) => name));
  if (names.has('openai')) return null;
  const found = MODEL_WITHOUT_OPENAI.find(([provider]) => names.has(provider));
  return found === undefined ? null : { provider: found[0], name: found[1] };
}

function withoutSlash(url: string | undefined): string | null {
  return url ? url.replace(/\/+$/, '') : null;
}
