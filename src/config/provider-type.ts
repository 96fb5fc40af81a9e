import type { ProviderType } from './config.ts';

export const PROVIDER_TYPES = [
  'openai',
  'openai-compatible',
  'anthropic',
  'google',
  'azure',
  'bedrock',
] as const satisfies readonly ProviderType[];

const TYPE_BY_NAME: ReadonlyMap<string, ProviderType> = new Map([
  ['openai', 'openai'],
  ['anthropic', 'anthropic'],
  ['claude', 'anthropic'],
  ['google', 'google'],
  ['google_ai', 'google'],
  ['gemini', 'google'],
  ['azure', 'azure'],
  ['azure_openai', 'azure'],
  ['bedrock', 'bedrock'],
  ['aws_bedrock', 'bedrock'],
  ['amazon_bedrock', 'bedrock'],
]);

/** How a provider without a `type:` speaks, by its name; the OpenAI protocol unless the name is known to differ. */
export function providerType(name: string): ProviderType {
  return TYPE_BY_NAME.get(name.toLowerCase().replaceAll('-', '_')) ?? 'openai-compatible';
}
