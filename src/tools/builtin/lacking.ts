import type { BuiltinSettings } from './builtin-parts.ts';

/** Says that a provider has no key, and where its owner sets one; null: it has one. */
export function lackingKey({ name, apiKey }: BuiltinSettings, title: string): string | null {
  if (apiKey !== null) return null;
  return `there is no key for ${title}: add { name: ${name}, api_key: … } to tools in parley.yml`;
}

/** The same of the address of a server that everybody runs for themselves. */
export function lackingServer({ name, baseUrl }: BuiltinSettings, title: string): string | null {
  if (baseUrl !== null) return null;
  return `there is no ${title} server: add { name: ${name}, base_url: http://… } to tools in parley.yml`;
}
